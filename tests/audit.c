/* Compare all that the groups points, push and trial have left behind with what
   the stream says they must have: see audit_expected.h.

   usage: audit CONFIGURATION ORDERS [PUSH-LOG...]

   ORDERS is how many different orders were accepted. Prints a line for each
   kind of damage, with its count, and ends with 1 when there is any. What may
   be is counted and no damage: duplicate-push, and recounted, which a group
   that was destroyed leaves in its books; it may also dead-letter once more. */

#include "config.h"

#include "lib/base/arena.h"
#include "lib/settings/conf.h"
#include "lib/base/err.h"
#include "lib/stream/keys.h"
#include "lib/redis/redis.h"
#include "lib/redis/reply.h"
#include "lib/settings/settings.h"
#include "tests/audit_expected.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_BYTES (1024 * 1024)
#define EXAMPLES_MAX 5

enum finding {
	LOST_ORDER,
	OVER_AWARD,
	UNDER_AWARD,
	LEDGER,
	LOST_PUSH,
	STRANGE_PUSH,
	TORN_LINE,
	UNLETTERED,
	LETTERED_TWICE,
	STRANGE_LETTER,
	PENDING,
	UNREAD,
	BOOKS,
	TRIES,
	DUPLICATE_PUSH, /* from here on: no damage */
	RECOUNTED,
	FINDINGS,
};

static const char *const names[FINDINGS] = {
	[LOST_ORDER] = "lost-order",
	[OVER_AWARD] = "over-award",
	[UNDER_AWARD] = "under-award",
	[LEDGER] = "ledger",
	[LOST_PUSH] = "lost-push",
	[STRANGE_PUSH] = "strange-push",
	[TORN_LINE] = "torn-line",
	[UNLETTERED] = "unlettered",
	[LETTERED_TWICE] = "lettered-twice",
	[STRANGE_LETTER] = "strange-letter",
	[PENDING] = "pending",
	[UNREAD] = "unread",
	[BOOKS] = "books",
	[TRIES] = "tries",
	[DUPLICATE_PUSH] = "duplicate-push",
	[RECOUNTED] = "recounted",
};

struct audit {
	struct settings settings;
	struct redis *redis;
	struct arena *arena;
	struct expected expected;
	json_t *destroyed; /* groups that began anew: group: true */
	int64_t counts[FINDINGS];
};

static void die(const char *what)
{
	fprintf(stderr, "audit: %s\n", what);
	exit(2);
}

/* Count it, and show the first few of each kind. */
static void find(struct audit *audit, enum finding finding, int64_t count,
		 const char *format, ...) __attribute__((format(printf, 4, 5)));
static void find(struct audit *audit, enum finding finding, int64_t count,
		 const char *format, ...)
{
	static int shown[FINDINGS];
	va_list args;

	if (count == 0)
		return;
	audit->counts[finding] += count;
	if (finding >= DUPLICATE_PUSH || shown[finding]++ >= EXAMPLES_MAX)
		return;
	va_start(args, format);
	fprintf(stderr, "%s: ", names[finding]);
	vfprintf(stderr, format, args);
	fprintf(stderr, "\n");
	va_end(args);
}

static const struct reply *ask(struct audit *audit, const char *command,
			       const char *key, const char *more)
{
	const struct reply *reply;
	struct err err;

	arena_reset(audit->arena);
	reply = redis_command(audit->redis, audit->arena, &err, command, key,
			      more, strcmp(command, "XRANGE") == 0 ? "+" : NULL,
			      NULL);
	if (reply == NULL)
		die(err.text);
	return reply;
}

static const struct reply *hash_of(struct audit *audit, const char *group,
				   const char *what)
{
	char key[KEYS_BYTES];

	return ask(audit, "HGETALL",
		   keys_of_group(audit->settings.stream_key, group, what, key),
		   NULL);
}

static void check_balances(struct audit *audit)
{
	const struct reply *found = hash_of(audit, "points", "balance");
	json_t *left = json_copy(audit->expected.balances);
	const char *account;
	json_t *wanted;

	for (size_t i = 0; i + 1 < reply_count(found); i += 2) {
		int64_t has = reply_integer(reply_at(found, i + 1), 0);
		int64_t should;

		account = reply_text(reply_at(found, i)).data;
		should = json_integer_value(json_object_get(left, account));
		(void)json_object_del(left, account);
		if (has != should)
			find(audit, has > should ? OVER_AWARD : UNDER_AWARD, 1,
			     "account %s has %lld, not %lld", account,
			     (long long)has, (long long)should);
	}
	json_object_foreach(left, account, wanted)
		find(audit, UNDER_AWARD, json_integer_value(wanted) != 0,
		     "account %s has nothing", account);
	json_decref(left);
}

