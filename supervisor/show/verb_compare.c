/* ordermqctl compare: see compare.h. */

#include "config.h"

#include "supervisor/ctl/verbs.h"

#include "lib/base/num.h"
#include "supervisor/show/compare.h"
#include "supervisor/show/compare_workers.h"
#include "supervisor/ctl/ctl.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>
#include <sysexits.h>

/* Each worker gets one before any is killed, and one in each further part; more
   than the most take minutes. */
#define ORDERS_OF_WORKER 16
#define ORDERS_MAX 100000

#define WORKERS_MIN 2

/* Returns 0, or -1 after it said what is wrong. */
static int number_take(const char *option, const char *text, int64_t least,
		       int64_t most, int64_t *number)
{
	if (text == NULL)
		return 0;
	if (num_parse(text, strlen(text), number) == 0 && *number >= least &&
	    *number <= most)
		return 0;
	ctl_say("%s: \"%s\"; expected %" PRId64 " to %" PRId64, option, text,
		least, most);
	return -1;
}

int verb_compare(struct ctl *ctl)
{
	const char *orders = NULL, *workers = NULL;
	const struct ctl_option options[] = {
		{ "orders", '\0', &orders, NULL },
		{ "workers", '\0', &workers, NULL },
		{ NULL, '\0', NULL, NULL },
	};
	struct compare_options compare = { .orders = 1000, .workers = 3 };

	if (ctl_take(ctl, options, 0, 0) < 0)
		return ctl->status;
	if (number_take("--workers", workers, WORKERS_MIN, COMPARE_WORKERS_MAX,
			&compare.workers) < 0 ||
	    number_take("--orders", orders, ORDERS_OF_WORKER * compare.workers,
			ORDERS_MAX, &compare.orders) < 0)
		return EX_USAGE;
	compare.build_dir = ctl->build_dir;
	compare.as_json = ctl->as_json;
	return compare_run(&compare);
}
