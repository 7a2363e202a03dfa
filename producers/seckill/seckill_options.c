/* The command line of ordermq-seckill, and its lines on stderr. main() reads
   the command line first; all verbs write with seckill_say(). */

#include "config.h"

#include "producers/seckill/seckill_options.h"

#include "lib/base/err.h"
#include "lib/base/num.h"
#include "lib/base/options.h"
#include "producers/common/stop.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define OPTIONS_TIMEOUT_MSECS (30 * 1000)
#define OPTIONS_KEEP_MSECS (INT64_C(7) * 24 * 3600 * 1000)
#define OPTIONS_KEEP_MAX_MSECS (INT64_C(3650) * 24 * 3600 * 1000)
#define OPTIONS_AMOUNT_MAX (INT64_C(1) << 53)

/* What a shell makes of a death by signal. */
#define SIGNAL_EXIT_BASE 128

static const char options_usage[] =
	"usage: ordermq-seckill [OPTION]... load VOUCHER STOCK\n"
	"       ordermq-seckill [OPTION]... buy VOUCHER USER [ORDERNO]\n"
	"       ordermq-seckill [OPTION]... status VOUCHER\n"
	"       ordermq-seckill [OPTION]... serve\n"
	"\n"
	"A flash sale: whether a user gets one of the last vouchers is "
	"decided\n"
	"and published as an order in one step.\n"
	"\n"
	"  load      set the terms of a sale: STOCK is all that is ever sold\n"
	"  buy       one for USER; a repeated ORDERNO is a repeated request\n"
	"  status    how a sale stands\n"
	"  serve     requests as JSON Lines, an answer each, in turn\n"
	"\n";

static const char options_more[] =
	"\n"
	"Exit status: 0 decided, 64 usage, 65 bad data, 75 no decision within\n"
	"--timeout, 78 configuration, or 128 plus the signal that stopped "
	"it.\n";

static const struct {
	const char *name;
	int args_min, args_max;
	const char *args;
} verbs[SECKILL_VERB_COUNT] = {
	[SECKILL_LOAD] = { "load", 2, 2, "VOUCHER STOCK" },
	[SECKILL_BUY] = { "buy", 2, 3, "VOUCHER USER [ORDERNO]" },
	[SECKILL_STATUS] = { "status", 1, 1, "VOUCHER" },
	[SECKILL_SERVE] = { "serve", 0, 0, "no arguments" },
};

void seckill_say(const char *fmt, ...)
{
	va_list args;

	(void)fputs("ordermq-seckill: ", stderr);
	va_start(args, fmt);
	(void)vfprintf(stderr, fmt, args);
	va_end(args);
	(void)fputc('\n', stderr);
}

int seckill_signal_status(void)
{
	return SIGNAL_EXIT_BASE + stop_signal();
}

static int seckill_options_read(int argc, char **argv,
				struct seckill_options *to, int *operand_r,
				struct err *err)
{
	struct seckill_terms *terms = &to->terms;
	const struct options_row rows[] = {
		options_heading("Options of load:"),
		options_moment(0, "begins", "TIME",
			       "nothing is sold before (default: at once)",
			       &terms->begins_msecs),
		options_moment(0, "ends", "TIME",
			       "nothing is sold from then on (default: never); "
			       "a TIME is such as 2026-11-11T00:00:00Z",
			       &terms->ends_msecs),
		options_duration(0, "keep", "TIME",
				 "forget the sale that long after its end "
				 "(default 7d)",
				 &to->keep_msecs, 0, OPTIONS_KEEP_MAX_MSECS),
		options_number(0, "amount", "N",
			       "amount of each order, in minor units",
			       &terms->amount, 0, OPTIONS_AMOUNT_MAX),
		options_flag(0, "replace",
			     "change the terms of a sale that is loaded",
			     &to->replace),
		options_heading("Option of serve:"),
		options_text(0, "listen", "PATH",
			     "listen on a Unix socket, not to standard input",
			     &to->listen),
		options_heading(""),
		options_text('c', "config", "FILE", "the configuration file",
			     &to->choice.conf),
		options_text(0, "redis", "URL",
			     "redis://HOST[:PORT][/DB] or unix:///PATH",
			     &to->choice.redis),
		options_text(0, "stream", "KEY", "the stream",
			     &to->choice.stream),
		options_duration(0, "timeout", "TIME",
				 "how long to try again when Redis is away "
				 "(default 30s)",
				 &to->timeout_msecs, 0, OPTIONS_KEEP_MAX_MSECS),
		options_end(),
	};
	const struct options options = { "ordermq-seckill", options_usage,
					 options_more, rows, false };

