/* A flash sale under load: users race for few items from several processes, and
   every sum is checked against what is in Redis. seckill_race.c is what each
   process does, seckill_sums.c the check. What it sells are orders like any
   other, so it has to be told the stream.

   usage: seckill --stream KEY [OPTION]... */

#include "config.h"

#include "bench/seckill_race.h"
#include "bench/seckill_sums.h"
#include "lib/base/arena.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/base/options.h"
#include "lib/redis/redis.h"
#include "lib/redis/reply.h"
#include "lib/settings/settings.h"
#include "producers/common/setup.h"
#include "producers/common/stop.h"
#include "producers/seckill/orderno.h"
#include "producers/seckill/seckill_terms.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#define BENCH_USERS_MAX 10000000
#define BENCH_PROCESSES_MAX 256
#define BENCH_TIMEOUT_MAX_MSECS (INT64_C(3650) * 24 * 3600 * 1000)
#define BENCH_AMOUNT_MAX (INT64_C(1) << 53)

/* What a shell makes of a death by signal. */
#define SIGNAL_EXIT_BASE 128

/* What the command line says; the strings are those of argv. */
struct bench_options {
	struct setup_choice choice;
	int64_t timeout_msecs;
	struct seckill_terms terms;
	int64_t users;
	int64_t processes;
};

struct bench {
	const struct bench_options *options;
	struct race race;
	struct race_tally total;
	char begin[SECKILL_ID_BYTES]; /* the last entry before; "": none */
	uint64_t sold;
	int64_t usecs;
	pid_t *pids;
};

/* The last entry of the stream, and then the terms. */
static int begin_ask(struct redis *redis, void *arg, struct err *err)
{
	struct bench *bench = arg;
	const struct settings *settings = bench->race.settings;
	struct arena *arena = arena_open(0);
	const struct reply *reply;
	struct text id;
	int64_t sold;

	if (arena == NULL)
		return err_set(err, ERR_RETRY, "out of memory");
	reply = redis_command(redis, arena, err, "XREVRANGE",
			      settings->stream_key, "+", "-", "COUNT", "1",
			      NULL);
	if (reply != NULL) {
		id = reply_text(reply_at(reply_at(reply, 0), 0));
		(void)snprintf(bench->begin, sizeof(bench->begin), "%.*s",
			       (int)id.length, id.data);
	}
	arena_close(&arena);
	if (reply == NULL)
		return -1;
	return seckill_load(redis, settings->stream_key, &settings->fields,
			    bench->race.voucher, &bench->options->terms, false,
			    &sold, err);
}

static int end_ask(struct redis *redis, void *arg, struct err *err)
{
	const struct bench *bench = arg;
	struct arena *arena = arena_open(0);
	struct seckill_keys keys;
	const struct reply *reply;

	if (arena == NULL)
		return err_set(err, ERR_RETRY, "out of memory");
	seckill_keys_make(bench->race.settings->stream_key, bench->race.voucher,
			  &keys);
	reply = redis_command(redis, arena, err, "DEL", keys.terms, keys.buyers,
			      keys.orders, NULL);
	arena_close(&arena);
	return reply == NULL ? -1 : 0;
}

static int ask(struct bench *bench, seckill_ask_fn *question, struct err *err)
{
	return seckill_ask(&bench->race.settings->redis,
			   bench->options->timeout_msecs, question, bench, err);
}

