/* Asks Redis for what may be wrong: the keeper and ordermqctl call it,
   finding_make.c judges the answer. */
#include "config.h"

#include "supervisor/keeper/finding_look.h"

#include "lib/base/arena.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/base/num.h"
#include "lib/redis/command.h"
#include "lib/redis/redis.h"
#include "lib/redis/reply.h"
#include "lib/settings/settings.h"
#include "lib/stream/keys.h"
#include "supervisor/keeper/info.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A group that is not configured is silent when nobody has read it for this
   time. */
#define SILENT_MSECS 600000

static const char *const key_names[] = {
	"books", "start",    "owners", "tries",
	"dead",  "accepted", "paused", "ledger"
};

#define KEYS_EACH (sizeof(key_names) / sizeof(key_names[0]))
#define WORDS_MAX (8 + SETTINGS_GROUPS_MAX * (KEYS_EACH + 1))

static const char look_lua[] =
#include "supervisor/keeper/redis_numbers.inc"
#include "supervisor/keeper/finding_look.inc"
	;

/* ---- the question ---- */

struct question {
	struct command command;
	char keys[SETTINGS_GROUPS_MAX][KEYS_EACH][KEYS_BYTES];
};

static int64_t groups_count(const struct settings *settings)
{
	int64_t count = 0;

	for (int64_t i = 0; i < settings->group_count; i++)
		count += !settings_is_groupless(&settings->groups[i]);
	return count;
}

static void question_put(struct question *question,
			 const struct settings *settings, const char *stream)
{
	struct command *command = &question->command;
	int64_t count = groups_count(settings);

	command_begin(command, "EVAL_RO");
	command_word(command, look_lua);
	command_number(command, 1 + count * (int64_t)KEYS_EACH);
	command_word(command, stream);
	for (int64_t i = 0; i < settings->group_count; i++) {
		const struct settings_group *group = &settings->groups[i];

		for (size_t j = 0;
		     j < KEYS_EACH && !settings_is_groupless(group); j++)
			command_word(command,
				     keys_of_group(stream, group->name,
						   key_names[j],
						   question->keys[i][j]));
	}
	command_number(command, SILENT_MSECS);
	for (int64_t i = 0; i < settings->group_count; i++) {
		if (!settings_is_groupless(&settings->groups[i]))
			command_word(command, settings->groups[i].name);
	}
}

/* ---- the answer ---- */

static int64_t number_of(const struct reply *fields, const char *name,
			 int64_t fallback)
{
	return reply_integer(reply_field(fields, name), fallback);
}

static void text_take(const struct reply *reply, char *buf, size_t bytes)
{
	(void)text_show(reply_text(reply), buf, bytes);
}

/* The count of a book, less the part that an operator has accepted. */
static int64_t loss_of(const struct reply *books, const struct reply *accepted,
		       const char *name)
{
	int64_t count =
		number_of(books, name, 0) - number_of(accepted, name, 0);

	return count < 0 ? 0 : count;
}

static void books_take(const struct reply *fields, struct finding_group *group)
{
	const struct reply *books = reply_field(fields, "books");
	const struct reply *accepted = reply_field(fields, "accepted");

	static const char *const not_settled[] = { "lost", "dropped", "skipped",
						   "replayed" };

	group->lost = loss_of(books, accepted, "lost");
	group->dropped = loss_of(books, accepted, "dropped");
	group->skipped = loss_of(books, accepted, "skipped");
	group->other = number_of(books, "other", 0);
	for (size_t i = 1; i < reply_count(books); i += 2)
		group->handled += reply_integer(reply_at(books, i), 0);
	for (size_t i = 0; i < sizeof(not_settled) / sizeof(not_settled[0]);
	     i++)
		group->handled -= number_of(books, not_settled[i], 0);
}

static void start_take(const struct reply *start, struct finding_group *group)
{
	group->start_secs = number_of(start, "time", -1);
	group->start_due = number_of(start, "due", -1);
	group->start_settled = number_of(start, "settled", -1);
}

static void pause_take(const struct reply *paused, struct pause *pause)
{
	pause->msecs = number_of(paused, "when", 0);
	text_take(reply_field(paused, "who"), pause->who, sizeof(pause->who));
	text_take(reply_field(paused, "why"), pause->why, sizeof(pause->why));
}

/* attempts, crashes, kills, first, due, failure: see tries.lua. */
static void tries_take(struct text noted, struct finding_group *group)
{
	int64_t attempts, crashes, kills;
	int at = 0;

	if (noted.length == 0 ||
	    sscanf(noted.data,
		   "%" SCNd64 "\t%" SCNd64 "\t%" SCNd64 "\t%" SCNd64
		   "\t%*d\t%n",
		   &attempts, &crashes, &kills, &group->first_msecs, &at) < 4 ||
	    at == 0)
		return;
	group->first_attempts = attempts + crashes + kills;
	(void)text_show(
		(struct text){ noted.data + at, noted.length - (size_t)at },
		group->first_reason, sizeof(group->first_reason));
}

static void first_take(const struct reply *first, struct finding_group *group)
{
	text_take(reply_at(first, 0), group->first_id, sizeof(group->first_id));
	text_take(reply_at(first, 1), group->first_consumer,
		  sizeof(group->first_consumer));
	group->first_idle_msecs = reply_integer(reply_at(first, 2), -1);
	tries_take(reply_text(reply_at(first, 3)), group);
}

