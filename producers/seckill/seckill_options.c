#include "config.h"

#include "producers/seckill/seckill_options.h"

#include "lib/base/err.h"
#include "lib/base/num.h"
#include "lib/base/when.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#define OPTIONS_TIMEOUT_MSECS (30 * 1000)
#define OPTIONS_KEEP_MSECS (INT64_C(7) * 24 * 3600 * 1000)
#define OPTIONS_KEEP_MAX_MSECS (INT64_C(3650) * 24 * 3600 * 1000)
#define OPTIONS_AMOUNT_MAX (INT64_C(1) << 53)
#define OPTIONS_ITEMS 500
#define OPTIONS_USERS_MAX 10000000
#define OPTIONS_PROCESSES_MAX 256

static const char options_help[] =
	"usage: ordermq-seckill [OPTION]... load VOUCHER STOCK\n"
	"       ordermq-seckill [OPTION]... buy VOUCHER USER [ORDERNO]\n"
	"       ordermq-seckill [OPTION]... status VOUCHER\n"
	"       ordermq-seckill [OPTION]... serve\n"
	"       ordermq-seckill [OPTION]... bench\n"
	"\n"
	"A flash sale: whether a user gets one of the last vouchers is "
	"decided\n"
	"and published as an order in one step.\n"
	"\n"
	"  load      set the terms of a sale: STOCK is all that is ever sold\n"
	"  buy       one for USER; the same ORDERNO again is the same request\n"
	"  status    how a sale stands\n"
	"  serve     requests as JSON Lines, an answer each, in turn\n"
	"  bench     many users race for few items; fails if a sum is wrong\n"
	"\n"
	"Options of load:\n"
	"  --begins TIME        nothing is sold before (default: at once)\n"
	"  --ends TIME          nothing is sold from then on (default: "
	"never);\n"
	"                       TIMEs are such as 2026-11-11T00:00:00Z\n"
	"  --keep TIME          forget the sale so long after its end\n"
	"                       (default 7d)\n"
	"  --amount N           of each order, in minor units; also of bench\n"
	"  --replace            change the terms of a sale that is loaded\n"
	"Option of serve:\n"
	"  --listen PATH        listen on a Unix socket, not to standard "
	"input\n"
	"Options of bench, which needs --stream:\n"
	"  --users U            so many users (default 10000), each twice,\n"
	"  --items S            for so many items (default 500),\n"
	"  --processes P        from so many processes (default 8)\n"
	"\n"
	"  -c, --config FILE    the configuration file\n"
	"  --redis URL          redis://HOST[:PORT][/DB] or unix:///PATH\n"
	"  --stream KEY         the stream\n"
	"  --timeout TIME       how long to try again when Redis is away\n"
	"                       (default 30s)\n"
	"  -h, --help           print this text\n"
	"  -V, --version        print the version\n"
	"\n"
	"Exit status: 0 decided, 64 usage, 65 bad data, 70 wrong sums "
	"(bench),\n"
	"75 no decision within --timeout, 78 configuration, or 128 plus the\n"
	"signal that stopped it.\n";

enum {
	OPTION_REDIS = 256, /* above every letter */
	OPTION_STREAM,
	OPTION_TIMEOUT,
	OPTION_BEGINS,
	OPTION_ENDS,
	OPTION_KEEP,
	OPTION_AMOUNT,
	OPTION_REPLACE,
	OPTION_LISTEN,
	OPTION_USERS,
	OPTION_ITEMS,
	OPTION_PROCESSES,
	OPTION_END,
};

static const struct option long_options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "redis", required_argument, NULL, OPTION_REDIS },
	{ "stream", required_argument, NULL, OPTION_STREAM },
	{ "timeout", required_argument, NULL, OPTION_TIMEOUT },
	{ "begins", required_argument, NULL, OPTION_BEGINS },
	{ "ends", required_argument, NULL, OPTION_ENDS },
	{ "keep", required_argument, NULL, OPTION_KEEP },
	{ "amount", required_argument, NULL, OPTION_AMOUNT },
	{ "replace", no_argument, NULL, OPTION_REPLACE },
	{ "listen", required_argument, NULL, OPTION_LISTEN },
	{ "users", required_argument, NULL, OPTION_USERS },
	{ "items", required_argument, NULL, OPTION_ITEMS },
	{ "processes", required_argument, NULL, OPTION_PROCESSES },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

