/* The frame of every verb: finds it, takes its options, reads the
   configuration, speaks with ordermqd. ordermqctl.c has the table; the verbs
   call back with ctl_take(). */

#include "config.h"

#include "supervisor/ctl/ctl.h"

#include "lib/base/options.h"
#include "lib/base/text.h"
#include "lib/settings/conf.h"
#include "supervisor/common/ask.h"
#include "supervisor/ctl/complete.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

void ctl_say(const char *fmt, ...)
{
	char line[1024], shown[4 * sizeof(line)];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	fprintf(stderr, "ordermqctl: %s\n",
		text_show(text_of(line), shown, sizeof(shown)));
}

int ctl_load(struct ctl *ctl)
{
	ctl->has_settings = conf_load(ctl->config, NULL, &ctl->settings,
				      &ctl->settings_err) == 0;
	if (ctl->has_settings)
		return 0;
	settings_defaults(&ctl->settings);
	fprintf(stderr, "%s\n", ctl->settings_err.text);
	ctl->status = err_exit_status(&ctl->settings_err);
	return -1;
}

/* An option of a verb, as a row of the table that all programs parse by. */
static struct options_row row_of(const struct ctl_option *option)
{
	if (option->text == NULL)
		return options_flag(option->letter, option->name, NULL,
				    option->flag);
	return option->flag == NULL
		       ? options_text(option->letter, option->name, "TEXT",
				      NULL, option->text)
		       : options_texts(option->letter, option->name, "TEXT",
				       NULL, option->text);
}

/* Returns 0; or -1 when an option is wrong, which was said. */
static int parse(struct ctl *ctl, const struct ctl_option *own,
		 bool to_first_operand)
{
	struct options_row rows[CTL_OPTIONS_MAX + 1];
	const struct options options = { "ordermqctl", NULL, NULL, rows,
					 to_first_operand };
	int count = 0, operand = 0;
	struct err err;

	for (; own[count].name != NULL; count++)
		rows[count] = row_of(&own[count]);
	rows[count] = options_end();
	if (options_parse(&options, ctl->argc, ctl->argv, &operand, &err) < 0) {
		if (ctl->typed == NULL)
			ctl_say("%s", err.text);
		return -1;
	}
	ctl->operands = ctl->argv + operand;
	ctl->operand_count = ctl->argc - operand;
	return 0;
}

static void usage_of_verb(const struct ctl *ctl, FILE *out)
{
	fprintf(out, "Usage: %s%s%s\n\n%s\n", ctl->name,
		ctl->verb->args[0] == '\0' ? "" : " ", ctl->verb->args,
		ctl->verb->help);
}

int ctl_usage(const struct ctl *ctl)
{
	usage_of_verb(ctl, stderr);
	return EX_USAGE;
}

static void usage_of_verbs(const struct ctl *ctl, const struct ctl_verb *verbs,
			   FILE *out)
{
	fprintf(out, "Usage: %s [OPTION]... VERB\n\n", ctl->name);
	for (const struct ctl_verb *verb = verbs; verb->name != NULL; verb++)
		fprintf(out, "  %-12s  %s\n", verb->name, verb->help);
	fprintf(out,
		"\n"
		"  -c, --config FILE    configuration file, in the place of\n"
		"                       " SYSCONFDIR "/ordermq/ordermq.conf\n"
		"  -s, --socket SOCKET  control socket, in the place of the "
		"file's\n"
		"      --json           print JSON Lines\n"
		"      --build-dir DIR  for demo, compare: the programs built "
		"there, not\n"
		"                       the installed ones\n"
		"  -h, --help           show this; behind a verb: how it is "
		"used\n"
		"  -V, --version        show the version\n");
}

/* Take the options of the verb (NULL: it has none of its own) and those that
   all verbs share. Returns 0 to go on; 1 when the version was asked for, and
   printed; or -1. */
static int take(struct ctl *ctl, const struct ctl_option *own,
		bool to_first_operand, bool *help_r)
{
	bool version = false;
	struct ctl_option options[CTL_OPTIONS_MAX + 1] = {
		{ "config", 'c', &ctl->config, NULL },
		{ "socket", 's', &ctl->socket, NULL },
		{ "json", 'j', NULL, &ctl->as_json },
		{ "build-dir", '\0', &ctl->build_dir, NULL },
		{ "help", 'h', NULL, help_r },
		{ "version", 'V', NULL, &version },
	};
	size_t count = 6;

	for (; own != NULL && own->name != NULL; own++)
		options[count++] = *own;
	*help_r = false;
	if (parse(ctl, options, to_first_operand) < 0)
		return -1;
	if (ctl->typed != NULL) {
		if (!to_first_operand || ctl->operand_count == 0)
			complete_option(ctl, options);
		return 0;
	}
	if (version)
		puts("ordermqctl " PACKAGE_VERSION);
	return version ? 1 : 0;
}

