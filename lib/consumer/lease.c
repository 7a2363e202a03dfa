#include "config.h"

#include "lib/consumer/lease.h"

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/log.h"
#include "lib/redis/redis.h"
#include "lib/redis/redis_error.h"
#include "lib/settings/settings.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Replies to our own calls are small; what stays between them. */
#define SEAT_ARENA_BYTES (64 * 1024)

/* The longest command: one settling call of a full batch, which has at most
   this many words an entry, and a few in front: see lib/consumer/handler.h. */
#define SEAT_ENTRIES_MAX 1024
#define SEAT_WORDS_PER_ENTRY 8
#define SEAT_WORDS_MORE 64

static const char ensure_lua[] =
#include "lib/scripts/ensure.inc"
	;

static const char acquire_lua[] =
#include "lib/scripts/acquire.inc"
	;

static const char beat_lua[] =
#include "lib/scripts/fence.inc"
#include "lib/scripts/beat.inc"
	;

static const char history_lua[] =
#include "lib/scripts/fence.inc"
#include "lib/scripts/tries.inc"
#include "lib/scripts/entries.inc"
#include "lib/scripts/history.inc"
	;

static const char fetch_lua[] =
#include "lib/scripts/fence.inc"
#include "lib/scripts/tries.inc"
#include "lib/scripts/entries.inc"
#include "lib/scripts/fetch.inc"
	;

static const char retry_lua[] =
#include "lib/scripts/fence.inc"
#include "lib/scripts/tries.inc"
#include "lib/scripts/retry.inc"
	;

static const char settle_lua[] =
#include "lib/scripts/fence.inc"
#include "lib/scripts/settle.inc"
	;

static const char crash_lua[] =
#include "lib/scripts/fence.inc"
#include "lib/scripts/tries.inc"
#include "lib/scripts/crash.inc"
	;

static const char dead_lua[] =
#include "lib/scripts/fence.inc"
#include "lib/scripts/tries.inc"
#include "lib/scripts/dead_letter.inc"
#include "lib/scripts/index.inc"
#include "lib/scripts/dead.inc"
	;

static const char release_lua[] =
#include "lib/scripts/fence.inc"
#include "lib/scripts/release.inc"
	;

static const char *const scripts[SCRIPT_COUNT] = {
	[SCRIPT_ENSURE] = ensure_lua,   [SCRIPT_ACQUIRE] = acquire_lua,
	[SCRIPT_BEAT] = beat_lua,       [SCRIPT_HISTORY] = history_lua,
	[SCRIPT_SETTLE] = settle_lua,   [SCRIPT_DEAD] = dead_lua,
	[SCRIPT_RELEASE] = release_lua, [SCRIPT_FETCH] = fetch_lua,
	[SCRIPT_RETRY] = retry_lua,     [SCRIPT_CRASH] = crash_lua,
};

int seat_open(struct seat *seat, const struct seat_settings *set,
	      struct err *err)
{
	memset(seat, 0, sizeof(*seat));
	seat->set = *set;
	keys_make(set->settings->stream_key,
		  set->groupless ? NULL : set->group->name, &seat->keys);
	(void)snprintf(seat->who, sizeof(seat->who), "%s pid %d",
		       set->settings->node, (int)getpid());
	seat->arena = arena_open(SEAT_ARENA_BYTES);
	if (seat->arena != NULL &&
	    command_open(&seat->command,
			 SEAT_ENTRIES_MAX * SEAT_WORDS_PER_ENTRY +
				 SEAT_WORDS_MORE) == 0)
		return 0;
	seat_close(seat);
	return err_set(err, ERR_RETRY, "out of memory");
}

void seat_close(struct seat *seat)
{
	seat_disconnect(seat);
	command_close(&seat->command);
	arena_close(&seat->arena);
}

void seat_disconnect(struct seat *seat)
{
	redis_close(&seat->redis);
}

const struct reply *seat_call(struct seat *seat, const char *what,
			      struct err *err)
{
	const struct reply *reply;

