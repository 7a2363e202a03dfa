/* ordermq-demo: the demo and the comparison, which "ordermqctl demo" and
   "ordermqctl compare" run in their place. This file takes the command line;
   demo.c and compare.c do the rest. */

#include "config.h"

#include "lib/base/err.h"
#include "lib/base/options.h"
#include "supervisor/show/compare.h"
#include "supervisor/show/compare_workers.h"
#include "supervisor/show/demo.h"

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

static const char options_usage[] =
	"Usage: ordermq-demo [--build-dir DIR] demo\n"
	"       ordermq-demo [--build-dir DIR] compare [--orders N]\n"
	"                    [--workers K] [--json]\n"
	"Shows the whole job on a private redis-server, or holds a list,\n"
	"Pub/Sub, XREAD and a consumer group against each other. \"ordermqctl\n"
	"demo\" and \"ordermqctl compare\" run it: see ordermqctl(1).\n"
	"\n";

/* Returns as options_parse() does. */
static int options_read(int argc, char **argv, struct compare_options *to,
			int *operand_r, struct err *err)
{
	const struct options_row rows[] = {
		options_text(0, "build-dir", "DIR",
			     "take the programs that were built there, not the "
			     "installed ones",
			     &to->build_dir),
		options_number(0, "orders", "N",
			       "publish N orders each way (1000)", &to->orders,
			       ORDERS_OF_WORKER * WORKERS_MIN, ORDERS_MAX),
		options_number(0, "workers", "K",
			       "start K workers for each way (3)", &to->workers,
			       WORKERS_MIN, COMPARE_WORKERS_MAX),
		options_flag(0, "json", "print JSON Lines", &to->as_json),
		options_end(),
	};
	const struct options options = { "ordermq-demo", options_usage, NULL,
					 rows, false };
	int ret = options_parse(&options, argc, argv, operand_r, err);

	if (ret == 0 && to->orders < ORDERS_OF_WORKER * to->workers)
		return err_set(
			err, ERR_REJECT,
			"--orders: %" PRId64 ": a whole number from %" PRId64
			" to %d is needed",
			to->orders, ORDERS_OF_WORKER * to->workers, ORDERS_MAX);
	return ret;
}

static int reject(const char *why)
{
	fprintf(stderr, "ordermq-demo: %s (--help tells more)\n", why);
	return EX_USAGE;
}

int main(int argc, char **argv)
{
	struct compare_options options = { .orders = 1000, .workers = 3 };
	struct err err;
	int operand;
	int ret = options_read(argc, argv, &options, &operand, &err);

	if (ret < 0)
		return reject(err.text);
	if (ret > 0)
		return EX_OK;
	if (argc - operand == 1 && strcmp(argv[operand], "demo") == 0)
		return demo_run(options.build_dir);
	if (argc - operand == 1 && strcmp(argv[operand], "compare") == 0)
		return compare_run(&options);
	return reject("demo or compare must be given");
}
