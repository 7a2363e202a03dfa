#include "config.h"

#include "producers/order/order_options.h"

#include "lib/base/err.h"
#include "lib/base/num.h"
#include "producers/publish/once.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#define OPTIONS_BATCH 128
#define OPTIONS_BATCH_MAX 10000
#define OPTIONS_LAG_MAX INT64_C(1000000000000)
#define OPTIONS_USERS 1000
#define OPTIONS_TIMEOUT_MSECS (30 * 1000)
#define OPTIONS_FOREVER_MSECS (INT64_C(1) << 60)
#define OPTIONS_ONCE_MAX_MSECS (INT64_C(3650) * 24 * 3600 * 1000)
#define OPTIONS_RATE_MAX_MILLIS INT64_C(1000000000)

static const char options_help[] =
	"usage: ordermq-order [OPTION]... FIELD=VALUE...\n"
	"       ordermq-order [OPTION]... --csv FILE | --jsonl FILE\n"
	"       ordermq-order [OPTION]... --generate N\n"
	"       ordermq-order [OPTION]... --drain DIR\n"
	"\n"
	"Publish orders to the stream that the ordermq services read.\n"
	"\n"
	"What to publish:\n"
	"  FIELD=VALUE...       one order; prints its entry id\n"
	"  --csv FILE           the records of a CSV file with a header\n"
	"  --jsonl FILE         the objects of a JSON Lines file\n"
	"                       (FILE may be \"-\": standard input)\n"
	"  --generate N         N made-up orders, the same for the same seed\n"
	"  --users U            of U users (default 1000)\n"
	"  --seed S             default: the time of day\n"
	"  --drain DIR          what is in the outbox DIR, which empties it\n"
	"  --follow             and what is put into it from now on\n"
	"\n"
	"How:\n"
	"  --rate R             at most R orders a second, evenly\n"
	"  --batch N            N orders in one go (default 128)\n"
	"  --max-lag N          wait while a group has more than N orders to "
	"read\n"
	"  --atomic             each batch as a whole or not at all\n"
	"  --once               what has an event key that is known adds no "
	"entry\n"
	"  --once-for TIME      the same; keys are known for TIME (default "
	"7d)\n"
	"  --state FILE         the same; keep in FILE how far it is, and "
	"begin\n"
	"                       there after an interruption\n"
	"  --timeout TIME       how long to try again when Redis cannot take\n"
	"                       an order (default 30s)\n"
	"\n"
	"Where:\n"
	"  -c, --config FILE    the configuration file\n"
	"  --redis URL          redis://HOST[:PORT][/DB] or unix:///PATH\n"
	"  --stream KEY         the stream\n"
	"  --outbox DIR         not to Redis, but into the directory DIR\n"
	"\n"
	"  -q, --quiet          no summary when all is well, no progress\n"
	"  --progress=WHEN      auto, always or never (default auto)\n"
	"  -h, --help           print this text\n"
	"  -V, --version        print the version\n"
	"\n"
	"Exit status: 0 all published, 64 usage, 65 bad data, 69 Redis not\n"
	"reached or lost, 75 given up after --timeout, 78 configuration, or\n"
	"128 plus the signal that stopped it.\n";

enum {
	OPTION_REDIS = 256, /* above every letter */
	OPTION_STREAM,
	OPTION_CSV,
	OPTION_JSONL,
	OPTION_GENERATE,
	OPTION_USERS,
	OPTION_SEED,
	OPTION_DRAIN,
	OPTION_FOLLOW,
	OPTION_OUTBOX,
	OPTION_RATE,
	OPTION_BATCH,
	OPTION_MAX_LAG,
	OPTION_ATOMIC,
	OPTION_ONCE,
	OPTION_ONCE_FOR,
	OPTION_STATE,
	OPTION_TIMEOUT,
	OPTION_PROGRESS,
};