	arena_reset(seat->arena);
	reply = redis_call(seat->redis, seat->arena, seat->command.words,
			   seat->command.count, 0, err);
	if (reply != NULL && reply_is_error(reply)) {
		(void)err_set(err,
			      redis_error_class(reply_text(reply)) ==
					      REDIS_REFUSED
				      ? ERR_FATAL
				      : ERR_RETRY,
			      "%s", reply_text(reply).data);
		reply = NULL;
	}
	if (reply == NULL)
		(void)err_wrap(err, "%s", what);
	return reply;
}

static int script_load(struct seat *seat, enum seat_script script,
		       const char *source, struct err *err)
{
	const struct reply *reply;
	struct text digest;

	command_begin(&seat->command, "SCRIPT");
	command_word(&seat->command, "LOAD");
	command_word(&seat->command, source);
	reply = seat_call(seat, "SCRIPT LOAD", err);
	if (reply == NULL)
		return -1;
	digest = reply_text(reply);
	if (digest.length != SEAT_DIGEST_BYTES - 1)
		return err_set(err, ERR_RETRY, "SCRIPT LOAD: no digest");
	memcpy(seat->digests[script], digest.data, SEAT_DIGEST_BYTES);
	return 0;
}

static int scripts_load(struct seat *seat, struct err *err)
{
	for (enum seat_script script = 0; script < SCRIPT_COUNT; script++) {
		const char *source = script == SCRIPT_EFFECT
					     ? seat->set.effect_script
					     : scripts[script];

		if (source != NULL &&
		    script_load(seat, script, source, err) < 0)
			return -1;
	}
	return 0;
}

static void begin_script(struct seat *seat, enum seat_script script,
			 const char *stream, size_t key_count)
{
	command_begin(&seat->command, "EVALSHA");
	command_word(&seat->command, seat->digests[script]);
	command_number(&seat->command, (int64_t)key_count);
	command_word(&seat->command, stream);
}

void seat_begin(struct seat *seat, enum seat_script script,
		const char *const *keys, size_t key_count)
{
	seat_begin_on(seat, script, false, keys, key_count);
}

void seat_begin_on(struct seat *seat, enum seat_script script, bool replays,
		   const char *const *keys, size_t key_count)
{
	begin_script(seat, script,
		     replays ? seat->keys.replay : seat->keys.stream,
		     4 + key_count);
	command_word(&seat->command, seat->keys.owners);
	command_word(&seat->command, seat->keys.books);
	command_word(&seat->command, seat->keys.tries);
	for (size_t i = 0; i < key_count; i++)
		command_word(&seat->command, keys[i]);
	command_word(&seat->command, seat->set.group->name);
	command_word(&seat->command, seat->set.consumer);
	command_word(&seat->command, seat->token);
}

int seat_append(struct seat *seat, struct err *err)
{
	return redis_append(seat->redis, seat->command.words,
			    seat->command.count, err);
}

void seat_begin_beat(struct seat *seat, bool replays)
{
	seat_begin_on(seat, SCRIPT_BEAT, replays, NULL, 0);
	command_number(&seat->command, seat->set.group->owner_ttl_msecs);
	command_word(&seat->command, seat->who);
}

static int group_ensure(struct seat *seat, struct err *err)
{
	const struct settings_group *group = seat->set.group;
	const struct reply *reply;
	struct text what, at;

	begin_script(seat, SCRIPT_ENSURE, seat->keys.stream, 4);
	command_word(&seat->command, seat->keys.books);
	command_word(&seat->command, seat->keys.start);
	command_word(&seat->command, seat->keys.done);
	command_word(&seat->command, group->name);
	command_word(&seat->command, group->start);
	command_word(&seat->command, seat->saw_group ? "1" : "0");
	/* An effect in Redis takes place once, however often it is tried. */
	command_word(&seat->command,
		     seat->set.effect_script == NULL ? "1" : "0");
	reply = seat_call(seat, "XGROUP CREATE", err);
	if (reply == NULL)
		return -1;
	seat->saw_group = true;
	what = reply_text(reply_at(reply, 0));
	at = reply_text(reply_at(reply, 1));
	if (text_is(what, "again"))
		log_line(LOG_ERR,
			 "group %s on %s had vanished: created again at %.*s",
			 group->name, seat->keys.stream, (int)at.length,
			 at.data);
	else if (text_is(what, "new"))
		log_line(LOG_NOTICE, "group %s on %s: created at %s",
			 group->name, seat->keys.stream, group->start);
	return 0;
}

