/* The bare worker: one round trip a batch with the commands that ordermq sends,
   and nothing around them. It believes every answer, retries nothing, and knows
   neither bad entries nor a second connection. */

#include "config.h"

#include "bench/bare.h"
#include "bench/latency.h"
#include "bench/wire.h"
#include "consumers/ledger.h"
#include "lib/base/clock.h"
#include "lib/redis/command.h"

#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdalign.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WORK_BATCH_MAX 1024
#define WORK_BLOCK_MSECS 3000
#define WORK_KEY_BYTES 256
#define WORK_LINE_BYTES 256
#define WORK_EVENT_BYTES 1024
#define WORK_WORDS_MAX (8 * WORK_BATCH_MAX + 8)

/* As ordermq takes a lease; nobody contests this one. */
#define WORK_TOKEN "bare 1"

/* A script that ordermq sends; the other one is in consumers/ledger.c. */
static const char settle_lua[] =
#include "lib/scripts/fence.inc"
#include "lib/scripts/settle.inc"
	;

/* The least that credits an entry once: no ledger, no fence, no checks. */
static const char xack_hincrby_lua[] =
	"local count = 0\n"
	"for n = 2, #ARGV, 3 do\n"
	"  if redis.call('XACK', KEYS[1], ARGV[1], ARGV[n]) == 1 then\n"
	"    redis.call('HINCRBY', KEYS[2], ARGV[n + 1], ARGV[n + 2])\n"
	"    count = count + 1\n"
	"  end\n"
	"end\n"
	"return count\n";

struct entry {
	struct piece id, orderno, account, amount;
	int64_t due_usecs;
};

struct work {
	const struct bare *set;
	struct wire wire;
	const struct effect *effect;
	char digest[41];
	int log_fd;
	struct latency *latency;
	struct entry entries[WORK_BATCH_MAX];
	size_t count;
	struct command command;
};

struct effect {
	const char *name;
	const char *script; /* NULL: a plain command */
	void (*send)(struct work *work);
};

static const struct text rule = { "1/100+0", 7 };

static struct text text_of_piece(struct piece piece)
{
	return (struct text){ piece.data, piece.length };
}

static uint64_t number_of(struct piece piece)
{
	uint64_t number = 0;

	for (size_t i = 0; i < piece.length; i++)
		number = number * 10 + (uint64_t)(piece.data[i] - '0');
	return number;
}

static void put_key(struct work *work, const char *what)
{
	char key[WORK_KEY_BYTES];

	(void)snprintf(key, sizeof(key), "{%s}:%s:%s", BARE_STREAM,
		       work->set->group, what);
	wire_word(&work->wire, key);
}

/* EVALSHA with the keys and arguments that begin every settling script: 10
   words and the more keys. */
static void put_script(struct work *work, uint64_t words, uint64_t keys)
{
	struct wire *wire = &work->wire;

	wire_command(wire, words);
	wire_word(wire, "EVALSHA");
	wire_bytes(wire, work->digest, strlen(work->digest));
	wire_number(wire, keys);
	wire_word(wire, BARE_STREAM);
	put_key(work, "owners");
	put_key(work, "books");
	put_key(work, "tries");
	if (keys > 4) {
		put_key(work, "ledger");
		put_key(work, "balance");
	}
	wire_word(wire, work->set->group);
	wire_word(wire, work->set->consumer);
	wire_word(wire, WORK_TOKEN);
}

/* The arguments are those of ordermq, put together by it, too. */
static void send_ledger(struct work *work)
{
	static struct ledger ledger;
	static alignas(
		max_align_t) char memory[WORK_BATCH_MAX][WORK_EVENT_BYTES];

	ledger_clear(&ledger);
	command_begin(&work->command, "");
	for (size_t i = 0; i < work->count; i++) {
		const struct entry *entry = &work->entries[i];
		struct ledger_event *event = (void *)memory[i];
		struct order order = {
			.orderno = text_of_piece(entry->orderno),
			.userid = text_of_piece(entry->account),
			.amount = (int64_t)number_of(entry->amount),
		};
		struct text id = text_of_piece(entry->id);

		if (ledger_event_bytes(&order, id, rule) > WORK_EVENT_BYTES)
			errx(1, "an entry that is not of this benchmark");
		ledger_event_set(event, &order, id, order.amount / 100, rule);
		if (ledger_add(&ledger, event) < 0)
			errx(1, "an order that is there twice");
	}
	ledger_write(&ledger, clock_wall_msecs(), &work->command);
	put_script(work, 11 + work->command.count, 6);
	for (size_t i = 1; i < work->command.count; i++)
		wire_bytes(&work->wire, work->command.words[i].data,
			   work->command.words[i].length);
}

static void send_settle(struct work *work)
{
	struct wire *wire = &work->wire;

	put_script(work, 12 + work->count, 4);
	wire_word(wire, "applied");
	wire_number(wire, work->count);
	for (size_t i = 0; i < work->count; i++)
		wire_piece(wire, work->entries[i].id);
}

static void send_xack_hincrby(struct work *work)
{
	struct wire *wire = &work->wire;

	wire_command(wire, 6 + 3 * work->count);
	wire_word(wire, "EVALSHA");
	wire_bytes(wire, work->digest, strlen(work->digest));
	wire_number(wire, 2);
	wire_word(wire, BARE_STREAM);
	put_key(work, "balance");
	wire_word(wire, work->set->group);
	for (size_t i = 0; i < work->count; i++) {
		wire_piece(wire, work->entries[i].id);
		wire_piece(wire, work->entries[i].account);
		wire_number(wire, number_of(work->entries[i].amount) / 100);
	}
}