/* Returns how many events it has. */
static int64_t check_ledger(struct audit *audit)
{
	const struct reply *found = hash_of(audit, "points", "ledger");
	size_t count = reply_count(found) / 2;
	size_t good = 0;

	for (size_t i = 0; i < count; i++) {
		const char *key = reply_text(reply_at(found, 2 * i)).data;
		const char *row = reply_text(reply_at(found, 2 * i + 1)).data;
		const char *wanted = json_string_value(
			json_object_get(audit->expected.events, key));

		if (wanted != NULL && strncmp(row, wanted, strlen(wanted)) == 0)
			good++;
		else
			find(audit, LEDGER, 1, "event %s is wrong: %s", key,
			     row);
	}
	find(audit, LEDGER,
	     (int64_t)(json_object_size(audit->expected.events) - good),
	     "%zu of %zu events are there", good,
	     json_object_size(audit->expected.events));
	return (int64_t)count;
}

/* Each entry is in one book. */
static void check_books(struct audit *audit, const char *group)
{
	const struct reply *books = hash_of(audit, group, "books");
	int64_t missing = (int64_t)audit->expected.entry_count;

	for (size_t i = 1; i < reply_count(books); i += 2)
		missing -= reply_integer(reply_at(books, i), 0);
	find(audit, BOOKS, missing > 0 ? missing : 0,
	     "%s: %lld entries are in no book", group, (long long)missing);
	find(audit, RECOUNTED, missing < 0 ? -missing : 0, "%s", group);
	if (missing < 0)
		(void)json_object_set_new(audit->destroyed, group, json_true());
}

static void check_applied(struct audit *audit, int64_t events)
{
	const struct reply *books = hash_of(audit, "points", "books");
	int64_t applied = reply_integer(reply_field(books, "applied"), 0);

	find(audit, BOOKS, applied != events,
	     "points: %lld applied, %lld events in the ledger",
	     (long long)applied, (long long)events);
}

/* Redis' own "lag" is wrong after a restart, now and then. */
static void check_unread(struct audit *audit, const char *group,
			 const char *last_id)
{
	char after[64];

	(void)snprintf(after, sizeof(after), "(%s", last_id);
	find(audit, UNREAD,
	     (int64_t)reply_count(
		     ask(audit, "XRANGE", audit->settings.stream_key, after)),
	     "%s", group);
}

static void check_group(struct audit *audit, const char *group)
{
	char last_id[64] = "0";
	const struct reply *groups =
		ask(audit, "XINFO", "GROUPS", audit->settings.stream_key);
	const struct reply *tries;

	for (size_t i = 0; i < reply_count(groups); i++) {
		const struct reply *info = reply_at(groups, i);

		if (!text_is(reply_text(reply_field(info, "name")), group))
			continue;
		find(audit, PENDING,
		     reply_integer(reply_field(info, "pending"), 0), "%s",
		     group);
		(void)snprintf(
			last_id, sizeof(last_id), "%s",
			reply_text(reply_field(info, "last-delivered-id"))
				.data);
	}
	check_unread(audit, group, last_id);
	tries = hash_of(audit, group, "tries");
	find(audit, TRIES, (int64_t)reply_count(tries) / 2, "%s: %s", group,
	     reply_text(reply_at(tries, 0)).data);
	check_books(audit, group);
}

/* The last death is told. Where an order crashes its handler, and somebody
   kills instances besides, that may be such a kill. */
static bool reason_fits(const char *told, const char *expected)
{
	return strstr(told, expected) != NULL ||
	       (strncmp(expected, "signal ", 7) == 0 &&
		strstr(told, "was killed") != NULL);
}

/* A letter that is not, or no longer, expected. */
static void find_letter(struct audit *audit, const char *group, const char *key,
			const char *told)
{
	if (json_object_get(audit->expected.letters, key) == NULL)
		find(audit, STRANGE_LETTER, 1, "%s: %s", key, told);
	else if (json_object_get(audit->destroyed, group) == NULL)
		find(audit, LETTERED_TWICE, 1, "%s: %s", key, told);
}

