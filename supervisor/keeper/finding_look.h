#ifndef OMQ_FINDING_LOOK_H
#define OMQ_FINDING_LOOK_H

#include "supervisor/common/figures.h"

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct err;
struct redis;
struct settings;

/* The facts in Redis that findings are made of, as plain values: one bounded
   call of a script, and INFO now and then. finding_make.h judges them. -1:
   unknown. */

#define FINDING_LOOK_NAMES_BYTES 160
#define FINDING_LOOK_ID_BYTES 48
#define FINDING_LOOK_REASON_BYTES 160

/* A group of the settings. */
struct finding_group {
	char name[SETTINGS_NAME_BYTES];
	bool is_there; /* on the stream */
	bool is_beyond;
	int64_t lag;
	int64_t pending;
	int64_t held; /* consumers that somebody holds */
	int64_t stranger_count;
	char strangers[FINDING_LOOK_NAMES_BYTES]; /* the first few */
	/* Where its account began: seconds since 1970, and entries due then
	   and settled before. */
	int64_t start_secs;
	int64_t start_due;
	int64_t start_settled;
	/* Books, without what an operator has accepted. */
	int64_t lost;
	int64_t dropped;
	int64_t skipped;
	int64_t other;         /* of no known type */
	int64_t handled;       /* all that are settled, dead ones too */
	int64_t letters;       /* that lie there */
	int64_t letters_fresh; /* of the last hour */
	int64_t tries;         /* entries with failures */
	int64_t ledger;        /* lines; 0: it has none */
	/* The first entry pending: "" for none. */
	char first_id[FINDING_LOOK_ID_BYTES];
	char first_consumer[FINDING_LOOK_NAMES_BYTES];
	int64_t first_idle_msecs;
	int64_t first_attempts; /* 0: it has not failed */
	int64_t first_msecs;    /* its first delivery, since 1970 */
	char first_reason[FINDING_LOOK_REASON_BYTES];
	struct pause pause;
};

/* A group on the stream that is not of the settings. */
struct finding_other {
	char name[SETTINGS_NAME_BYTES];
	int64_t lag;
	int64_t pending;
	int64_t silent_msecs; /* nobody has read what waits; 0: somebody does */
};

/* How Redis is set up. */
struct finding_server {
	int64_t used_bytes;
	int64_t max_bytes; /* 0: no limit */
	int64_t append;    /* 1: it keeps an append-only file; 0: none */
	bool append_fails;
};

struct finding_look {
	int64_t now_msecs;  /* of Redis, since 1970 */
	int64_t skew_msecs; /* by how much its clock is ahead of ours, at least;
			       negative: behind */
	bool has_stream;
	int64_t length;
	int64_t added;
	int64_t last_msecs; /* of the id of the last entry ever; 0: none */
	struct finding_group groups[SETTINGS_GROUPS_MAX]; /* has_group only */
	int64_t group_count;
	struct finding_other others[FIGURES_OTHERS_MAX];
	int64_t other_count;
};

/* Look at the stream of that key and at the groups of settings. Returns 0; or
   -1: Redis refuses, or the connection is of no use any more. */
int finding_look(struct redis *redis, struct arena *arena,
		 const struct settings *settings, const char *stream,
		 struct finding_look *look_r, struct err *err);

/* Look how Redis is set up. A fact that it does not tell is unknown. Returns as
   above, where only a connection that breaks is a failure. */
int finding_look_server(struct redis *redis, struct arena *arena,
			struct finding_server *server_r, struct err *err);

#endif
