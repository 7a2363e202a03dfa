#include "config.h"

#include "lib/process/process_options.h"

#include "lib/process/node_id.h"
#include "lib/base/num.h"
#include "lib/settings/settings.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#define PROCESS_DEFAULT_FILE SYSCONFDIR "/ordermq/ordermq.conf"

enum {
	OPTION_SUPERVISED = 256,
	OPTION_GROUP,
	OPTION_SLOT,
	OPTION_NODE_ID,
	OPTION_VERSION,
};

static const struct option long_options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "node", required_argument, NULL, 'X' },
	{ "group", required_argument, NULL, OPTION_GROUP },
	{ "slot", required_argument, NULL, OPTION_SLOT },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ "supervised", no_argument, NULL, OPTION_SUPERVISED },
	{ "node-id", required_argument, NULL, OPTION_NODE_ID },
	{ NULL, 0, NULL, 0 },
};

/* "Return this from main", in one number. */
static int end_with(int status)
{
	return -1 - status;
}

static int usage(const struct process_kind *kind, FILE *out, int status)
{
	char about[80];

	(void)snprintf(about, sizeof(about), "One instance of the %s service.",
		       kind->program);
	fprintf(out,
		"Usage: ordermq-%s [-c FILE] [-X NODE]%s\n"
		"%s Normally ordermqd starts it.\n"
		"\n"
		"  -c, --config FILE  configuration file\n"
		"                     (default: " PROCESS_DEFAULT_FILE ")\n"
		"  -X, --node NAME    node name, in the place of the host's\n",
		kind->program,
		kind->about == NULL ? " [--group NAME] [--slot N]" : "",
		kind->about == NULL ? about : kind->about);
	if (kind->about == NULL)
		fprintf(out,
			"      --group NAME   group to work for (default: the "
			"first with\n"
			"                     program = \"%s\")\n"
			"      --slot N       number of this instance "
			"(default: "
			"1)\n",
			kind->program);
	fputs("  -h, --help         this text\n"
	      "      --version      version of ordermq\n",
	      out);
	return end_with(status);
}

static int options_take(struct process_options *options, int letter)
{
	switch (letter) {
	case 'c':
		options->file = optarg;
		return 0;
	case 'X':
		options->node = optarg;
		return 0;
	case OPTION_GROUP:
		options->group = optarg;
		return 0;
	case OPTION_SLOT:
		if (num_parse(optarg, strlen(optarg), &options->slot) < 0)
			return -1;
		return options->slot < 1 ? -1 : 0;
	case OPTION_SUPERVISED:
		options->supervised = true;
		return 0;
	case OPTION_NODE_ID:
		options->node_id = optarg;
		return strlen(optarg) < NODE_ID_BYTES ? 0 : -1;
	default:
		return -1;
	}
}

/* Does it say for which group it is, where that is due, and only there? */
static bool options_agree(const struct process_options *options,
			  const struct process_kind *kind)
{
	if (options->supervised && options->node_id == NULL)
		return false;
	if (kind->about != NULL)
		return options->group == NULL && options->slot == 0;
	return options->slot >= 0 && options->slot <= SETTINGS_INSTANCES_MAX &&
	       (!options->supervised || options->group != NULL);
}

int process_options_parse(struct process_options *options,
			  const struct process_kind *kind, int argc,
			  char **argv)
{
	int letter;

	*options = (struct process_options){ .file = PROCESS_DEFAULT_FILE };
	while ((letter = getopt_long(argc, argv, "c:X:h", long_options,
				     NULL)) >= 0) {
		if (letter == 'h')
			return usage(kind, stdout, EX_OK);
		if (letter == OPTION_VERSION) {
			printf("ordermq-%s %s\n", kind->program,
			       PACKAGE_VERSION);
			return end_with(EX_OK);
		}
		if (options_take(options, letter) < 0)
			return usage(kind, stderr, EX_USAGE);
	}
	if (optind < argc || !options_agree(options, kind))
		return usage(kind, stderr, EX_USAGE);
	return 0;
}
