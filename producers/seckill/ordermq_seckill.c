/* ordermq-seckill: a flash sale, decided and published in one step. main()
   reads the command line and runs one verb; seckill_queue.c and seckill_terms.c
   talk with Redis, where seckill.lua decides. */

#include "config.h"

#include "lib/base/err.h"
#include "lib/base/when.h"
#include "lib/settings/settings.h"
#include "producers/common/stop.h"
#include "producers/seckill/orderno.h"
#include "producers/seckill/seckill_line.h"
#include "producers/seckill/seckill_options.h"
#include "producers/seckill/seckill_queue.h"
#include "producers/seckill/seckill_serve.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

/* At most that many requests are on the way to Redis. */
#define SERVE_QUEUE_SIZE 4096

static struct seckill_options options;
static struct settings settings;

/* Say why something cannot be done. Returns the exit status. */
static int failure(const struct err *err)
{
	seckill_say("%s", err->text);
	if (stop_signal() != 0)
		return seckill_signal_status();
	return err_exit_status(err);
}

/* A line that stdout does not take goes to stderr: it has the order number with
   which to ask again. */
static int seckill_print_line(const char *line)
{
	if (fputs(line, stdout) >= 0 && fflush(stdout) == 0)
		return 0;
	seckill_say("stdout did not take: %.*s", (int)strcspn(line, "\n"),
		    line);
	return EX_TEMPFAIL;
}

static int ask(seckill_ask_fn *question, void *arg, struct err *err)
{
	return seckill_ask(&settings.redis, options.timeout_msecs, question,
			   arg, err);
}

static int load_ask(struct redis *redis, void *sold_r, struct err *err)
{
	if (seckill_load(redis, settings.stream_key, &settings.fields,
			 options.request.voucher, &options.terms,
			 options.replace, sold_r, err) == 0)
		return 0;
	return err_wrap(err, "%s", options.request.voucher);
}

static int load_run(void)
{
	char line[SECKILL_LINE_BYTES];
	struct err err;
	char *out = line;
	int64_t sold;

	if (ask(load_ask, &sold, &err) < 0)
		return failure(&err);
	out += sprintf(out, "{\"voucher\":");
	out = seckill_line_quote(options.request.voucher, out);
	(void)sprintf(out,
		      ",\"stock\":%" PRId64 ",\"sold\":%" PRId64
		      ",\"left\":%" PRId64 "}\n",
		      options.terms.stock, sold, options.terms.stock - sold);
	return seckill_print_line(line);
}

static int status_ask(struct redis *redis, void *standing_r, struct err *err)
{
	if (seckill_status(redis, settings.stream_key, options.request.voucher,
			   standing_r, err) == 0)
		return 0;
	return err_wrap(err, "%s", options.request.voucher);
}

static const char *state_name(const struct seckill_standing *standing)
{
	const struct seckill_terms *terms = &standing->terms;

	if (terms->begins_msecs > standing->now_msecs)
		return "before";
	if (terms->ends_msecs >= 0 && terms->ends_msecs <= standing->now_msecs)
		return "after";
	return standing->left == 0 ? "sold out" : "open";
}

/* ,"name":"moment" unless there is none. */
static char *moment_put(char *out, const char *name, int64_t msecs)
{
	char moment[WHEN_TEXT_BYTES];

	if (msecs < 0 || msecs > WHEN_MSECS_MAX)
		return out;
	return out +
	       sprintf(out, ",\"%s\":\"%s\"", name, when_format(msecs, moment));
}