static void send_xack(struct work *work)
{
	struct wire *wire = &work->wire;

	wire_command(wire, 3 + work->count);
	wire_word(wire, "XACK");
	wire_word(wire, BARE_STREAM);
	wire_word(wire, work->set->group);
	for (size_t i = 0; i < work->count; i++)
		wire_piece(wire, work->entries[i].id);
}

static const struct effect effects[] = {
	{ "ledger", ledger_script, send_ledger },
	{ "settle", settle_lua, send_settle },
	{ "xack-hincrby", xack_hincrby_lua, send_xack_hincrby },
	{ "xack", NULL, send_xack },
};

static void send_read(struct work *work)
{
	struct wire *wire = &work->wire;

	wire_command(wire, 11);
	wire_word(wire, "XREADGROUP");
	wire_word(wire, "GROUP");
	wire_word(wire, work->set->group);
	wire_word(wire, work->set->consumer);
	wire_word(wire, "COUNT");
	wire_number(wire, work->set->batch);
	wire_word(wire, "BLOCK");
	wire_number(wire, WORK_BLOCK_MSECS);
	wire_word(wire, "STREAMS");
	wire_word(wire, BARE_STREAM);
	wire_word(wire, ">");
}

/* The fields are in the order of bench/sample.h. */
static void entry_take(struct wire *wire, struct entry *entry)
{
	int64_t words;

	(void)wire_head(wire, &words);
	entry->id = wire_string(wire);
	(void)wire_head(wire, &words);
	if (words != 10)
		errx(1, "an entry that is not of this benchmark");
	(void)wire_string(wire);
	entry->orderno = wire_string(wire);
	(void)wire_string(wire);
	entry->account = wire_string(wire);
	(void)wire_string(wire);
	entry->amount = wire_string(wire);
	(void)wire_string(wire);
	(void)wire_string(wire);
	(void)wire_string(wire);
	entry->due_usecs = (int64_t)number_of(wire_string(wire));
}

static void entries_take(struct work *work)
{
	struct wire *wire = &work->wire;
	int64_t count;

	work->count = 0;
	wire_forget(wire);
	(void)wire_head(wire, &count);
	if (count < 0)
		return;
	(void)wire_head(wire, &count);
	(void)wire_string(wire);
	(void)wire_head(wire, &count);
	if (count > WORK_BATCH_MAX)
		errx(1, "more entries than asked for");
	for (int64_t i = 0; i < count; i++)
		entry_take(wire, &work->entries[work->count++]);
}

/* One write for the whole batch, as push does. */
static void log_write(struct work *work)
{
	static char buf[WORK_BATCH_MAX * WORK_LINE_BYTES];
	size_t used = 0;

	for (size_t i = 0; i < work->count; i++) {
		const struct entry *entry = &work->entries[i];

		used += (size_t)snprintf(
			buf + used, sizeof(buf) - used,
			"{\"key\":\"%.*s:paid\",\"id\":\"%.*s\","
			"\"account\":\"%.*s\"}\n",
			(int)entry->orderno.length, entry->orderno.data,
			(int)entry->id.length, entry->id.data,
			(int)entry->account.length, entry->account.data);
	}
	if (write(work->log_fd, buf, used) != (ssize_t)used)
		err(1, "%s", work->set->log);
}

static void answer_take(struct work *work)
{
	int64_t now;

	wire_skip(&work->wire);
	if (work->latency == NULL)
		return;
	now = clock_usecs();
	for (size_t i = 0; i < work->count; i++)
		latency_add(work->latency, now - work->entries[i].due_usecs);
}

static void script_load(struct work *work)
{
	struct piece digest;

	if (work->effect->script == NULL)
		return;
	wire_command(&work->wire, 3);
	wire_word(&work->wire, "SCRIPT");
	wire_word(&work->wire, "LOAD");
	wire_word(&work->wire, work->effect->script);
	wire_flush(&work->wire);
	digest = wire_string(&work->wire);
	(void)snprintf(work->digest, sizeof(work->digest), "%.*s",
		       (int)digest.length, digest.data);
}

/* The scripts of ordermq look into the lease. */
static void lease_take(struct work *work)
{
	wire_command(&work->wire, 4);
	wire_word(&work->wire, "HSET");
	put_key(work, "owners");
	wire_word(&work->wire, work->set->consumer);
	wire_word(&work->wire, WORK_TOKEN " 9999999999999 bare");
	wire_flush(&work->wire);
	wire_skip(&work->wire);
}

static void work_open(struct work *work, const struct bare *set)
{
	work->set = set;
	work->log_fd = -1;
	for (size_t i = 0; i < sizeof(effects) / sizeof(effects[0]); i++) {
		if (strcmp(effects[i].name, set->effect) == 0)
			work->effect = &effects[i];
	}
	if (work->effect == NULL || set->batch > WORK_BATCH_MAX)
		errx(64, "--effect %s --batch %" PRIu64 ": unknown",
		     set->effect, set->batch);
	if (set->log != NULL) {
		work->log_fd =
			open(set->log,
			     O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
		if (work->log_fd < 0)
			err(1, "%s", set->log);
	}
	if (set->latency != NULL)
		work->latency = latency_open(set->latency);
	if (command_open(&work->command, WORK_WORDS_MAX) < 0)
		errx(1, "out of memory");
	wire_open(&work->wire, set->redis);
	script_load(work);
	lease_take(work);
}

void bare_work(const struct bare *bare)
{
	static struct work work;

	work_open(&work, bare);
	for (;;) {
		send_read(&work);
		wire_flush(&work.wire);
		if (work.count > 0)
			answer_take(&work);
		entries_take(&work);
		if (work.count == 0)
			continue;
		if (work.log_fd >= 0)
			log_write(&work);
		work.effect->send(&work);
	}
}
