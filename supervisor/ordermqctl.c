#include "config.h"

#include "lib/conf.h"
#include "lib/err.h"
#include "lib/settings.h"
#include "supervisor/ask.h"
#include "supervisor/record.h"
#include "supervisor/overview.h"
#include "supervisor/table.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#define CTL_CONFIG SYSCONFDIR "/ordermq/ordermq.conf"
#define STATUS_SOCKET "status.sock"

/* Reading a configuration takes milliseconds; its reader gives up after 10 s.
   A stop takes as long as the drain, and some. */
#define RELOAD_MSECS 20000
#define STOP_EXTRA_MSECS 20000

struct ctl {
	const char *config;
	const char *socket; /* NULL: what the configuration says */
	bool as_json;
	const char *group; /* NULL: all */
	struct settings settings;
	bool has_settings; /* else the defaults */
	struct err settings_err;
};

struct verb {
	const char *name;
	const char *help;
	bool takes_group;
	int (*run)(struct ctl *ctl);
};

static void load(struct ctl *ctl)
{
	ctl->has_settings = conf_load(ctl->config, NULL, &ctl->settings,
				      &ctl->settings_err) == 0;
	if (ctl->has_settings)
		return;
	settings_defaults(&ctl->settings);
	fprintf(stderr, "%s\n", ctl->settings_err.text);
}

static const char *control_path(const struct ctl *ctl)
{
	return ctl->socket != NULL ? ctl->socket
				   : ctl->settings.supervisor.control;
}

/* The socket to look at things lies beside the one to change them. */
static void status_path(const struct ctl *ctl, char *path, size_t bytes)
{
	const char *control = control_path(ctl);
	const char *slash = strrchr(control, '/');
	int dir_length = slash == NULL ? 0 : (int)(slash - control) + 1;

	(void)snprintf(path, bytes, "%.*s" STATUS_SOCKET, dir_length, control);
}

/* Let ordermqd do it, and say what it says. */
static int command(struct ctl *ctl, const char *line, int64_t timeout_msecs)
{
	struct err err;
	json_t *answer = ask(control_path(ctl), line, timeout_msecs, &err);
	const json_t *result = json_array_get(answer, 0);
	const char *text = json_string_value(json_object_get(result, "text"));
	json_t *code = json_object_get(result, "code");
	int status = json_is_integer(code) ? (int)json_integer_value(code)
					   : EX_PROTOCOL;

	if (answer == NULL) {
		fprintf(stderr, "ordermqctl: %s\n", err.text);
		return EX_UNAVAILABLE;
	}
	fprintf(status == 0 ? stdout : stderr, "%s\n",
		text == NULL ? "?" : text);
	json_decref(answer);
	return status;
}

static int verb_reload(struct ctl *ctl)
{
	load(ctl);
	/* ordermqd would say the same of it. */
	if (!ctl->has_settings)
		return err_exit_status(&ctl->settings_err);
	return command(ctl, "reload\n", RELOAD_MSECS);
}

static int verb_stop(struct ctl *ctl)
{
	load(ctl);
	return command(ctl, "stop\n",
		       ctl->settings.supervisor.drain_msecs + STOP_EXTRA_MSECS);
}

static int verb_defaults(struct ctl *ctl)
{
	(void)ctl;
	settings_print_defaults(stdout);
	return EX_OK;
}

static void print(const struct ctl *ctl, const struct overview *overview)
{
	json_t *object;
	size_t i;

	if (!ctl->as_json) {
		table_print(stdout, overview->objects);
		return;
	}
	json_array_foreach(overview->objects, i, object)
		record_write(stdout, json_incref(object));
}

static int verb_status(struct ctl *ctl)
{
	char path[SETTINGS_TEXT_BYTES + sizeof(STATUS_SOCKET)];
	struct overview overview;
	int status = EX_OK;

	load(ctl);
	if (ctl->group != NULL && ctl->has_settings &&
	    settings_group(&ctl->settings, ctl->group) == NULL) {
		fprintf(stderr, "ordermqctl: %s: no such group\n", ctl->group);
		return EX_USAGE;
	}
	status_path(ctl, path, sizeof(path));
	overview_open(&overview, path,
		      ctl->has_settings ? &ctl->settings : NULL, ctl->group);
	print(ctl, &overview);
	if (!overview.has_supervisor)
		fprintf(stderr, "ordermqctl: %s\n",
			overview.supervisor_err.text);
	if (!overview.has_redis)
		fprintf(stderr, "ordermqctl: %s\n", overview.redis_err.text);
	if (!overview.has_supervisor || !overview.has_redis)
		status = EX_UNAVAILABLE;
	overview_close(&overview);
	return status;
}

static const struct verb verbs[] = {
	{ "status", "what runs, and how far behind it is", true, verb_status },
	{ "reload", "put the configuration file in force", false, verb_reload },
	{ "stop", "let everything drain, and end ordermqd", false, verb_stop },
	{ "defaults", "print the commented default configuration", false,
	  verb_defaults },
	{ NULL, NULL, false, NULL },
};

static const struct option long_options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "socket", required_argument, NULL, 's' },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static int usage(FILE *out, int status)
{
	fputs("Usage: ordermqctl [-c FILE] [-s SOCKET] VERB\n\n", out);
	for (const struct verb *verb = verbs; verb->name != NULL; verb++)
		fprintf(out, "  %-8s %-17s %s\n", verb->name,
			verb->takes_group ? "[--json] [GROUP]" : "",
			verb->help);
	fputs("\n"
	      "  -c, --config FILE    configuration file, in the place of\n"
	      "                       " CTL_CONFIG "\n"
	      "  -s, --socket SOCKET  control socket, in the place of the "
	      "file's\n"
	      "  -h, --help           show this\n"
	      "  -V, --version        show the version\n",
	      out);
	return status;
}

/* Returns the exit status, or -1 to go on. */
static int take_options(struct ctl *ctl, int argc, char **argv)
{
	int option;

	while ((option = getopt_long(argc, argv, "c:s:jhV", long_options,
				     NULL)) != -1) {
		switch (option) {
		case 'c':
			ctl->config = optarg;
			break;
		case 's':
			ctl->socket = optarg;
			break;
		case 'j':
			ctl->as_json = true;
			break;
		case 'h':
			return usage(stdout, EX_OK);
		case 'V':
			puts("ordermqctl " PACKAGE_VERSION);
			return EX_OK;
		default:
			return usage(stderr, EX_USAGE);
		}
	}
	return -1;
}

int main(int argc, char **argv)
{
	static struct ctl ctl = { .config = CTL_CONFIG };
	const struct verb *verb = verbs;
	int status = take_options(&ctl, argc, argv);

	if (status >= 0)
		return status;
	if (optind == argc)
		return usage(stderr, EX_USAGE);
	while (verb->name != NULL && strcmp(verb->name, argv[optind]) != 0)
		verb++;
	if (verb->name == NULL || argc - optind > (verb->takes_group ? 2 : 1))
		return usage(stderr, EX_USAGE);
	ctl.group = argv[optind + 1];
	return verb->run(&ctl);
}