/* Somebody else has the lease of our name. Dead or alive? Alive when the expiry
   moves. */
static int lease_held(struct seat *seat, const struct reply *reply,
		      struct err *err)
{
	struct text holder = reply_text(reply_at(reply, 1));
	int64_t expiry = reply_integer(reply_at(reply, 2), 0);

	seat->taken = seat->held_expiry != 0 && expiry != seat->held_expiry;
	seat->held_expiry = expiry;
	return err_set(err, seat->taken ? ERR_FATAL : ERR_RETRY,
		       "consumer %s of group %s is held by %.*s%s",
		       seat->set.consumer, seat->set.group->name,
		       (int)holder.length, holder.data,
		       seat->taken ? ", who is alive: give this node another "
				     "name"
				   : ": waiting for its lease to expire");
}

static int lease_acquire(struct seat *seat, struct err *err)
{
	const struct reply *reply;
	struct text token;

	begin_script(seat, SCRIPT_ACQUIRE, seat->keys.stream, 2);
	command_word(&seat->command, seat->keys.owners);
	command_word(&seat->command, seat->set.group->name);
	command_word(&seat->command, seat->set.consumer);
	command_word(&seat->command, seat->set.node_id);
	command_number(&seat->command, seat->set.group->owner_ttl_msecs);
	command_word(&seat->command, seat->who);
	reply = seat_call(seat, "lease", err);
	if (reply == NULL)
		return -1;
	if (text_is(reply_text(reply_at(reply, 0)), "held"))
		return lease_held(seat, reply, err);

	token = reply_text(reply_at(reply, 1));
	if (token.length == 0 || token.length >= sizeof(seat->token))
		return err_set(err, ERR_RETRY, "lease: strange answer");
	memcpy(seat->token, token.data, token.length + 1);
	seat->held_expiry = 0;
	return 0;
}

/* Returns 1 when the lease we had is still ours, 0 when it is not, or -1. */
static int lease_renew(struct seat *seat, struct err *err)
{
	const struct reply *reply;

	if (seat->token[0] == '\0')
		return 0;
	seat_begin_beat(seat, false);
	reply = seat_call(seat, "lease", err);
	if (reply == NULL)
		return -1;
	return text_is(reply_text(reply_at(reply, 0)), "ok") ? 1 : 0;
}

static int seat_take(struct seat *seat, struct err *err)
{
	int kept;

	if (seat->set.groupless)
		return 1;
	if (scripts_load(seat, err) < 0 || group_ensure(seat, err) < 0)
		return -1;
	kept = lease_renew(seat, err);
	if (kept != 0)
		return kept;
	seat->token[0] = '\0';
	return lease_acquire(seat, err);
}

int seat_connect(struct seat *seat, struct err *err)
{
	int kept;

	seat_disconnect(seat);
	if (redis_open(&seat->set.settings->redis, seat->set.wake_fd,
		       &seat->redis, err) < 0)
		return -1;
	kept = seat_take(seat, err);
	if (kept < 0)
		seat_disconnect(seat);
	return kept;
}

int64_t seat_release(struct seat *seat, struct err *err)
{
	const struct reply *reply;

	if (seat->set.groupless || seat->token[0] == '\0')
		return 0;
	seat_begin(seat, SCRIPT_RELEASE, NULL, 0);
	reply = seat_call(seat, "release", err);
	if (reply == NULL)
		return -1;
	seat->token[0] = '\0';
	return reply_integer(reply_at(reply, 1), 0);
}