static void *memory_share(int64_t count, size_t bytes)
{
	void *memory = mmap(NULL, (size_t)count * bytes, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

static int bench_open(struct bench *bench, const struct settings *settings,
		      struct err *err)
{
	const struct bench_options *options = bench->options;
	struct race *race = &bench->race;
	struct orderno orderno;
	char number[ORDERNO_BYTES];

	orderno_begin(&orderno);
	(void)snprintf(race->voucher, sizeof(race->voucher), "bench-%s",
		       orderno_next(&orderno, number));
	race->settings = settings;
	race->user_count = options->users;
	race->process_count = options->processes;
	race->timeout_msecs = options->timeout_msecs;
	race->tallies =
		memory_share(race->process_count, sizeof(*race->tallies));
	race->users = memory_share(race->user_count, sizeof(*race->users));
	bench->pids = calloc((size_t)race->process_count, sizeof(pid_t));
	if (race->tallies == NULL || race->users == NULL || bench->pids == NULL)
		return err_set(err, ERR_RETRY, "out of memory");
	return ask(bench, begin_ask, err);
}

static void bench_close(struct bench *bench)
{
	struct race *race = &bench->race;

	if (race->tallies != NULL)
		(void)munmap(race->tallies, (size_t)race->process_count *
						    sizeof(*race->tallies));
	if (race->users != NULL)
		(void)munmap(race->users,
			     (size_t)race->user_count * sizeof(*race->users));
	free(bench->pids);
}

static int runners_start(struct bench *bench, int gate, struct err *err)
{
	const pid_t parent = getpid();

	for (int64_t n = 0; n < bench->race.process_count; n++) {
		bench->pids[n] = fork();
		if (bench->pids[n] < 0)
			return err_errno(err, ERR_RETRY, "fork");
		if (bench->pids[n] > 0)
			continue;
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)close(gate);
		_exit(getppid() == parent ? race_run(&bench->race, n)
					  : EX_TEMPFAIL);
	}
	return 0;
}

/* Wait for all that were started. Returns 0, or -1: one did not race. */
static int runners_wait(struct bench *bench, struct err *err)
{
	int ret = 0;

	for (int64_t n = 0; n < bench->race.process_count; n++) {
		int status = 0;

		if (bench->pids[n] > 0 &&
		    (waitpid(bench->pids[n], &status, 0) < 0 || status != 0))
			ret = err_set(err, ERR_RETRY,
				      "process %" PRId64 " of the race ended "
				      "with status %d",
				      n + 1, status);
	}
	return ret;
}

static int bench_race(struct bench *bench, struct err *err)
{
	int ends[2], started, ended;
	struct err late;
	int64_t begin;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_errno(err, ERR_RETRY, "pipe");
	bench->race.gate = ends[0];
	started = runners_start(bench, ends[1], err);
	begin = clock_usecs();
	/* Closing this end makes the other one readable, which opens the gate.
	 */
	(void)close(ends[1]);
	ended = runners_wait(bench, started < 0 ? &late : err);
	bench->usecs = clock_usecs() - begin;
	(void)close(ends[0]);
	return started < 0 ? -1 : ended;
}

static void tallies_add(struct bench *bench)
{
	struct race_tally *total = &bench->total;

	for (int64_t n = 0; n < bench->race.process_count; n++) {
		const struct race_tally *tally = &bench->race.tallies[n];

		total->accepted += tally->accepted;
		total->bought += tally->bought;
		total->sold_out += tally->sold_out;
		total->wrong += tally->wrong;
		total->failed += tally->failed;
		if (tally->failed > 0)
			memcpy(total->reason, tally->reason,
			       sizeof(total->reason));
	}
}

static int bench_check(struct bench *bench, struct err *err)
{
	tallies_add(bench);
	if (bench->total.failed > 0)
		return err_set(err, ERR_RETRY,
			       "%" PRIu64 " requests without a decision: %s",
			       bench->total.failed, bench->total.reason);
	return sums_check(&bench->race, &bench->total,
			  bench->options->terms.stock, bench->begin,
			  &bench->sold, err);
}

static void bench_print(const struct bench *bench)
{
	const double secs = (double)bench->usecs / 1e6;
	const int64_t requests = 2 * bench->race.user_count;

	(void)printf("{\"voucher\":\"%s\",\"users\":%" PRId64
		     ",\"items\":%" PRId64 ",\"processes\":%" PRId64
		     ",\"requests\":%" PRId64 ",\"sold\":%" PRIu64
		     ",\"already_bought\":%" PRIu64 ",\"sold_out\":%" PRIu64
		     ",\"seconds\":%.3f,\"per_second\":%.0f}\n",
		     bench->race.voucher, bench->race.user_count,
		     bench->options->terms.stock, bench->race.process_count,
		     requests, bench->sold, bench->total.bought,
		     bench->total.sold_out, secs, (double)requests / secs);
}

/* Returns 0, or -1 with ERR_REJECT: a sum is wrong. */
static int bench_run(struct bench *bench, const struct settings *settings,
		     struct err *err)
{
	if (bench_open(bench, settings, err) < 0 ||
	    bench_race(bench, err) < 0 || bench_check(bench, err) < 0)
		return -1;
	bench_print(bench);
	/* What is wrong stays to be looked at. */
	return ask(bench, end_ask, err);
}

static int bench_say(const char *what, const struct err *err, int status)
{
	(void)fprintf(stderr, "seckill: %s%s\n", what, err->text);
	return stop_signal() != 0 ? SIGNAL_EXIT_BASE + stop_signal() : status;
}

/* Returns the exit status. */
static int bench(const struct bench_options *options,
		 const struct settings *settings)
{
	struct bench bench = { .options = options };
	struct err err;
	int ret = bench_run(&bench, settings, &err);

	bench_close(&bench);
	if (ret == 0)
		return 0;
	return err.class == ERR_REJECT
		       ? bench_say("wrong sums: ", &err, EX_SOFTWARE)
		       : bench_say("", &err, err_exit_status(&err));
}

static int options_read(int argc, char **argv, struct bench_options *to,
			struct err *err)
{
	const struct options_row rows[] = {
		options_number(0, "users", "U",
			       "that many users, each twice (default 10000),",
			       &to->users, 1, BENCH_USERS_MAX),
		options_number(0, "items", "S",
			       "for that many items (default 500)",
			       &to->terms.stock, 0, SECKILL_STOCK_MAX),
		options_number(0, "processes", "P",
			       "from that many processes (default 8)",
			       &to->processes, 1, BENCH_PROCESSES_MAX),
		options_number(0, "amount", "N",
			       "amount of each order, in minor units",
			       &to->terms.amount, 0, BENCH_AMOUNT_MAX),
		options_text('c', "config", "FILE", "the configuration file",
			     &to->choice.conf),
		options_text(0, "redis", "URL",
			     "redis://HOST[:PORT][/DB] or unix:///PATH",
			     &to->choice.redis),
		options_text(0, "stream", "KEY",
			     "the stream, which has to be named",
			     &to->choice.stream),
		options_duration(0, "timeout", "TIME",
				 "how long to try again when Redis is away "
				 "(default 30s)",
				 &to->timeout_msecs, 0,
				 BENCH_TIMEOUT_MAX_MSECS),
		options_end(),
	};
	const struct options options = {
		"seckill", "usage: seckill --stream KEY [OPTION]...\n\n", NULL,
		rows, false
	};
	int operand = 0;
	int ret = options_parse(&options, argc, argv, &operand, err);

	if (ret == 0 && operand < argc)
		return err_set(err, ERR_REJECT, "%s: nothing may follow",
			       argv[operand]);
	/* Its orders are orders: a shop must not get them by default. */
	if (ret == 0 && to->choice.stream == NULL)
		return err_set(err, ERR_REJECT, "--stream is needed");
	return ret;
}

int main(int argc, char **argv)
{
	static struct settings settings;
	struct bench_options options = {
		.timeout_msecs = 30 * 1000,
		.terms = { 500, -1, -1, -1, -1 },
		.users = 10000,
		.processes = 8,
	};
	struct err err;
	int ret = options_read(argc, argv, &options, &err);

	if (ret < 0)
		return bench_say("", &err, EX_USAGE);
	if (ret > 0)
		return 0;
	if (setup_settings(&options.choice, &settings, &err) < 0)
		return bench_say("", &err, err_exit_status(&err));
	if (stop_open() < 0) {
		(void)err_errno(&err, ERR_RETRY, "signals");
		return bench_say("", &err, EX_TEMPFAIL);
	}
	return bench(&options, &settings);
}
