#ifndef OMQ_VIEW_H
#define OMQ_VIEW_H

#include "lib/base/err.h"
#include "lib/redis/reply.h"
#include "lib/base/when.h"
#include "supervisor/ctl/table.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct ctl;
struct keys;
struct redis;
struct settings;

/* A look of ordermqctl into Redis: a connection, the replies, and how records
   are printed. Functions that return -1 or NULL leave the reason in err, unless
   they say otherwise; view_failed() prints it. */
struct view {
	const struct settings *settings;
	bool as_json;
	struct redis *redis;
	int wake_fd;
	/* Replies live here until the next view_next(). */
	struct arena *arena;
	int64_t now_msecs; /* of Redis, at the beginning */
	/* The table that is being printed; NULL: none yet. */
	const struct table_column *columns;
	struct err err;
};

/* At most this many entries a command asks for. */
#define VIEW_PAGE 500

/* Read the configuration and connect. wake_fd (-1: none) ends every wait: see
   redis.h. Returns EX_OK, or an exit status after it said why. Either way the
   caller must view_close(). */
int view_open(struct view *view, struct ctl *ctl, int wake_fd);
void view_close(struct view *view);

/* Print what has failed, and return the exit status for it: 69 when Redis is
   not reached, 78 when it refuses. */
int view_failed(const struct view *view);

/* Connect anew. Returns 0, or -1. */
int view_connect(struct view *view);

/* Send one command of count words. Returns NULL also for an error reply. */
const struct reply *view_call(struct view *view, const struct text *words,
			      size_t count);

/* The answer to XINFO GROUPS; empty when there is no stream. */
const struct reply *view_groups(struct view *view);

/* The row of one group in XINFO GROUPS; nil when there is no such stream or
   group. */
const struct reply *view_group(struct view *view, const char *stream,
			       const char *group);

/* Does the stream have that group? Returns EX_OK, or the exit status after it
   said which groups there are. */
int view_check_group(struct view *view, const char *group);

/* The id that the text of an option means (see when_id()), WHEN_ID_BYTES long;
   untouched where text is NULL. Returns EX_OK, or EX_DATAERR after it said what
   is wrong. */
int view_when(const struct view *view, const char *option, const char *text,
	      char *id_r);

/* Order numbers, tries and first ids of count ids, of the stream or, with
   replays, of P:<group>:replay: three replies for each id, see orders.lua. */
const struct reply *view_orders(struct view *view, const struct keys *keys,
				bool replays, const struct text *ids,
				size_t count);

/* A row of P:<group>:tries. Nothing is noted before the first failure, so nil
   means no attempts; attempts that cannot be read are -1. */
struct view_tries {
	int64_t attempts;
	struct text failure;
};
struct view_tries view_tries(const struct reply *row);

/* The value of the first field of this name in [name, value, ...], as JSON;
   null when it is not there. */
json_t *view_field(const struct reply *fields, const char *name);

/* Fields as JSON that loses nothing: [[name, value], ...]; null for nil. */
json_t *view_fields(const struct reply *fields);

/* Print one record and release it: a JSON line, or a row of the table, whose
   head is printed before the first row. */
void view_put(struct view *view, const struct table_column *columns,
	      json_t *record);

/* Print text of any length on stdout, as text_show() does. */
void view_print(struct text text);

/* The age of a moment in whole seconds, never negative; -1 for a negative one.
 */
int64_t view_age(const struct view *view, int64_t msecs);

#endif