int ctl_take(struct ctl *ctl, const struct ctl_option *options, int least,
	     int most)
{
	bool help;
	int taken = take(ctl, options, false, &help);

	ctl->status = EX_OK;
	if (taken == 0 && ctl->typed != NULL)
		complete_operand(ctl);
	if (taken > 0 || ctl->typed != NULL)
		return -1;
	if (taken == 0 && help) {
		usage_of_verb(ctl, stdout);
		return -1;
	}
	if (taken == 0 && ctl->operand_count >= least &&
	    ctl->operand_count <= most)
		return 0;
	ctl->status = ctl_usage(ctl);
	return -1;
}

/* Find the first operand among the verbs; returns the row with the NULL name
   when it is none of them. */
static const struct ctl_verb *verb_find(const struct ctl *ctl,
					const struct ctl_verb *verbs)
{
	while (verbs->name != NULL &&
	       strcmp(verbs->name, ctl->operands[0]) != 0)
		verbs++;
	return verbs;
}

static void name_add(struct ctl *ctl, const char *name)
{
	size_t used = strlen(ctl->name);

	(void)snprintf(ctl->name + used, sizeof(ctl->name) - used, "%s%s",
		       used == 0 ? "" : " ", name);
}

static int verb_run(struct ctl *ctl, const struct ctl_verb *verb)
{
	name_add(ctl, verb->name);
	ctl->verb = verb;
	ctl->argv = ctl->operands;
	ctl->argc = ctl->operand_count;
	return verb->run(ctl);
}

int ctl_run(struct ctl *ctl, const struct ctl_verb *verbs)
{
	const struct ctl_verb *verb;
	bool help = false;
	int taken = take(ctl, NULL, true, &help);

	if (taken > 0)
		return EX_OK;
	if (taken == 0 && ctl->typed != NULL && ctl->operand_count == 0) {
		complete_verb(ctl, verbs);
		return EX_OK;
	}
	if (taken < 0 && ctl->typed != NULL)
		return EX_OK;
	if (taken < 0 || help || ctl->operand_count == 0) {
		usage_of_verbs(ctl, verbs, help ? stdout : stderr);
		return help ? EX_OK : EX_USAGE;
	}
	verb = verb_find(ctl, verbs);
	if (verb->name != NULL)
		return verb_run(ctl, verb);
	if (ctl->typed != NULL)
		return EX_OK;
	ctl_say("%s: no such verb", ctl->operands[0]);
	usage_of_verbs(ctl, verbs, stderr);
	return EX_USAGE;
}

int ctl_complete(struct ctl *ctl, const struct ctl_verb *verbs)
{
	bool is_apart = ctl->argc > 1 && strcmp(ctl->argv[1], "--") == 0;

	/* A "--" before all words only parts them from the options of
	   complete. */
	ctl->argv += is_apart;
	ctl->argc -= is_apart;
	ctl->typed = ctl->argc > 1 ? ctl->argv[ctl->argc - 1] : "";
	if (ctl->argc > 1)
		ctl->argv[--ctl->argc] = NULL;
	return ctl_run(ctl, verbs);
}

const char *ctl_control_path(const struct ctl *ctl)
{
	return ctl->socket != NULL ? ctl->socket
				   : ctl->settings.supervisor.control;
}

void ctl_status_path(const struct ctl *ctl, char *path)
{
	const char *control = ctl_control_path(ctl);
	const char *slash = strrchr(control, '/');
	int dir_length = slash == NULL ? 0 : (int)(slash - control) + 1;

	(void)snprintf(path, CTL_STATUS_PATH_BYTES, "%.*sstatus.sock",
		       dir_length, control);
}

int ctl_tell(struct ctl *ctl, const char *line, int64_t timeout_msecs)
{
	struct err err;
	json_t *answer = ask(ctl_control_path(ctl), line, timeout_msecs, &err);
	const json_t *result = json_array_get(answer, 0);
	const char *text = json_string_value(json_object_get(result, "text"));
	json_t *code = json_object_get(result, "code");
	int status = json_is_integer(code) ? (int)json_integer_value(code)
					   : EX_PROTOCOL;

	if (answer == NULL) {
		ctl_say("%s", err.text);
		return EX_UNAVAILABLE;
	}
	fprintf(status == 0 ? stdout : stderr, "%s\n",
		text == NULL ? "?" : text);
	json_decref(answer);
	return status;
}
