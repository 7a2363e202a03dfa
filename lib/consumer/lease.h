#ifndef OMQ_LEASE_H
#define OMQ_LEASE_H

#include "lib/redis/command.h"
#include "lib/stream/keys.h"

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct err;
struct redis;
struct reply;
struct settings;
struct settings_group;

/* A lease on one consumer of a group: a connection to Redis, the scripts, the
   group, and the lease of one consumer name. It is one process's own. A program
   without a group has one with nothing but the connection. */

enum lease_script {
	SCRIPT_ENSURE,
	SCRIPT_ACQUIRE,
	SCRIPT_BEAT,
	SCRIPT_RENEW,
	SCRIPT_HISTORY,
	SCRIPT_FETCH,
	SCRIPT_SETTLE,
	SCRIPT_RETRY,
	SCRIPT_CRASH,
	SCRIPT_DEAD,
	SCRIPT_RELEASE,
	SCRIPT_EFFECT, /* the handler's */
	SCRIPT_COUNT,
};

#define LEASE_DIGEST_BYTES 41
#define LEASE_TOKEN_BYTES 64
#define LEASE_WHO_BYTES 96

struct lease_settings {
	const struct settings *settings;
	const struct settings_group *group;
	bool groupless;
	const char *consumer;      /* "points-2@web1" */
	const char *node_id;       /* of the host that may take it at once */
	const char *effect_script; /* NULL: the handler has none */
	int wake_fd;               /* ends every wait when readable */
};

struct lease {
	struct lease_settings set;
	struct keys keys;
	struct redis *redis; /* NULL: not connected */
	struct arena *arena; /* of the replies to our own calls */
	struct command command;
	char digests[SCRIPT_COUNT][LEASE_DIGEST_BYTES];
	char token[LEASE_TOKEN_BYTES]; /* "": no lease */
	char who[LEASE_WHO_BYTES];     /* us, in words */
	bool saw_group;                /* it was there once */
	int64_t held_expiry; /* of a foreign lease, last seen; 0: none */
	bool taken;          /* that lease is being renewed */
};

/* Everything in set is borrowed until lease_close(). Returns 0, or -1 with
   ERR_RETRY when out of memory. Connects nothing yet. */
int lease_open(struct lease *lease, const struct lease_settings *set,
	       struct err *err);

/* Drop the connection and free the memory. The lease stays: see
   lease_release(). */
void lease_close(struct lease *lease);

/* Connect, load the scripts, make sure of the group, and renew the lease or
   take it. Returns 1 when the lease goes on, so that what is in hand is still
   ours; 0 when it is a new one; or -1, not connected, with ERR_RETRY, or with
   ERR_FATAL when only an operator helps. When somebody else keeps renewing the
   lease of our name, lease->taken is set and the error names the holder. */
int lease_connect(struct lease *lease, struct err *err);
void lease_disconnect(struct lease *lease);

/* Begin the command that runs a script with our keys and fence; keys of the
   handler's own follow (key_count names). The caller adds words to
   lease->command and then sends it with lease_append(). */
void lease_begin(struct lease *lease, enum lease_script script,
		 const char *const *keys, size_t key_count);

/* Likewise, on P:<group>:replay when replays. */
void lease_begin_on(struct lease *lease, enum lease_script script, bool replays,
		    const char *const *keys, size_t key_count);

/* Queue lease->command. Returns 0, or -1 with ERR_RETRY. */
int lease_append(struct lease *lease, struct err *err);

/* Send lease->command and wait for its answer, which lives until the next call.
   Nothing may be queued. Returns NULL with ERR_RETRY, or ERR_FATAL where only
   an operator helps, and what before the text; an error reply is a failure. */
const struct reply *lease_call(struct lease *lease, const char *what,
			       struct err *err);

/* Begin a beat, on P:<group>:replay when replays: see lib/scripts/beat.lua. */
void lease_begin_beat(struct lease *lease, bool replays);

/* Begin to renew the lease: see lib/scripts/renew.lua. */
void lease_begin_renew(struct lease *lease);

/* Give the lease back: our consumer is deleted when nothing is pending for it.
   Returns how many entries are left for others, or -1 with ERR_RETRY. */
int64_t lease_release(struct lease *lease, struct err *err);

#endif