static const struct option long_options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "redis", required_argument, NULL, OPTION_REDIS },
	{ "stream", required_argument, NULL, OPTION_STREAM },
	{ "csv", required_argument, NULL, OPTION_CSV },
	{ "jsonl", required_argument, NULL, OPTION_JSONL },
	{ "generate", required_argument, NULL, OPTION_GENERATE },
	{ "users", required_argument, NULL, OPTION_USERS },
	{ "seed", required_argument, NULL, OPTION_SEED },
	{ "drain", required_argument, NULL, OPTION_DRAIN },
	{ "follow", no_argument, NULL, OPTION_FOLLOW },
	{ "outbox", required_argument, NULL, OPTION_OUTBOX },
	{ "rate", required_argument, NULL, OPTION_RATE },
	{ "batch", required_argument, NULL, OPTION_BATCH },
	{ "max-lag", required_argument, NULL, OPTION_MAX_LAG },
	{ "atomic", no_argument, NULL, OPTION_ATOMIC },
	{ "once", no_argument, NULL, OPTION_ONCE },
	{ "once-for", required_argument, NULL, OPTION_ONCE_FOR },
	{ "state", required_argument, NULL, OPTION_STATE },
	{ "timeout", required_argument, NULL, OPTION_TIMEOUT },
	{ "quiet", no_argument, NULL, 'q' },
	{ "progress", required_argument, NULL, OPTION_PROGRESS },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static int number_parse(const char *name, const char *text, int64_t min,
			int64_t max, int64_t *value_r, struct err *err)
{
	int64_t value;

	if (num_parse(text, strlen(text), &value) < 0 || value < min ||
	    value > max)
		return err_set(err, ERR_REJECT,
			       "--%s '%s' is no whole number from %lld to %lld",
			       name, text, (long long)min, (long long)max);
	*value_r = value;
	return 0;
}

static int rate_parse(const char *text, int64_t *millis_r, struct err *err)
{
	struct num_decimal rate;
	int64_t millis;

	if (num_parse_decimal(text, strlen(text), &rate) < 0 ||
	    num_decimal_scale(&rate, 1000, &millis) < 0 || millis < 1 ||
	    millis > OPTIONS_RATE_MAX_MILLIS)
		return err_set(err, ERR_REJECT,
			       "--rate '%s' is no number from 0.001 to 1000000 "
			       "with at most 3 places",
			       text);
	*millis_r = millis;
	return 0;
}

static int timeout_parse(const char *text, int64_t *msecs_r, struct err *err)
{
	if (num_parse_duration(text, msecs_r) < 0)
		return err_set(err, ERR_REJECT,
			       "--timeout '%s' is no duration such as 30s",
			       text);
	return 0;
}

static int once_parse(const char *text, int64_t *msecs_r, struct err *err)
{
	int64_t msecs;

	if (num_parse_duration(text, &msecs) < 0 || msecs < 1 ||
	    msecs > OPTIONS_ONCE_MAX_MSECS)
		return err_set(err, ERR_REJECT,
			       "--once-for '%s' is no duration such as 7d, of "
			       "3650d at most",
			       text);
	*msecs_r = msecs;
	return 0;
}

static int progress_parse(const char *text, enum progress_mode *mode_r,
			  struct err *err)
{
	static const char *const names[] = { "auto", "always", "never" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i], text) != 0)
			continue;
		*mode_r = (enum progress_mode)i;
		return 0;
	}
	return err_set(err, ERR_REJECT,
		       "--progress '%s' is not auto, always or never", text);
}

static int mode_set(struct order_options *options, enum order_mode mode,
		    const char *path, struct err *err)
{
	if (options->mode != ORDER_FROM_ARGS)
		return err_set(err, ERR_REJECT,
			       "one of --csv, --jsonl, --generate and --drain, "
			       "once");
	options->mode = mode;
	options->path = path;
	return 0;
}

static int generate_parse(struct order_options *options, const char *text,
			  struct err *err)
{
	if (mode_set(options, ORDER_FROM_GENERATOR, NULL, err) < 0)
		return -1;
	return number_parse("generate", text, 1, INT64_MAX, &options->count,
			    err);
}

static int seed_parse(struct order_options *options, const char *text,
		      struct err *err)
{
	options->has_seed = true;
	return number_parse("seed", text, 0, INT64_MAX, &options->seed, err);
}

/* Without --once-for the usual time is meant. */
static void once_take(struct order_options *options)
{
	if (options->once_msecs == 0)
		options->once_msecs = ONCE_FOR_MSECS;
}

