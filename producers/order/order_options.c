/* The command line of ordermq-order. main() reads it before anything else. */

#include "config.h"

#include "producers/order/order_options.h"

#include "lib/base/err.h"
#include "lib/base/num.h"
#include "lib/base/options.h"
#include "producers/publish/once.h"

#include <string.h>

#define OPTIONS_BATCH 128
#define OPTIONS_BATCH_MAX 10000
#define OPTIONS_LAG_MAX INT64_C(1000000000000)
#define OPTIONS_USERS 1000
#define OPTIONS_TIMEOUT_MSECS (30 * 1000)
#define OPTIONS_FOREVER_MSECS (INT64_C(1) << 60)
#define OPTIONS_MAX_MSECS (INT64_C(3650) * 24 * 3600 * 1000)
#define OPTIONS_RATE_MAX_MILLIS INT64_C(1000000000)

static const char options_usage[] =
	"usage: ordermq-order [OPTION]... FIELD=VALUE...\n"
	"       ordermq-order [OPTION]... --csv FILE | --jsonl FILE\n"
	"       ordermq-order [OPTION]... --generate N\n"
	"       ordermq-order [OPTION]... --drain DIR\n"
	"\n"
	"Publish orders to the stream that the ordermq services read.\n"
	"\n"
	"What to publish:\n"
	"  FIELD=VALUE...       one order; prints its entry id\n";

static const char options_more[] =
	"\n"
	"Exit status: 0 all published, 64 usage, 65 bad data, 69 Redis not\n"
	"reached or lost, 75 given up after --timeout, 78 configuration, or\n"
	"128 plus the signal that stopped it.\n";

static int rate_take(void *millis_r, const char *text, struct err *err)
{
	struct num_decimal rate;
	int64_t millis;

	if (num_parse_decimal(text, strlen(text), &rate) < 0 ||
	    num_decimal_scale(&rate, 1000, &millis) < 0 || millis < 1 ||
	    millis > OPTIONS_RATE_MAX_MILLIS)
		return err_set(err, ERR_REJECT,
			       "a number from 0.001 to 1000000 with at most 3 "
			       "places is needed");
	*(int64_t *)millis_r = millis;
	return 0;
}

static int progress_take(void *mode_r, const char *text, struct err *err)
{
	static const char *const names[] = { "auto", "always", "never" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i], text) != 0)
			continue;
		*(enum progress_mode *)mode_r = (enum progress_mode)i;
		return 0;
	}
	return err_set(err, ERR_REJECT, "auto, always or never is needed");
}

static int mode_set(struct order_options *options, enum order_mode mode,
		    const char *path, struct err *err)
{
	if (options->mode != ORDER_FROM_ARGS)
		return err_set(err, ERR_REJECT,
			       "only one of --csv, --jsonl, --generate and "
			       "--drain may be given, once");
	options->mode = mode;
	options->path = path;
	return 0;
}

static int csv_take(void *options, const char *path, struct err *err)
{
	return mode_set(options, ORDER_FROM_CSV, path, err);
}

static int jsonl_take(void *options, const char *path, struct err *err)
{
	return mode_set(options, ORDER_FROM_JSONL, path, err);
}

static int drain_take(void *options, const char *path, struct err *err)
{
	return mode_set(options, ORDER_FROM_OUTBOX, path, err);
}

static int generate_take(void *_options, const char *text, struct err *err)
{
	struct order_options *options = _options;

	if (mode_set(options, ORDER_FROM_GENERATOR, NULL, err) < 0)
		return -1;
	if (num_parse(text, strlen(text), &options->count) < 0 ||
	    options->count < 1)
		return err_set(err, ERR_REJECT,
			       "a whole number from 1 is needed");
	return 0;
}

/* Each fills in its rows, and returns where the next one goes. */
static struct options_row *what_rows(struct options_row *row,
				     struct order_options *to)
{
	*row++ = options_take(0, "csv", "FILE",
			      "the records of a CSV file with a header",
			      csv_take, to);
	*row++ = options_take(0, "jsonl", "FILE",
			      "the objects of a JSON Lines file (a FILE \"-\" "
			      "is standard input)",
			      jsonl_take, to);
	*row++ = options_take(0, "generate", "N",
			      "N made-up orders; equal seeds make equal orders",
			      generate_take, to);
	*row++ = options_number(0, "users", "U", "of U users (default 1000)",
				&to->users, 1, INT64_MAX);
	*row++ = options_number(0, "seed", "S", "default: the time of day",
				&to->seed, 0, INT64_MAX);
	*row++ = options_take(0, "drain", "DIR",
			      "what is in the outbox DIR, which empties it",
			      drain_take, to);
	*row++ =
		options_flag(0, "follow", "and what is put into it from now on",
			     &to->follow);
	return row;
}

