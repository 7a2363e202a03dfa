/* The command line that all supervised processes share. process_open() reads it
   first; ordermqd, which starts them, writes it (instance_process.c). */

#include "config.h"

#include "lib/process/process_options.h"

#include "lib/base/err.h"
#include "lib/base/options.h"
#include "lib/process/node_id.h"
#include "lib/settings/settings.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#define PROCESS_DEFAULT_FILE SYSCONFDIR "/ordermq/ordermq.conf"

static int process_options_read(struct process_options *to,
				const struct process_kind *kind,
				const char *program, const char *usage,
				int argc, char **argv, struct err *err)
{
	const bool has_group = kind->about == NULL;
	const struct options_row rows[] = {
		options_text(
			'c', "config", "FILE",
			"configuration file (default: " PROCESS_DEFAULT_FILE
			")",
			&to->file),
		options_text('X', "node", "NAME",
			     "node name, in place of the host's", &to->node),
		options_flag(0, "supervised", NULL, &to->supervised),
		options_text(0, "node-id", "ID", NULL, &to->node_id),
		!has_group
			? options_end()
			: options_text(0, "group", "NAME",
				       "group to work for (default: the first "
				       "with this program)",
				       &to->group),
		options_number(0, "slot", "N",
			       "number of this instance (default: 1)",
			       &to->slot, 1, SETTINGS_INSTANCES_MAX),
		options_end(),
	};
	const struct options options = { program, usage, NULL, rows, false };
	int operand = argc;
	int ret = options_parse(&options, argc, argv, &operand, err);

	if (ret == 0 && operand < argc)
		return err_set(err, ERR_REJECT, "%s: nothing may follow",
			       argv[operand]);
	return ret;
}

/* Is there what goes with --supervised? */
static int process_options_check(const struct process_options *options,
				 const struct process_kind *kind,
				 struct err *err)
{
	if (options->supervised &&
	    (options->node_id == NULL ||
	     (kind->about == NULL && options->group == NULL)))
		return err_set(err, ERR_REJECT,
			       "--supervised needs --node-id%s",
			       kind->about == NULL ? " and --group" : "");
	if (options->node_id != NULL &&
	    strlen(options->node_id) >= NODE_ID_BYTES)
		return err_set(err, ERR_REJECT, "--node-id: %s: too long",
			       options->node_id);
	return 0;
}

int process_options_parse(struct process_options *options,
			  const struct process_kind *kind, int argc,
			  char **argv)
{
	char program[32], about[80], usage[256];
	struct err err;
	int ret;

	*options = (struct process_options){ .file = PROCESS_DEFAULT_FILE };
	(void)snprintf(program, sizeof(program), "ordermq-%s", kind->program);
	(void)snprintf(about, sizeof(about), "One instance of the %s service.",
		       kind->program);
	(void)snprintf(
		usage, sizeof(usage),
		"Usage: %s [OPTION]...\n%s Normally ordermqd starts it.\n\n",
		program, kind->about == NULL ? about : kind->about);
	ret = process_options_read(options, kind, program, usage, argc, argv,
				   &err);
	if (ret > 0)
		return -1 - EX_OK;
	if (ret == 0 && process_options_check(options, kind, &err) == 0)
		return 0;
	(void)fprintf(stderr, "%s: %s (--help tells more)\n", program,
		      err.text);
	return -1 - EX_USAGE;
}