static int status_run(void)
{
	struct seckill_standing standing;
	const struct seckill_terms *terms = &standing.terms;
	char line[SECKILL_LINE_BYTES];
	struct err err;
	char *out = line;
	int status;

	if (ask(status_ask, &standing, &err) < 0)
		return failure(&err);
	out += sprintf(out, "{\"voucher\":");
	out = seckill_line_quote(options.request.voucher, out);
	out += sprintf(out,
		       ",\"state\":\"%s\",\"stock\":%" PRId64
		       ",\"sold\":%" PRId64 ",\"left\":%" PRId64,
		       state_name(&standing), terms->stock, standing.sold,
		       standing.left);
	if (terms->amount >= 0)
		out += sprintf(out, ",\"amount\":%" PRId64, terms->amount);
	out = moment_put(out, "begins", terms->begins_msecs);
	out = moment_put(out, "ends", terms->ends_msecs);
	out = moment_put(out, "forgotten", terms->expires_msecs);
	(void)sprintf(out, "}\n");
	status = seckill_print_line(line);
	if (standing.sold + standing.left == terms->stock)
		return status;
	seckill_say("%s: sold and left are not the stock",
		    options.request.voucher);
	return EX_DATAERR;
}

static struct seckill_queue *seckill_queue_make(size_t size, struct err *err)
{
	const struct seckill_queue_settings set = {
		.redis = &settings.redis,
		.stream = settings.stream_key,
		.size = size,
		.timeout_msecs = options.timeout_msecs,
		.wake_fd = stop_fd(),
	};

	return seckill_queue_open(&set, err);
}

static int buy_failed(const struct seckill_queue_entry *entry)
{
	seckill_say("%s", entry->state == SECKILL_QUEUE_FAILED
				  ? entry->reason
				  : "the order number is another user's");
	if (entry->in_doubt)
		seckill_say("in doubt: sent, but not answered; order number %s "
			    "asks for the same again",
			    entry->request.orderno);
	if (stop_signal() != 0)
		return seckill_signal_status();
	if (entry->state != SECKILL_QUEUE_FAILED)
		return EX_DATAERR;
	return entry->is_fatal ? EX_CONFIG : EX_TEMPFAIL;
}

static int buy_at(struct seckill_queue *queue)
{
	struct seckill_queue_entry *put = seckill_queue_put(queue);
	const struct seckill_queue_entry *entry;
	char line[SECKILL_LINE_BYTES];
	struct orderno orderno;
	char number[ORDERNO_BYTES];

	put->request = options.request;
	if (put->request.orderno[0] == '\0') {
		orderno_begin(&orderno);
		(void)snprintf(put->request.orderno,
			       sizeof(put->request.orderno), "%s",
			       orderno_next(&orderno, number));
	}
	seckill_queue_await(queue);
	entry = seckill_queue_take(queue);
	if (entry->state == SECKILL_QUEUE_FAILED ||
	    entry->decision.result == SECKILL_TAKEN)
		return buy_failed(entry);
	line[seckill_line_write(entry, line)] = '\0';
	return seckill_print_line(line);
}

static int seckill_queue_run(size_t size,
			     int (*run)(struct seckill_queue *queue))
{
	struct err err;
	struct seckill_queue *queue = seckill_queue_make(size, &err);
	int status;

	if (queue == NULL)
		return failure(&err);
	status = run(queue);
	seckill_queue_close(&queue);
	return status;
}

static int serve_at(struct seckill_queue *queue)
{
	return seckill_serve(queue, options.listen);
}

static int verb_run(void)
{
	switch (options.verb) {
	case SECKILL_LOAD:
		return load_run();
	case SECKILL_BUY:
		return seckill_queue_run(1, buy_at);
	case SECKILL_STATUS:
		return status_run();
	case SECKILL_SERVE:
		return seckill_queue_run(SERVE_QUEUE_SIZE, serve_at);
	case SECKILL_VERB_COUNT:
		break;
	}
	return EX_SOFTWARE;
}

int main(int argc, char **argv)
{
	struct err err;
	int ret;

	setup_standard_fds();
	ret = seckill_options_parse(argc, argv, &options, &err);
	if (ret < 0) {
		seckill_say("%s (--help tells more)", err.text);
		return EX_USAGE;
	}
	if (ret > 0)
		return 0;
	if (setup_settings(&options.choice, &settings, &err) < 0) {
		seckill_say("%s", err.text);
		return err.class == ERR_REJECT ? EX_USAGE
					       : err_exit_status(&err);
	}
	if (stop_open() < 0) {
		seckill_say("signals: %s", strerror(errno));
		return EX_TEMPFAIL;
	}
	return verb_run();
}
