/* Checks whether the configured user has the rights that each part of ordermq
   needs. doctor.c calls it after doctor_server.c; doctor_tell.c prints the
   missing ones. */

#include "config.h"

#include "supervisor/ctl/doctor/doctor_state.h"

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/stream/keys.h"
#include "lib/redis/redis.h"
#include "lib/redis/reply.h"
#include "lib/settings/settings.h"

#include <stdio.h>
#include <string.h>

#define WORDS_MAX 8
#define MISSING_BYTES 900

/* Each stands for a key of the group that is checked. */
#define STREAM "<stream>"
#define OWN "<own>" /* of the group alone: a hash or another type */
#define DEAD "<dead>"
#define DONE "<done>"
#define REPLAY "<replay>"
#define ONCE "<once>" /* the numbers of published orders: of no group */
#define SALE "<sale>" /* a flash sale: of no group */

struct right {
	const char *words[WORDS_MAX]; /* ended by NULL */
};

/* All commands of the consumers and their scripts: Redis checks the rights of
   scripts, too. */
static const struct right consumer_rights[] = {
	{ { "PING" } },
	{ { "SELECT", "0" } },
	{ { "TIME" } },
	{ { "SCRIPT", "LOAD", "-" } },
	{ { "EVALSHA", "-", "1", STREAM } },
	{ { "XREADGROUP", "GROUP", "-", "-", "STREAMS", STREAM, ">" } },
	{ { "XACK", STREAM, "-", "1-0" } },
	{ { "XPENDING", STREAM, "-" } },
	{ { "XCLAIM", STREAM, "-", "-", "0", "1-0" } },
	{ { "XRANGE", STREAM, "-", "+" } },
	{ { "XINFO", "STREAM", STREAM } },
	{ { "XINFO", "GROUPS", STREAM } },
	{ { "XGROUP", "CREATE", STREAM, "-", "0" } },
	{ { "XGROUP", "SETID", STREAM, "-", "0" } },
	{ { "XGROUP", "CREATECONSUMER", STREAM, "-", "-" } },
	{ { "XGROUP", "DELCONSUMER", STREAM, "-", "-" } },
	{ { "EXISTS", OWN } },
	{ { "DEL", OWN } },
	{ { "HGET", OWN, "-" } },
	{ { "HMGET", OWN, "-" } },
	{ { "HGETALL", OWN } },
	{ { "HEXISTS", OWN, "-" } },
	{ { "HSET", OWN, "-", "-" } },
	{ { "HDEL", OWN, "-" } },
	{ { "HINCRBY", OWN, "-", "1" } },
	{ { "XADD", DEAD, "*", "-", "-" } },
	{ { "XLEN", DEAD } },
	{ { "XLEN", REPLAY } },
	{ { "XDEL", REPLAY, "1-0" } },
	{ { "ZADD", OWN, "1", "-" } },
	{ { "ZSCORE", OWN, "-" } },
	{ { "ZCARD", OWN } },
	{ { "ZREMRANGEBYSCORE", OWN, "-inf", "1" } },
	{ { NULL } },
};

/* The keeper needs these beyond that. */
static const struct right keeper_rights[] = {
	{ { "EVAL", "-", "1", STREAM } },
	{ { "EVAL_RO", "-", "1", STREAM } },
	{ { "XTRIM", STREAM, "MINID", "~", "0" } },
	{ { "XINFO", "CONSUMERS", STREAM, "-" } },
	{ { "HLEN", OWN } },
	{ { "ZCOUNT", OWN, "1", "2" } },
	{ { "GET", DONE } },
	{ { "SET", DONE, "-" } },
	{ { NULL } },
};

/* ordermqctl, and services without a group, need these beyond that. */
static const struct right ctl_rights[] = {
	{ { "EVAL", "-", "1", STREAM } },
	{ { "EVAL_RO", "-", "1", STREAM } },
	{ { "INFO" } },
	{ { "CONFIG", "GET", "-" } },
	{ { "XREAD", "STREAMS", STREAM, "0" } },
	{ { "XREVRANGE", STREAM, "+", "-" } },
	{ { "XDEL", DEAD, "1-0" } },
	{ { "XADD", REPLAY, "*", "-", "-" } },
	{ { "ZREM", OWN, "-" } },
	{ { "ZCOUNT", OWN, "1", "2" } },
	{ { "ZRANGEBYSCORE", OWN, "1", "2" } },
	{ { "XINFO", "CONSUMERS", STREAM, "-" } },
	{ { "HSCAN", OWN, "0" } },
	{ { "HLEN", OWN } },
	{ { "MEMORY", "USAGE", OWN } },
	{ { NULL } },
};

static const struct right order_rights[] = {
	{ { "XADD", STREAM, "*", "-", "-" } },
	{ { "MULTI" } },
	{ { "EXEC" } },
	{ { NULL } },
};

/* ordermq-order --once needs these beyond that. */
static const struct right once_rights[] = {
	{ { "SCRIPT", "LOAD", "-" } },
	{ { "EVALSHA", "-", "1", ONCE } },
	{ { "TIME" } },
	{ { "XRANGE", STREAM, "-", "+" } },
	{ { "HMGET", ONCE, "-" } },
	{ { "HSET", ONCE, "-", "-" } },
	{ { "RENAME", ONCE, ONCE } },
	{ { "UNLINK", ONCE } },
	{ { NULL } },
};

