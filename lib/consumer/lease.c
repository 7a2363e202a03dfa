/* The lease of a consumer's name, and the scripts that ask for it. Opened by
   consumer_link.c; exchange.c sends its commands. */

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
#define LEASE_ARENA_BYTES (64 * 1024)

/* The longest command: one settling call of a full batch, which has at most
   this many words an entry, and a few in front: see lib/consumer/handler.h. */
#define LEASE_ENTRIES_MAX 1024
#define LEASE_WORDS_PER_ENTRY 8
#define LEASE_WORDS_MORE 64

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

static const char renew_lua[] =
#include "lib/scripts/fence.inc"
#include "lib/scripts/renew.inc"
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
	[SCRIPT_RENEW] = renew_lua,
};

int lease_open(struct lease *lease, const struct lease_settings *set,
	       struct err *err)
{
	memset(lease, 0, sizeof(*lease));
	lease->set = *set;
	keys_make(set->settings->stream_key,
		  set->groupless ? NULL : set->group->name, &lease->keys);
	(void)snprintf(lease->who, sizeof(lease->who), "%s pid %d",
		       set->settings->node, (int)getpid());
	lease->arena = arena_open(LEASE_ARENA_BYTES);
	if (lease->arena != NULL &&
	    command_open(&lease->command,
			 LEASE_ENTRIES_MAX * LEASE_WORDS_PER_ENTRY +
				 LEASE_WORDS_MORE) == 0)
		return 0;
	lease_close(lease);
	return err_set(err, ERR_RETRY, "out of memory");
}

void lease_close(struct lease *lease)
{
	lease_disconnect(lease);
	command_close(&lease->command);
	arena_close(&lease->arena);
}

void lease_disconnect(struct lease *lease)
{
	redis_close(&lease->redis);
}

const struct reply *lease_call(struct lease *lease, const char *what,
			       struct err *err)
{
	const struct reply *reply;

	arena_reset(lease->arena);
	reply = redis_call(lease->redis, lease->arena, lease->command.words,
			   lease->command.count, 0, err);
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

static int script_load(struct lease *lease, enum lease_script script,
		       const char *source, struct err *err)
{
	const struct reply *reply;
	struct text digest;

	command_begin(&lease->command, "SCRIPT");
	command_word(&lease->command, "LOAD");
	command_word(&lease->command, source);
	reply = lease_call(lease, "SCRIPT LOAD", err);
	if (reply == NULL)
		return -1;
	digest = reply_text(reply);
	if (digest.length != LEASE_DIGEST_BYTES - 1)
		return err_set(err, ERR_RETRY, "SCRIPT LOAD: no digest");
	memcpy(lease->digests[script], digest.data, LEASE_DIGEST_BYTES);
	return 0;
}

static int scripts_load(struct lease *lease, struct err *err)
{
	for (enum lease_script script = 0; script < SCRIPT_COUNT; script++) {
		const char *source = script == SCRIPT_EFFECT
					     ? lease->set.effect_script
					     : scripts[script];

		if (source != NULL &&
		    script_load(lease, script, source, err) < 0)
			return -1;
	}
	return 0;
}

static void begin_script(struct lease *lease, enum lease_script script,
			 const char *stream, size_t key_count)
{
	command_begin(&lease->command, "EVALSHA");
	command_word(&lease->command, lease->digests[script]);
	command_number(&lease->command, (int64_t)key_count);
	command_word(&lease->command, stream);
}

void lease_begin(struct lease *lease, enum lease_script script,
		 const char *const *keys, size_t key_count)
{
	lease_begin_on(lease, script, false, keys, key_count);
}

void lease_begin_on(struct lease *lease, enum lease_script script, bool replays,
		    const char *const *keys, size_t key_count)
{
	begin_script(lease, script,
		     replays ? lease->keys.replay : lease->keys.stream,
		     4 + key_count);
	command_word(&lease->command, lease->keys.owners);
	command_word(&lease->command, lease->keys.books);
	command_word(&lease->command, lease->keys.tries);
	for (size_t i = 0; i < key_count; i++)
		command_word(&lease->command, keys[i]);
	command_word(&lease->command, lease->set.group->name);
	command_word(&lease->command, lease->set.consumer);
	command_word(&lease->command, lease->token);
}

int lease_append(struct lease *lease, struct err *err)
{
	return redis_append(lease->redis, lease->command.words,
			    lease->command.count, err);
}

void lease_begin_beat(struct lease *lease, bool replays)
{
	lease_begin_on(lease, SCRIPT_BEAT, replays, NULL, 0);
	command_number(&lease->command, lease->set.group->owner_ttl_msecs);
	command_word(&lease->command, lease->who);
}

void lease_begin_renew(struct lease *lease)
{
	lease_begin(lease, SCRIPT_RENEW, NULL, 0);
	command_number(&lease->command, lease->set.group->owner_ttl_msecs);
	command_word(&lease->command, lease->who);
}

static int group_ensure(struct lease *lease, struct err *err)
{
	const struct settings_group *group = lease->set.group;
	const struct reply *reply;
	struct text what, at;

	begin_script(lease, SCRIPT_ENSURE, lease->keys.stream, 4);
	command_word(&lease->command, lease->keys.books);
	command_word(&lease->command, lease->keys.start);
	command_word(&lease->command, lease->keys.done);
	command_word(&lease->command, group->name);
	command_word(&lease->command, group->start);
	command_word(&lease->command, lease->saw_group ? "1" : "0");
	/* An effect in Redis takes place once, however often it is tried. */
	command_word(&lease->command,
		     lease->set.effect_script == NULL ? "1" : "0");
	reply = lease_call(lease, "XGROUP CREATE", err);
	if (reply == NULL)
		return -1;
	lease->saw_group = true;
	what = reply_text(reply_at(reply, 0));
	at = reply_text(reply_at(reply, 1));
	if (text_is(what, "again"))
		log_line(LOG_ERR,
			 "group %s on %s had vanished: created again at %.*s",
			 group->name, lease->keys.stream, (int)at.length,
			 at.data);
	else if (text_is(what, "new"))
		log_line(LOG_NOTICE, "group %s on %s: created at %s",
			 group->name, lease->keys.stream, group->start);
	return 0;
}

/* Somebody else has the lease of our name. Dead or alive? Alive when the expiry
   moves. */
static int lease_held(struct lease *lease, const struct reply *reply,
		      struct err *err)
{
	struct text holder = reply_text(reply_at(reply, 1));
	int64_t expiry = reply_integer(reply_at(reply, 2), 0);