/* What is drained comes again after an interruption, and goes in its order. */
static int drain_take(struct order_options *options, const char *path,
		      struct err *err)
{
	once_take(options);
	options->atomic = true;
	return mode_set(options, ORDER_FROM_OUTBOX, path, err);
}

/* Options that only need to be kept, or to be done. */
static void plain_take(struct order_options *options, int option)
{
	switch (option) {
	case 'c':
		options->conf = optarg;
		break;
	case OPTION_REDIS:
		options->redis = optarg;
		break;
	case OPTION_STREAM:
		options->stream = optarg;
		break;
	case OPTION_ATOMIC:
		options->atomic = true;
		break;
	case OPTION_FOLLOW:
		options->follow = true;
		break;
	case OPTION_OUTBOX:
		options->outbox = optarg;
		break;
	case OPTION_STATE:
		options->state = optarg;
		once_take(options);
		break;
	case OPTION_ONCE:
		once_take(options);
		break;
	case 'q':
		options->quiet = true;
		break;
	case 'h':
		options->done = true;
		(void)fputs(options_help, stdout);
		break;
	case 'V':
		options->done = true;
		(void)puts("ordermq-order " PACKAGE_VERSION);
		break;
	}
}

static int option_take(struct order_options *options, int option, char **argv,
		       struct err *err)
{
	switch (option) {
	case OPTION_CSV:
		return mode_set(options, ORDER_FROM_CSV, optarg, err);
	case OPTION_JSONL:
		return mode_set(options, ORDER_FROM_JSONL, optarg, err);
	case OPTION_DRAIN:
		return drain_take(options, optarg, err);
	case OPTION_GENERATE:
		return generate_parse(options, optarg, err);
	case OPTION_USERS:
		return number_parse("users", optarg, 1, INT64_MAX,
				    &options->users, err);
	case OPTION_SEED:
		return seed_parse(options, optarg, err);
	case OPTION_RATE:
		return rate_parse(optarg, &options->rate_millis, err);
	case OPTION_BATCH:
		return number_parse("batch", optarg, 1, OPTIONS_BATCH_MAX,
				    &options->batch, err);
	case OPTION_MAX_LAG:
		return number_parse("max-lag", optarg, 1, OPTIONS_LAG_MAX,
				    &options->max_lag, err);
	case OPTION_ONCE_FOR:
		return once_parse(optarg, &options->once_msecs, err);
	case OPTION_TIMEOUT:
		return timeout_parse(optarg, &options->timeout_msecs, err);
	case OPTION_PROGRESS:
		return progress_parse(optarg, &options->progress, err);
	case ':':
		return err_set(err, ERR_REJECT, "%s: its argument is missing",
			       argv[optind - 1]);
	case '?':
		return err_set(err, ERR_REJECT, "%s: no such option",
			       argv[optind - 1]);
	}
	plain_take(options, option);
	return 0;
}

/* What goes into an outbox is published, once, when that is drained. */
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

/* While one half of the limit is read, the other half is sent. */
static void batch_limit(struct order_options *options)
{
	int64_t half = (options->max_lag + 1) / 2;

	if (half > 0 && options->batch > half)
		options->batch = half;
}

static int options_check(const struct order_options *options, struct err *err)
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

int order_options_parse(int argc, char **argv, struct order_options *options_r,
			struct err *err)
{
	struct order_options options = {
		.users = OPTIONS_USERS,
		.batch = OPTIONS_BATCH,
		.timeout_msecs = -1,
	};
	int option;

	opterr = 0;
	while (!options.done &&
	       (option = getopt_long(argc, argv, ":c:qhV", long_options,
				     NULL)) != -1) {
		if (option_take(&options, option, argv, err) < 0)
			return -1;
	}
	options.args = argv + optind;
	options.arg_count = argc - optind;
	if (!options.done && options_check(&options, err) < 0)
		return -1;
	batch_limit(&options);
	if (options.timeout_msecs < 0)
		options.timeout_msecs = options.follow ? OPTIONS_FOREVER_MSECS
						       : OPTIONS_TIMEOUT_MSECS;
	*options_r = options;
	return 0;
}