static struct options_row *how_rows(struct options_row *row,
				    struct order_options *to, bool *once)
{
	*row++ = options_heading("\nHow:");
	*row++ = options_take(0, "rate", "R",
			      "at most R orders a second, evenly", rate_take,
			      &to->rate_millis);
	*row++ = options_number(0, "batch", "N",
				"N orders in one go (default 128)", &to->batch,
				1, OPTIONS_BATCH_MAX);
	*row++ = options_number(
		0, "max-lag", "N",
		"wait while a group has more than N orders to read",
		&to->max_lag, 1, OPTIONS_LAG_MAX);
	*row++ =
		options_flag(0, "atomic", "each batch as a whole or not at all",
			     &to->atomic);
	*row++ = options_flag(0, "once",
			      "an order whose event key is known adds no entry",
			      once);
	*row++ = options_duration(
		0, "once-for", "TIME",
		"as --once; keys are known for TIME (default 7d)",
		&to->once_msecs, 1, OPTIONS_MAX_MSECS);
	*row++ = options_text(0, "state", "FILE",
			      "as --once; keep in FILE how far it is, and "
			      "begin there after an interruption",
			      &to->state);
	*row++ = options_duration(0, "timeout", "TIME",
				  "how long to try again when Redis cannot "
				  "take an order (default 30s)",
				  &to->timeout_msecs, 0, OPTIONS_MAX_MSECS);
	return row;
}

static struct options_row *where_rows(struct options_row *row,
				      struct order_options *to)
{
	*row++ = options_heading("\nWhere:");
	*row++ = options_text('c', "config", "FILE", "the configuration file",
			      &to->conf);
	*row++ = options_text(0, "redis", "URL",
			      "redis://HOST[:PORT][/DB] or unix:///PATH",
			      &to->redis);
	*row++ = options_text(0, "stream", "KEY", "the stream", &to->stream);
	*row++ = options_text(0, "outbox", "DIR",
			      "not to Redis, but into the directory DIR",
			      &to->outbox);
	*row++ = options_heading("");
	*row++ = options_flag('q', "quiet",
			      "no summary when all is well, no progress",
			      &to->quiet);
	*row++ = options_take(0, "progress", "WHEN",
			      "auto, always or never (default auto)",
			      progress_take, &to->progress);
	return row;
}

/* Returns as options_parse() does. */
static int order_options_read(int argc, char **argv, struct order_options *to,
			      bool *once, struct err *err)
{
	struct options_row rows[OPTIONS_MAX + 1];
	struct options_row *row = rows;
	const struct options options = { "ordermq-order", options_usage,
					 options_more, rows, false };
	int operand = argc;
	int ret;

	row = what_rows(row, to);
	row = how_rows(row, to, once);
	row = where_rows(row, to);
	*row = options_end();
	ret = options_parse(&options, argc, argv, &operand, err);
	to->args = argv + operand;
	to->arg_count = argc - operand;
	return ret;
}

/* Orders go into an outbox as they are; --drain publishes them once. */
static int outbox_check(const struct order_options *options, struct err *err)
{
	if (options->follow && options->mode != ORDER_FROM_OUTBOX)
		return err_set(err, ERR_REJECT, "--follow needs --drain");
	if (options->mode == ORDER_FROM_OUTBOX &&
	    (options->state != NULL || options->outbox != NULL))
		return err_set(err, ERR_REJECT,
			       "neither --state nor --outbox with --drain");
	if (options->outbox != NULL && options->once_msecs != 0)
		return err_set(err, ERR_REJECT,
			       "--outbox goes with none of --once, --once-for "
			       "and --state");
	if (options->outbox != NULL && options->max_lag != 0)
		return err_set(err, ERR_REJECT,
			       "no --max-lag with --outbox: no group reads it");
	return 0;
}

/* A window is at most half of --max-lag: while the groups read that half, the
   next one is sent. */
static void batch_limit(struct order_options *options)
{
	int64_t half = (options->max_lag + 1) / 2;

	if (half > 0 && options->batch > half)
		options->batch = half;
}

static int order_options_check(const struct order_options *options,
			       struct err *err)
{
	if (options->mode == ORDER_FROM_ARGS && options->arg_count == 0)
		return err_set(err, ERR_REJECT,
			       "no order: give FIELD=VALUE, --csv, --jsonl, "
			       "--generate or --drain");
	if (options->mode != ORDER_FROM_ARGS && options->arg_count > 0)
		return err_set(err, ERR_REJECT, "%s: nothing more may follow",
			       options->args[0]);
	return outbox_check(options, err);
}

/* What follows from the options together. */
static void options_complete(struct order_options *options, bool once)
{
	const bool is_drain = options->mode == ORDER_FROM_OUTBOX;

	/* What is drained comes again after an interruption, in its order. */
	options->atomic = options->atomic || is_drain;
	if (options->once_msecs == 0 &&
	    (once || is_drain || options->state != NULL))
		options->once_msecs = ONCE_FOR_MSECS;
	if (options->timeout_msecs < 0)
		options->timeout_msecs = options->follow
						 ? OPTIONS_FOREVER_MSECS
						 : OPTIONS_TIMEOUT_MSECS;
	batch_limit(options);
}

int order_options_parse(int argc, char **argv, struct order_options *options_r,
			struct err *err)
{
	struct order_options options = {
		.users = OPTIONS_USERS,
		.seed = -1,
		.batch = OPTIONS_BATCH,
		.timeout_msecs = -1,
	};
	bool once = false;
	int ret = order_options_read(argc, argv, &options, &once, err);

	if (ret != 0)
		return ret;
	options_complete(&options, once);
	if (order_options_check(&options, err) < 0)
		return -1;
	*options_r = options;
	return 0;
}