	lease->taken = lease->held_expiry != 0 && expiry != lease->held_expiry;
	lease->held_expiry = expiry;
	return err_set(err, lease->taken ? ERR_FATAL : ERR_RETRY,
		       "consumer %s of group %s is held by %.*s%s",
		       lease->set.consumer, lease->set.group->name,
		       (int)holder.length, holder.data,
		       lease->taken ? ", who is alive: give this node another "
				      "name"
				    : ": waiting for its lease to expire");
}

static int lease_acquire(struct lease *lease, struct err *err)
{
	const struct reply *reply;
	struct text token;

	begin_script(lease, SCRIPT_ACQUIRE, lease->keys.stream, 2);
	command_word(&lease->command, lease->keys.owners);
	command_word(&lease->command, lease->set.group->name);
	command_word(&lease->command, lease->set.consumer);
	command_word(&lease->command, lease->set.node_id);
	command_number(&lease->command, lease->set.group->owner_ttl_msecs);
	command_word(&lease->command, lease->who);
	reply = lease_call(lease, "lease", err);
	if (reply == NULL)
		return -1;
	if (text_is(reply_text(reply_at(reply, 0)), "held"))
		return lease_held(lease, reply, err);

	token = reply_text(reply_at(reply, 1));
	if (token.length == 0 || token.length >= sizeof(lease->token))
		return err_set(err, ERR_RETRY, "lease: strange answer");
	memcpy(lease->token, token.data, token.length + 1);
	lease->held_expiry = 0;
	return 0;
}

/* Returns 1 when the lease we had is still ours, 0 when it is not, or -1. */
static int lease_renew(struct lease *lease, struct err *err)
{
	const struct reply *reply;

	if (lease->token[0] == '\0')
		return 0;
	lease_begin_beat(lease, false);
	reply = lease_call(lease, "lease", err);
	if (reply == NULL)
		return -1;
	return text_is(reply_text(reply_at(reply, 0)), "ok") ? 1 : 0;
}

static int lease_take(struct lease *lease, struct err *err)
{
	int kept;

	if (lease->set.groupless)
		return 1;
	if (scripts_load(lease, err) < 0 || group_ensure(lease, err) < 0)
		return -1;
	kept = lease_renew(lease, err);
	if (kept != 0)
		return kept;
	lease->token[0] = '\0';
	return lease_acquire(lease, err);
}

int lease_connect(struct lease *lease, struct err *err)
{
	int kept;

	lease_disconnect(lease);
	if (redis_open(&lease->set.settings->redis, lease->set.wake_fd,
		       &lease->redis, err) < 0)
		return -1;
	kept = lease_take(lease, err);
	if (kept < 0)
		lease_disconnect(lease);
	return kept;
}

int64_t lease_release(struct lease *lease, struct err *err)
{
	const struct reply *reply;

	if (lease->set.groupless || lease->token[0] == '\0')
		return 0;
	lease_begin(lease, SCRIPT_RELEASE, NULL, 0);
	reply = lease_call(lease, "release", err);
	if (reply == NULL)
		return -1;
	lease->token[0] = '\0';
	return reply_integer(reply_at(reply, 1), 0);
}