/* ordermq-seckill needs these. */
static const struct right sale_rights[] = {
	{ { "XADD", STREAM, "*", "-", "-" } },
	{ { "SCRIPT", "LOAD", "-" } },
	{ { "EVALSHA", "-", "1", SALE } },
	{ { "EVAL", "-", "1", SALE } },
	{ { "EVAL_RO", "-", "1", SALE } },
	{ { "TIME" } },
	{ { "HGET", SALE, "-" } },
	{ { "HMGET", SALE, "-" } },
	{ { "HGETALL", SALE } },
	{ { "HEXISTS", SALE, "-" } },
	{ { "HLEN", SALE } },
	{ { "HSET", SALE, "-", "-" } },
	{ { "HINCRBY", SALE, "-", "1" } },
	{ { "PEXPIREAT", SALE, "1" } },
	{ { "PERSIST", SALE } },
	{ { NULL } },
};

/* The key that a word stands for. buf has KEYS_BYTES, for a key that is not
   among keys. */
static const char *key_of(const struct keys *keys, const char *word, char *buf)
{
	if (strcmp(word, STREAM) == 0)
		return keys->stream;
	if (strcmp(word, DEAD) == 0)
		return keys->dead;
	if (strcmp(word, DONE) == 0)
		return keys->done;
	if (strcmp(word, REPLAY) == 0)
		return keys->replay;
	if (strcmp(word, ONCE) == 0)
		return keys_of_group(keys->stream, "once", "new", buf);
	if (strcmp(word, SALE) == 0)
		return keys_of_group(keys->stream, "seckill", "-:terms", buf);
	return strcmp(word, OWN) == 0 ? keys->books : word;
}

/* May the user do it? Returns 1, 0, or -1 when Redis does not tell. */
static int may(struct doctor *doctor, struct text user, const struct keys *keys,
	       const struct right *right)
{
	struct text words[3 + WORDS_MAX] = { text_of("ACL"), text_of("DRYRUN"),
					     user };
	const struct reply *reply;
	char buf[KEYS_BYTES];
	size_t count = 3;

	for (size_t i = 0; right->words[i] != NULL; i++)
		words[count++] = text_of(key_of(keys, right->words[i], buf));
	reply = redis_call(doctor->redis, doctor->arena, words, count, 0,
			   doctor->err);
	if (reply == NULL)
		return -1;
	if (reply_is_error(reply))
		return err_set(doctor->err, ERR_RETRY, "ACL DRYRUN: %s",
			       reply_text(reply).data);
	return text_is(reply_text(reply), "OK");
}

/* Add a command to a list such as "XACK, XGROUP CREATE". */
static void missing_add(char *missing, const struct right *right)
{
	static const char *const two_words[] = { "XINFO", "XGROUP", "SCRIPT",
						 "MEMORY", "CONFIG" };
	size_t used = strlen(missing);
	bool two = false;

	for (size_t i = 0; i < sizeof(two_words) / sizeof(two_words[0]); i++)
		two = two || strcmp(right->words[0], two_words[i]) == 0;
	(void)snprintf(missing + used, MISSING_BYTES - used, "%s%s%s%s",
		       used > 0 ? ", " : "", right->words[0], two ? " " : "",
		       two ? right->words[1] : "");
}

static void rights_check(struct doctor *doctor, struct text user,
			 const struct keys *keys, const struct right *rights,
			 enum doctor_state state, const char *part)
{
	char missing[MISSING_BYTES] = "";

	for (; rights->words[0] != NULL; rights++) {
		int allowed = may(doctor, user, keys, rights);

		if (allowed < 0) {
			doctor_unknown(doctor, part);
			return;
		}
		if (allowed == 0)
			missing_add(missing, rights);
	}
	if (missing[0] == '\0')
		doctor_say(doctor, DOCTOR_OK, part, NULL,
			   "user %.*s may do all of it", (int)user.length,
			   user.data);
	else
		doctor_say(doctor, state, part,
			   "add these commands, on the keys of the stream, to "
			   "the user's ACL",
			   "user %.*s may not: %s", (int)user.length, user.data,
			   missing);
}

void doctor_rights(struct doctor *doctor)
{
	const struct settings *settings = doctor->settings;
	char part[SETTINGS_NAME_BYTES + sizeof("rights of ")];
	const struct reply *reply;
	struct keys keys;
	struct text user;

	arena_reset(doctor->arena);
	reply = redis_command(doctor->redis, doctor->arena, doctor->err, "ACL",
			      "WHOAMI", NULL);
	if (reply == NULL) {
		doctor_unknown(doctor, "rights");
		return;
	}
	user = reply_text(reply);
	for (int64_t i = 0; i < settings->group_count; i++) {
		const struct settings_group *group = &settings->groups[i];

		if (settings_is_groupless(group) ||
		    !redis_is_open(doctor->redis))
			continue;
		keys_make(settings->stream_key, group->name, &keys);
		(void)snprintf(part, sizeof(part), "rights of %s", group->name);
		rights_check(doctor, user, &keys, consumer_rights, DOCTOR_FAIL,
			     part);
	}
	keys_make(settings->stream_key, settings->groups[0].name, &keys);
	if (redis_is_open(doctor->redis))
		rights_check(doctor, user, &keys, keeper_rights, DOCTOR_FAIL,
			     "rights of the keeper");
	if (redis_is_open(doctor->redis))
		rights_check(doctor, user, &keys, ctl_rights, DOCTOR_WARN,
			     "rights of ordermqctl");
	/* Orders are often published by another user. */
	if (redis_is_open(doctor->redis))
		rights_check(doctor, user, &keys, order_rights, DOCTOR_WARN,
			     "rights to publish");
	if (redis_is_open(doctor->redis))
		rights_check(doctor, user, &keys, once_rights, DOCTOR_WARN,
			     "rights to publish once");
	if (redis_is_open(doctor->redis))
		rights_check(doctor, user, &keys, sale_rights, DOCTOR_WARN,
			     "rights of a flash sale");
}