/* What was given, beside the options themselves. */
struct given {
	unsigned int options; /* bit n: OPTION_REDIS + n */
	int64_t keep_msecs;
};

#define GIVEN(option) (1U << ((option)-OPTION_REDIS))
#define GIVEN_ALWAYS                                                           \
	(GIVEN(OPTION_REDIS) | GIVEN(OPTION_STREAM) | GIVEN(OPTION_TIMEOUT))

static const struct {
	const char *name;
	int args_min, args_max;
	const char *args;
	unsigned int options; /* beside those that all have */
} verbs[SECKILL_VERB_COUNT] = {
	[SECKILL_LOAD] = { "load", 2, 2, "VOUCHER STOCK",
			   GIVEN(OPTION_BEGINS) | GIVEN(OPTION_ENDS) |
				   GIVEN(OPTION_KEEP) | GIVEN(OPTION_AMOUNT) |
				   GIVEN(OPTION_REPLACE) },
	[SECKILL_BUY] = { "buy", 2, 3, "VOUCHER USER [ORDERNO]", 0 },
	[SECKILL_STATUS] = { "status", 1, 1, "VOUCHER", 0 },
	[SECKILL_SERVE] = { "serve", 0, 0, "no arguments",
			    GIVEN(OPTION_LISTEN) },
	[SECKILL_BENCH] = { "bench", 0, 0, "no arguments",
			    GIVEN(OPTION_USERS) | GIVEN(OPTION_ITEMS) |
				    GIVEN(OPTION_PROCESSES) |
				    GIVEN(OPTION_AMOUNT) },
};

static int number_parse(const char *name, const char *text, int64_t min,
			int64_t max, int64_t *value_r, struct err *err)
{
	int64_t value;

	if (num_parse(text, strlen(text), &value) < 0 || value < min ||
	    value > max)
		return err_set(err, ERR_REJECT,
			       "%s '%s' is no whole number from %lld to %lld",
			       name, text, (long long)min, (long long)max);
	*value_r = value;
	return 0;
}

static int duration_parse(const char *name, const char *text, int64_t max_msecs,
			  int64_t *msecs_r, struct err *err)
{
	int64_t msecs;

	if (num_parse_duration(text, &msecs) < 0 || msecs > max_msecs)
		return err_set(err, ERR_REJECT,
			       "%s '%s' is no duration such as 7d, of 3650d at "
			       "most",
			       name, text);
	*msecs_r = msecs;
	return 0;
}

static int moment_parse(const char *name, const char *text, int64_t *msecs_r,
			struct err *err)
{
	if (when_parse(text, msecs_r) < 0)
		return err_set(err, ERR_REJECT,
			       "%s '%s' is no time such as "
			       "2026-11-11T00:00:00Z",
			       name, text);
	return 0;
}

/* Options that only need to be kept, or to be done. */
static void plain_take(struct seckill_options *options, int option)
{
	switch (option) {
	case 'c':
		options->choice.conf = optarg;
		break;
	case OPTION_REDIS:
		options->choice.redis = optarg;
		break;
	case OPTION_STREAM:
		options->choice.stream = optarg;
		break;
	case OPTION_REPLACE:
		options->replace = true;
		break;
	case OPTION_LISTEN:
		options->listen = optarg;
		break;
	case 'h':
		options->done = true;
		(void)fputs(options_help, stdout);
		break;
	case 'V':
		options->done = true;
		(void)puts("ordermq-seckill " PACKAGE_VERSION);
		break;
	}
}

