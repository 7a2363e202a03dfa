/* The results of the four ways, for a person or as JSON Lines.
   compare_count.c counted them. */

#include "config.h"

#include "supervisor/show/compare_table.h"

#include "supervisor/show/demo_table.h"
#include "supervisor/common/json_line.h"

#include <inttypes.h>
#include <stdio.h>

#define CELL_BYTES (2 * DEMO_NUMBER_BYTES)
#define ROW "  %-7s %-12s %10s %11s %9s %12s %10s\n"

/* "all 1,000", "none", "17 of 1,000" */
static const char *part(int64_t some, int64_t all, char *buf)
{
	char a[DEMO_NUMBER_BYTES], b[DEMO_NUMBER_BYTES];

	if (some == 0)
		return "none";
	(void)snprintf(buf, CELL_BYTES, "%s%s%s",
		       some == all ? "all" : demo_number(some, a),
		       some == all ? " " : " of ", demo_number(all, b));
	return buf;
}

static void row_print(const struct compare_result *result)
{
	char a[DEMO_NUMBER_BYTES], b[DEMO_NUMBER_BYTES], c[DEMO_NUMBER_BYTES];
	char d[CELL_BYTES], e[CELL_BYTES];

	printf(ROW, result->way,
	       result->is_shared ? "one worker" : "every worker",
	       demo_number(result->delivered, a),
	       demo_number(result->duplicates, b), demo_number(result->lost, c),
	       part(result->replayed, result->orders, d),
	       part(result->survived, result->waiting, e));
}

static void loss_print(const struct compare_result *result, int64_t count,
		       const char *how)
{
	char a[DEMO_NUMBER_BYTES];

	if (count > 0)
		printf("  %-7s %9s  %s\n", result->way, demo_number(count, a),
		       how);
}

static void losses_print(const struct compare_result *result)
{
	loss_print(result, result->lost_killed,
		   result->is_shared
			   ? "was in the hands of the worker that was killed"
			   : "passed the worker that was killed");
	loss_print(result, result->lost_late,
		   "passed the worker that started late");
	loss_print(result,
		   result->lost - result->lost_killed - result->lost_late,
		   "otherwise");
}

void compare_table_print(const struct compare_result results[COMPARE_WAYS])
{
	int64_t lost = 0;

	demo_title("Counted in what the workers noted");
	printf(ROW, "", "an order", "delivered", "duplicates", "lost", "can be",
	       "survive a");
	printf(ROW, "", "goes to", "", "", "", "replayed", "restart");
	for (int way = 0; way < COMPARE_WAYS; way++) {
		row_print(&results[way]);
		lost += results[way].lost;
	}
	if (lost == 0)
		return;
	demo_title("Lost");
	for (int way = 0; way < COMPARE_WAYS; way++)
		losses_print(&results[way]);
}

void compare_table_json(const struct compare_result results[COMPARE_WAYS])
{
	for (int i = 0; i < COMPARE_WAYS; i++) {
		const struct compare_result *way = &results[i];

		json_line_write(
			stdout,
			json_pack("{ss ss sI sI ss sI sI sI sI sI sI sb sI sI "
				  "sb}",
				  "kind", "way", "way", way->way, "orders",
				  (json_int_t)way->orders, "workers",
				  (json_int_t)way->workers, "goes_to",
				  way->is_shared ? "one" : "every", "delivered",
				  (json_int_t)way->delivered, "duplicates",
				  (json_int_t)way->duplicates, "lost",
				  (json_int_t)way->lost, "lost_killed",
				  (json_int_t)way->lost_killed, "lost_late",
				  (json_int_t)way->lost_late, "replayed",
				  (json_int_t)way->replayed, "can_be_replayed",
				  way->replayed == way->orders, "waiting",
				  (json_int_t)way->waiting, "survived",
				  (json_int_t)way->survived, "survives_restart",
				  way->survived == way->waiting));
	}
}
