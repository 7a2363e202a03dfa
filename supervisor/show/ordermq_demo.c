/* ordermq-demo: the demo and the comparison, which "ordermqctl demo" and
   "ordermqctl compare" run in their place. This file takes the command line;
   demo.c and compare.c do the rest. */

#include "config.h"

#include "lib/base/num.h"
#include "supervisor/show/compare.h"
#include "supervisor/show/compare_workers.h"
#include "supervisor/show/demo.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

/* At least this many orders for each worker, so that each gets one before any
   is killed, and one in each further part. More than ORDERS_MAX take
   minutes. */
#define ORDERS_OF_WORKER 16
#define ORDERS_MAX 100000

#define WORKERS_MIN 2

enum { OPTION_BUILD_DIR = 256, OPTION_JSON, OPTION_ORDERS, OPTION_WORKERS };

struct arguments {
	const char *orders;  /* as text; NULL: not given */
	const char *workers; /* likewise */
	struct compare_options compare;
};

static int usage(FILE *out, int status)
{
	fputs("Usage: ordermq-demo [--build-dir DIR] demo\n"
	      "       ordermq-demo [--build-dir DIR] compare [--orders N]\n"
	      "                    [--workers K] [--json]\n"
	      "\n"
	      "Shows the whole job on a private redis-server, or holds a list, "
	      "Pub/Sub,\n"
	      "XREAD and a consumer group against each other. \"ordermqctl "
	      "demo\" and\n"
	      "\"ordermqctl compare\" run it: see ordermqctl(1).\n"
	      "\n"
	      "      --build-dir DIR  take the programs that were built "
	      "there, not the\n"
	      "                       installed ones\n"
	      "      --orders N       publish N orders each way (1000)\n"
	      "      --workers K      start K workers for each way (3)\n"
	      "      --json           print JSON Lines\n"
	      "  -h, --help           show this\n"
	      "  -V, --version        show the version\n",
	      out);
	return status;
}

/* Returns 0, or -1 after it said what is wrong. */
static int number_take(const char *option, const char *text, int64_t least,
		       int64_t most, int64_t *number)
{
	if (text == NULL)
		return 0;
	if (num_parse(text, strlen(text), number) == 0 && *number >= least &&
	    *number <= most)
		return 0;
	fprintf(stderr,
		"ordermq-demo: %s: \"%s\"; expected %" PRId64 " to %" PRId64
		"\n",
		option, text, least, most);
	return -1;
}

static int compare(struct arguments *arguments)
{
	struct compare_options *options = &arguments->compare;

	if (number_take("--workers", arguments->workers, WORKERS_MIN,
			COMPARE_WORKERS_MAX, &options->workers) < 0 ||
	    number_take("--orders", arguments->orders,
			ORDERS_OF_WORKER * options->workers, ORDERS_MAX,
			&options->orders) < 0)
		return EX_USAGE;
	return compare_run(options);
}

/* Take one option. Returns -1 to go on, else the exit status. */
static int option_take(int option, struct arguments *arguments)
{
	switch (option) {
	case OPTION_BUILD_DIR:
		arguments->compare.build_dir = optarg;
		return -1;
	case OPTION_JSON:
		arguments->compare.as_json = true;
		return -1;
	case OPTION_ORDERS:
		arguments->orders = optarg;
		return -1;
	case OPTION_WORKERS:
		arguments->workers = optarg;
		return -1;
	case 'h':
		return usage(stdout, EX_OK);
	case 'V':
		puts("ordermq-demo " PACKAGE_VERSION);
		return EX_OK;
	default:
		return usage(stderr, EX_USAGE);
	}
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "build-dir", required_argument, NULL, OPTION_BUILD_DIR },
		{ "json", no_argument, NULL, OPTION_JSON },
		{ "orders", required_argument, NULL, OPTION_ORDERS },
		{ "workers", required_argument, NULL, OPTION_WORKERS },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	struct arguments arguments = { .compare = { .orders = 1000,
						    .workers = 3 } };
	int option;

	while ((option = getopt_long(argc, argv, "hV", longs, NULL)) != -1) {
		int status = option_take(option, &arguments);

		if (status >= 0)
			return status;
	}
	if (argc - optind == 1 && strcmp(argv[optind], "demo") == 0)
		return demo_run(arguments.compare.build_dir);
	if (argc - optind == 1 && strcmp(argv[optind], "compare") == 0)
		return compare(&arguments);
	return usage(stderr, EX_USAGE);
}