static int option_take(struct seckill_options *options, struct given *given,
		       int option, char **argv, struct err *err)
{
	struct seckill_terms *terms = &options->terms;

	if (option >= OPTION_REDIS && option < OPTION_END)
		given->options |= GIVEN(option);
	switch (option) {
	case OPTION_TIMEOUT:
		return duration_parse("--timeout", optarg,
				      OPTIONS_KEEP_MAX_MSECS,
				      &options->timeout_msecs, err);
	case OPTION_BEGINS:
		return moment_parse("--begins", optarg, &terms->begins_msecs,
				    err);
	case OPTION_ENDS:
		return moment_parse("--ends", optarg, &terms->ends_msecs, err);
	case OPTION_KEEP:
		return duration_parse("--keep", optarg, OPTIONS_KEEP_MAX_MSECS,
				      &given->keep_msecs, err);
	case OPTION_AMOUNT:
		return number_parse("--amount", optarg, 0, OPTIONS_AMOUNT_MAX,
				    &terms->amount, err);
	case OPTION_USERS:
		return number_parse("--users", optarg, 1, OPTIONS_USERS_MAX,
				    &options->users, err);
	case OPTION_ITEMS:
		return number_parse("--items", optarg, 0, SECKILL_STOCK_MAX,
				    &terms->stock, err);
	case OPTION_PROCESSES:
		return number_parse("--processes", optarg, 1,
				    OPTIONS_PROCESSES_MAX, &options->processes,
				    err);
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

static int verb_find(struct seckill_options *options, char **args, int count,
		     struct err *err)
{
	if (count == 0)
		return err_set(err, ERR_REJECT,
			       "what to do? load, buy, status, serve or bench");
	for (int i = 0; i < SECKILL_VERB_COUNT; i++) {
		if (strcmp(args[0], verbs[i].name) != 0)
			continue;
		options->verb = (enum seckill_verb)i;
		if (count - 1 >= verbs[i].args_min &&
		    count - 1 <= verbs[i].args_max)
			return 0;
		return err_set(err, ERR_REJECT, "%s takes %s", verbs[i].name,
			       verbs[i].args);
	}
	return err_set(err, ERR_REJECT, "%s: no such command", args[0]);
}

/* Each option goes with the verbs that obey it. */
static int verb_check(const struct seckill_options *options,
		      const struct given *given, struct err *err)
{
	const unsigned int wrong =
		given->options & ~GIVEN_ALWAYS & ~verbs[options->verb].options;

	for (const struct option *option = long_options; option->name != NULL;
	     option++) {
		if (option->val >= OPTION_REDIS &&
		    (wrong & GIVEN(option->val)) != 0)
			return err_set(err, ERR_REJECT,
				       "--%s does not go with %s", option->name,
				       verbs[options->verb].name);
	}
	/* Its orders are orders: that must not hit the shop by default. */
	if (options->verb == SECKILL_BENCH && options->choice.stream == NULL)
		return err_set(err, ERR_REJECT,
			       "bench needs --stream: what it sells are orders "
			       "like any other");
	return 0;
}

static int args_take(struct seckill_options *options, char **args, int count,
		     struct err *err)
{
	struct seckill_request *request = &options->request;

	if (count > 1 &&
	    seckill_set_voucher(request, text_of(args[1]), err) < 0)
		return -1;
	if (options->verb == SECKILL_LOAD)
		return number_parse("STOCK", args[2], 0, SECKILL_STOCK_MAX,
				    &options->terms.stock, err);
	if (count > 2 && seckill_set_user(request, text_of(args[2]), err) < 0)
		return -1;
	return count > 3 ? seckill_set_orderno(request, text_of(args[3]), err)
			 : 0;
}

/* The moments of a sale, and when it is forgotten. */
static int terms_check(struct seckill_terms *terms, const struct given *given,
		       struct err *err)
{
	if (terms->ends_msecs < 0)
		return (given->options & GIVEN(OPTION_KEEP)) == 0
			       ? 0
			       : err_set(err, ERR_REJECT,
					 "--keep needs --ends");
	if (terms->begins_msecs >= terms->ends_msecs)
		return err_set(err, ERR_REJECT,
			       "--ends is not behind --begins");
	terms->expires_msecs = terms->ends_msecs + given->keep_msecs;
	return 0;
}

int seckill_options_parse(int argc, char **argv,
			  struct seckill_options *options_r, struct err *err)
{
	struct seckill_options options = {
		.timeout_msecs = OPTIONS_TIMEOUT_MSECS,
		.terms = { OPTIONS_ITEMS, -1, -1, -1, -1 },
		.users = 10000,
		.processes = 8,
	};
	struct given given = { .keep_msecs = OPTIONS_KEEP_MSECS };
	int option;

	opterr = 0;
	while (!options.done &&
	       (option = getopt_long(argc, argv, ":c:hV", long_options,
				     NULL)) != -1) {
		if (option_take(&options, &given, option, argv, err) < 0)
			return -1;
	}
	if (!options.done &&
	    (verb_find(&options, argv + optind, argc - optind, err) < 0 ||
	     verb_check(&options, &given, err) < 0 ||
	     args_take(&options, argv + optind, argc - optind, err) < 0 ||
	     terms_check(&options.terms, &given, err) < 0))
		return -1;
	*options_r = options;
	return 0;
}