	return options_parse(&options, argc, argv, operand_r, err);
}

static int verb_find(struct seckill_options *options, char **args, int count,
		     struct err *err)
{
	if (count == 0)
		return err_set(err, ERR_REJECT,
			       "what to do? load, buy, status or serve");
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

/* An option goes only with the verb that obeys it. */
static int verb_check(const struct seckill_options *options, struct err *err)
{
	const struct {
		enum seckill_verb verb;
		const char *name;
		bool is_given;
	} given[] = {
		{ SECKILL_LOAD, "begins", options->terms.begins_msecs >= 0 },
		{ SECKILL_LOAD, "ends", options->terms.ends_msecs >= 0 },
		{ SECKILL_LOAD, "keep", options->keep_msecs >= 0 },
		{ SECKILL_LOAD, "amount", options->terms.amount >= 0 },
		{ SECKILL_LOAD, "replace", options->replace },
		{ SECKILL_SERVE, "listen", options->listen != NULL },
	};

	for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++) {
		if (given[i].is_given && given[i].verb != options->verb)
			return err_set(
				err, ERR_REJECT, "--%s does not go with %s",
				given[i].name, verbs[options->verb].name);
	}
	return 0;
}

static int stock_take(struct seckill_terms *terms, const char *text,
		      struct err *err)
{
	if (num_parse(text, strlen(text), &terms->stock) < 0 ||
	    terms->stock > SECKILL_STOCK_MAX)
		return err_set(err, ERR_REJECT,
			       "STOCK: %s: a whole number from 0 to %lld is "
			       "needed",
			       text, (long long)SECKILL_STOCK_MAX);
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
		return stock_take(&options->terms, args[2], err);
	if (count > 2 && seckill_set_user(request, text_of(args[2]), err) < 0)
		return -1;
	return count > 3 ? seckill_set_orderno(request, text_of(args[3]), err)
			 : 0;
}

/* The moments of a sale, and when it is forgotten. */
static int terms_check(struct seckill_options *options, struct err *err)
{
	struct seckill_terms *terms = &options->terms;

	if (terms->ends_msecs < 0)
		return options->keep_msecs < 0 ? 0
					       : err_set(err, ERR_REJECT,
							 "--keep needs --ends");
	if (terms->begins_msecs >= terms->ends_msecs)
		return err_set(err, ERR_REJECT,
			       "--ends is not behind --begins");
	terms->expires_msecs = terms->ends_msecs +
			       (options->keep_msecs < 0 ? OPTIONS_KEEP_MSECS
							: options->keep_msecs);
	return 0;
}

int seckill_options_parse(int argc, char **argv,
			  struct seckill_options *options_r, struct err *err)
{
	struct seckill_options options = {
		.timeout_msecs = OPTIONS_TIMEOUT_MSECS,
		.terms = { 0, -1, -1, -1, -1 },
		.keep_msecs = -1,
	};
	int operand = 0;
	int ret = seckill_options_read(argc, argv, &options, &operand, err);

	if (ret != 0)
		return ret;
	argv += operand;
	argc -= operand;
	if (verb_find(&options, argv, argc, err) < 0 ||
	    verb_check(&options, err) < 0 ||
	    args_take(&options, argv, argc, err) < 0 ||
	    terms_check(&options, err) < 0)
		return -1;
	*options_r = options;
	return 0;
}