static void names_take(const struct reply *names, char *buf, size_t bytes)
{
	size_t used = 0;

	for (size_t i = 0; i < reply_count(names) && used + 3 < bytes; i++) {
		if (i > 0)
			used += (size_t)snprintf(buf + used, bytes - used,
						 ", ");
		text_take(reply_at(names, i), buf + used, bytes - used);
		used += strlen(buf + used);
	}
}

static void group_take(const struct reply *fields, struct finding_group *group)
{
	text_take(reply_field(fields, "name"), group->name,
		  sizeof(group->name));
	books_take(fields, group);
	start_take(reply_field(fields, "start"), group);
	pause_take(reply_field(fields, "paused"), &group->pause);
	first_take(reply_field(fields, "first"), group);
	names_take(reply_field(fields, "names"), group->strangers,
		   sizeof(group->strangers));
	group->is_there = reply_field(fields, "last")->type != REPLY_NIL;
	group->is_beyond = number_of(fields, "beyond", 0) == 1;
	group->lag = number_of(fields, "lag", -1);
	group->pending = number_of(fields, "pending", -1);
	group->held = number_of(fields, "held", -1);
	group->stranger_count = number_of(fields, "strangers", 0);
	group->letters = number_of(fields, "letters", -1);
	group->letters_fresh = number_of(fields, "fresh", -1);
	group->tries = number_of(fields, "tries", -1);
	group->ledger = number_of(fields, "ledger", -1);
}

/* The milliseconds of an id, which has no sign; those that do not fit are of no
   clock either. */
static int64_t msecs_of_id(struct text id)
{
	uint64_t msecs = 0;

	(void)num_read(id.data, id.length, &msecs);
	return msecs > INT64_MAX ? INT64_MAX : (int64_t)msecs;
}

static void stream_take(const struct reply *fields, struct finding_look *look)
{
	look->has_stream = reply_count(fields) > 0;
	look->length = number_of(fields, "length", -1);
	look->added = number_of(fields, "added", -1);
	look->last_msecs = msecs_of_id(reply_text(reply_field(fields, "last")));
}

static void others_take(const struct reply *rows, struct finding_look *look)
{
	for (size_t i = 0;
	     i < reply_count(rows) && look->other_count < FIGURES_OTHERS_MAX;
	     i++) {
		const struct reply *row = reply_at(rows, i);
		struct finding_other *other =
			&look->others[look->other_count++];

		text_take(reply_at(row, 0), other->name, sizeof(other->name));
		other->lag = reply_integer(reply_at(row, 1), -1);
		other->pending = reply_integer(reply_at(row, 2), -1);
		other->silent_msecs = reply_integer(reply_at(row, 3), 0);
	}
}

/* before, after: our clock around the answer. */
static void clock_take(struct finding_look *look, int64_t before, int64_t after)
{
	if (look->now_msecs < before)
		look->skew_msecs = look->now_msecs - before;
	else if (look->now_msecs > after)
		look->skew_msecs = look->now_msecs - after;
}

static const struct reply *ask(struct redis *redis, struct arena *arena,
			       const struct settings *settings,
			       const char *stream, struct err *err)
{
	static struct question question;
	const struct reply *reply;

	if (command_open(&question.command, WORDS_MAX) < 0) {
		(void)err_set(err, ERR_RETRY, "out of memory");
		return NULL;
	}
	question_put(&question, settings, stream);
	arena_reset(arena);
	reply = redis_call(redis, arena, question.command.words,
			   question.command.count, 0, err);
	command_close(&question.command);
	if (reply == NULL || !reply_is_error(reply))
		return reply;
	(void)err_set(err, ERR_RETRY, "findings: %s", reply_text(reply).data);
	return NULL;
}

int finding_look(struct redis *redis, struct arena *arena,
		 const struct settings *settings, const char *stream,
		 struct finding_look *look_r, struct err *err)
{
	int64_t before = clock_wall_msecs();
	const struct reply *reply = ask(redis, arena, settings, stream, err);
	const struct reply *rows;

	if (reply == NULL)
		return -1;
	memset(look_r, 0, sizeof(*look_r));
	look_r->now_msecs = reply_integer(reply_at(reply, 0), 0);
	clock_take(look_r, before, clock_wall_msecs());
	stream_take(reply_at(reply, 1), look_r);
	rows = reply_at(reply, 2);
	for (size_t i = 0;
	     i < reply_count(rows) && look_r->group_count < SETTINGS_GROUPS_MAX;
	     i++)
		group_take(reply_at(rows, i),
			   &look_r->groups[look_r->group_count++]);
	others_take(reply_at(reply, 3), look_r);
	return 0;
}

/* ---- the server ---- */

int finding_look_server(struct redis *redis, struct arena *arena,
			struct finding_server *server_r, struct err *err)
{
	struct finding_server server = { -1, -1, -1, false };
	const struct reply *reply;
	struct text info;

	arena_reset(arena);
	reply = redis_command(redis, arena, err, "INFO", "memory", NULL);
	if (reply != NULL) {
		info = reply_text(reply);
		server.used_bytes =
			info_number(info, "used_memory", -1) -
			info_number(info, "mem_not_counted_for_evict", 0);
		server.max_bytes = info_number(info, "maxmemory", -1);
		reply = redis_command(redis, arena, err, "INFO", "persistence",
				      NULL);
	}
	if (reply != NULL) {
		info = reply_text(reply);
		server.append = info_number(info, "aof_enabled", -1);
		server.append_fails = text_is(
			info_text(info, "aof_last_write_status"), "err");
	}
	if (!redis_is_open(redis))
		return -1;
	*server_r = server;
	return 0;
}
