#ifndef OMQ_SEAT_H
#define OMQ_SEAT_H

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

/* A seat in one consumer group: a connection to Redis, the scripts, the group,
   and the lease of one consumer name. It is one process's own. A program
   without a group has a seat with nothing but the connection. */

enum seat_script {
	SCRIPT_ENSURE,
	SCRIPT_ACQUIRE,
	SCRIPT_BEAT,
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

#define SEAT_DIGEST_BYTES 41
#define SEAT_TOKEN_BYTES 64
#define SEAT_WHO_BYTES 96

struct seat_settings {
	const struct settings *settings;
	const struct settings_group *group;
	bool groupless;
	const char *consumer;      /* "points-2@web1" */
	const char *node_id;       /* who may take the lease at once */
	const char *effect_script; /* NULL: the handler has none */
	int wake_fd;               /* ends every wait when readable */
};

struct seat {
	struct seat_settings set;
	struct keys keys;
	struct redis *redis; /* NULL: not connected */
	struct arena *arena; /* of the replies to our own calls */
	struct command command;
	char digests[SCRIPT_COUNT][SEAT_DIGEST_BYTES];
	char token[SEAT_TOKEN_BYTES]; /* "": no lease */
	char who[SEAT_WHO_BYTES];     /* us, in words */
	bool saw_group;               /* it was there once */
	int64_t held_expiry; /* of a foreign lease, last seen; 0: none */
	bool taken;          /* that lease is being renewed */
};

/* Everything in set is borrowed until seat_close(). Returns 0, or -1 with
   ERR_RETRY when out of memory. Connects nothing yet. */
int seat_open(struct seat *seat, const struct seat_settings *set,
	      struct err *err);

/* Drop the connection and free the memory. The lease stays: see
   seat_release(). */
void seat_close(struct seat *seat);

/* Connect, load the scripts, make sure of the group, and renew the lease or
   take it. Returns 1 when the lease goes on, so that what is in hand is still
   ours; 0 when it is a new one; or -1, not connected, with ERR_RETRY, or with
   ERR_FATAL when only an operator helps. When somebody else keeps renewing the
   lease of our name, seat->taken is set and the error names the holder. */
int seat_connect(struct seat *seat, struct err *err);
void seat_disconnect(struct seat *seat);

/* Begin the command that runs a script with our keys and fence; keys of the
   handler's own follow (key_count names). The caller adds words to
   seat->command and then sends it with seat_append(). */
void seat_begin(struct seat *seat, enum seat_script script,
		const char *const *keys, size_t key_count);

/* The same on P:<group>:replay when replays. */
void seat_begin_on(struct seat *seat, enum seat_script script, bool replays,
		   const char *const *keys, size_t key_count);

/* Queue seat->command. Returns 0, or -1 with ERR_RETRY. */
int seat_append(struct seat *seat, struct err *err);

/* Send seat->command and wait for its answer, which lives until the next call.
   Nothing may be queued. Returns NULL with ERR_RETRY, or ERR_FATAL where only
   an operator helps, and what before the text; an error reply is a failure. */
const struct reply *seat_call(struct seat *seat, const char *what,
			      struct err *err);

/* Begin a beat, on P:<group>:replay when replays: see lib/scripts/beat.lua. */
void seat_begin_beat(struct seat *seat, bool replays);

/* Give the lease back: our consumer is deleted when nothing is pending for it.
   Returns how many entries are left for others, or -1 with ERR_RETRY. */
int64_t seat_release(struct seat *seat, struct err *err);

#endif