static void check_letters(struct audit *audit)
{
	json_t *left = json_copy(audit->expected.letters);
	char key[KEYS_BYTES + sizeof("{}:dead")];
	const struct reply *letters;
	const char *name;
	json_t *reason;

	(void)snprintf(key, sizeof(key), "{%s}:dead",
		       audit->settings.stream_key);
	letters = ask(audit, "XRANGE", key, "-");
	for (size_t i = 0; i < reply_count(letters); i++) {
		const struct reply *letter = reply_at(reply_at(letters, i), 1);
		const char *told =
			reply_text(reply_field(letter, "reason")).data;
		const char *group =
			reply_text(reply_field(letter, "group")).data;

		(void)snprintf(key, sizeof(key), "%s %s", group,
			       reply_text(reply_field(letter, "id")).data);
		reason = json_object_get(left, key);
		if (reason == NULL)
			find_letter(audit, group, key, told);
		else if (!reason_fits(told, json_string_value(reason)))
			find(audit, STRANGE_LETTER, 1, "%s: %s, not: %s", key,
			     told, json_string_value(reason));
		(void)json_object_del(left, key);
	}
	json_object_foreach(left, name, reason)
		find(audit, UNLETTERED, 1, "%s", name);
	json_decref(left);
}

static void check_push_line(struct audit *audit, json_t *seen, const char *line)
{
	json_t *json = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
	const char *key = json_string_value(json_object_get(json, "key"));

	if (key == NULL)
		find(audit, TORN_LINE, 1, "%s", line);
	else if (json_object_get(audit->expected.pushes, key) == NULL)
		find(audit, STRANGE_PUSH, 1, "%s", key);
	else if (json_object_get(seen, key) != NULL)
		find(audit, DUPLICATE_PUSH, 1, "%s", key);
	else
		(void)json_object_set_new(seen, key, json_true());
	json_decref(json);
}

static void check_pushes(struct audit *audit, char *const *paths, int count)
{
	json_t *seen = json_object();
	char *line = NULL;
	const char *key;
	size_t size = 0;
	json_t *wanted;

	for (int i = 0; i < count; i++) {
		FILE *file = fopen(paths[i], "re");

		while (file != NULL && getline(&line, &size, file) > 0)
			check_push_line(audit, seen, line);
		if (file != NULL)
			(void)fclose(file);
	}
	json_object_foreach(audit->expected.pushes, key, wanted)
		find(audit, LOST_PUSH, json_object_get(seen, key) == NULL, "%s",
		     key);
	free(line);
	json_decref(seen);
}

static void check_all(struct audit *audit, int64_t orders, char *const *paths,
		      int path_count)
{
	expected_read(&audit->settings, audit->redis, audit->arena,
		      &audit->expected);
	find(audit, LOST_ORDER,
	     orders - (int64_t)json_object_size(audit->expected.orders),
	     "%zu of %lld are in the stream",
	     json_object_size(audit->expected.orders), (long long)orders);
	for (int64_t i = 0; i < audit->settings.group_count; i++) {
		const char *name = audit->settings.groups[i].name;

		check_group(audit, name);
		if (strcmp(name, "points") == 0) {
			check_balances(audit);
			check_applied(audit, check_ledger(audit));
		} else if (strcmp(name, "push") == 0) {
			check_pushes(audit, paths, path_count);
		}
	}
	check_letters(audit);
}

static int report(const struct audit *audit)
{
	bool damaged = false;

	printf("entries %zu\n", audit->expected.entry_count);
	for (enum finding i = 0; i < FINDINGS; i++) {
		printf("%s %lld\n", names[i], (long long)audit->counts[i]);
		damaged = damaged ||
			  (i < DUPLICATE_PUSH && audit->counts[i] != 0);
	}
	return damaged ? 1 : 0;
}

int main(int argc, char **argv)
{
	static struct audit audit;
	struct err err;
	int status;

	if (argc < 3)
		die("usage: audit CONFIGURATION ORDERS [PUSH-LOG...]");
	audit.arena = arena_open(ARENA_BYTES);
	audit.destroyed = json_object();
	if (audit.arena == NULL)
		die("out of memory");
	if (conf_load(argv[1], NULL, &audit.settings, &err) < 0 ||
	    redis_open(&audit.settings.redis, -1, &audit.redis, &err) < 0)
		die(err.text);
	check_all(&audit, atoll(argv[2]), argv + 3, argc - 3);
	status = report(&audit);
	json_decref(audit.destroyed);
	expected_close(&audit.expected);
	redis_close(&audit.redis);
	arena_close(&audit.arena);
	return status;
}
