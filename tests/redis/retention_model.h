#ifndef OMQ_RETENTION_MODEL_H
#define OMQ_RETENTION_MODEL_H

#include "lib/redis/command.h"
#include "lib/settings/settings.h"
#include "supervisor/keeper/keep_round.h"
#include "tests/fixtures/redis_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* The model of tests/redis/retention: a small stream and its groups as they
   must be, beside those in Redis. */

#define MODEL_ENTRIES_MAX 64
#define MODEL_GROUPS_MAX 4
#define MODEL_CONSUMERS 3
/* From one entry to the next; far more than a schedule takes. */
#define MODEL_SPAN_MSECS 100000

enum place {
	UNREAD,
	PENDING,
	SETTLED, /* or none of its business */
};

struct entry {
	char id[KEEP_ROUND_ID_BYTES];
	int64_t msecs;
	bool is_there;
	bool is_long; /* its second part is beyond what Lua counts exactly */
};

struct stream_group {
	const char *name;
	bool is_there;
	bool is_slow;          /* it is far behind */
	unsigned int declared; /* by which hosts */
	unsigned int ignored;
	int start; /* where it begins, as an entry's number */
	int next;  /* behind the last one delivered */
	enum place places[MODEL_ENTRIES_MAX];
	int consumers[MODEL_ENTRIES_MAX];
	bool is_dead[MODEL_CONSUMERS];
};

/* One schedule. Sets of hosts have a bit for each. */
struct model {
	unsigned int seed;
	uint32_t random;
	int step;
	int64_t now_msecs;
	int node_entries;
	unsigned int stopped; /* hosts */
	bool drops;           /* retention may take what is not settled */
	bool is_plain;        /* nobody else deletes, or sets a group */
	int deleted;
	struct entry entries[MODEL_ENTRIES_MAX];
	int count;
	struct stream_group groups[MODEL_GROUPS_MAX];
	int group_count;
};

/* What all schedules together have done. */
struct model_sum {
	int64_t published, delivered, settled, claimed, crashed, deleted;
	int64_t set, trims, removed, held, dropped;
};

extern struct model model;
extern struct model_sum model_sum;
extern bool model_is_told; /* every command is printed */
extern struct redis_fixture *model_server;
extern const char *const model_consumers[MODEL_CONSUMERS];
extern struct settings *model_hosts[2]; /* as their keepers obey them */

/* Fail, and say which schedule shows it. */
#define wrong(...)                                                             \
	do {                                                                   \
		print_error("RETENTION_SEED=%u, step %d\n", model.seed,        \
			    model.step);                                       \
		fail_msg(__VA_ARGS__);                                         \
	} while (0)

/* For the first and after the last schedule. */
void model_open(void);
void model_close(void);

/* The bit of host h in a set of hosts. */
unsigned int model_host(int h);

/* A number below that one, and whether it is 0: of the schedule's own random
   numbers, so that a seed repeats all. */
unsigned int model_pick(unsigned int below);
bool model_one_in(unsigned int many);

/* The command that model_run() sends; model_begin() begins it with the stream
   and, unless that is NULL, the group. An error fails the test. The reply lives
   until the next one. */
extern struct command model_command;
void model_begin(const char *name, const struct stream_group *group);
const struct reply *model_run(void);

/* The number of the entry with that id, which must be there; and the id behind
   which a group begins that has this entry as its first one. */
int model_entry_of(struct text id);
const char *model_id_behind(int next);

/* A group that is there, or is not; a consumer of it that is dead, or is not; a
   group whose instances run, and one of them. NULL or -1: there is none. */
struct stream_group *model_some_group(bool is_there);
int model_some_consumer(const struct stream_group *group, bool is_dead);
struct stream_group *model_some_work(int *consumer_r);

#endif
