#ifndef OMQ_HANDLER_H
#define OMQ_HANDLER_H

#include "lib/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct command;
struct consumer;
struct delivery;
struct err;
struct pollfd;
struct settings;
struct settings_group;

/* What a handler may look at while it opens; all of it is borrowed for the life
   of the process. */
struct handler_setup {
	struct consumer *consumer;
	const struct settings *settings;
	const struct settings_group *group;
	const char *instance; /* "points-2" */
};

/* Most entries in one settling call: a script must not hold up the server. */
#define HANDLER_ENTRIES_MAX 1024

/* An effect that lives in Redis: a script that the skeleton runs in the place
   of an XACK. It begins with lib/scripts/fence.lua and early.lua, and calls
   account_early() with the new entries when some of them were not pending. It
   gets the keys stream,
   owners, books, tries and then P:<group>:<key> for each of keys, and the
   arguments group, consumer, token, and what the handler adds. It settles all
   entries of its call, or changes nothing and answers with 'split' and the
   positions (from 1, growing) of those that have to go in calls of their own:
   see consumers/ledger.lua. Without positions each goes alone. Calls follow the
   sequence in which entries were given to consumer_apply(). */
struct handler_effect {
	const char *script;
	const char *const *keys; /* ended by NULL, at most 4 */

	/* Put the arguments of one call together: begin(), then add() what
	   was given to consumer_apply() for one entry after the other, at most
	   HANDLER_ENTRIES_MAX. Where that returns false the entry cannot go
	   with those before, and begins the next call; the first one always
	   can. write() adds to the command what the script wants of them all,
	   at most 8 words an entry, which must live until they are settled or
	   the next begin(). They are called between entries, by
	   consumer_touch(), too. All three may be NULL: then what was given for
	   each entry is a struct handler_words, and these follow each other. */
	void (*begin)(void *state);
	bool (*add)(void *state, void *effect);
	void (*write)(void *state, struct command *command);
};

#define HANDLER_WORDS_MAX 8

/* What a script wants of one entry: see struct handler_effect. */
struct handler_words {
	size_t count;
	struct text words[HANDLER_WORDS_MAX];
};

/* What one kind of consumer does. */
struct handler {
	const char *name; /* of the program, without "ordermq-" */
	bool groupless;   /* plain XREAD: every instance sees every entry */
	const struct handler_effect *effect; /* NULL: none in Redis */

	/* Open what the others need. Runs once, before the first read. open()
	   and close() may be NULL: the state is then the consumer. */
	int (*open)(const struct handler_setup *setup, void **state_r,
		    struct err *err);

	/* Take count entries, each a valid order. For every one of them
	   consumer_done(), _apply(), _reject(), _retry() or _postpone() must be
	   called once, now or later, in any order. It is called from the main
	   loop, and may block: see consumer_touch(). The list is the caller's,
	   and ends with the call. */
	void (*handle)(void *state, struct delivery *const *deliveries,
		       size_t count);

	/* For a handler that waits for descriptors of its own; else NULL.
	   poll() fills in at most size descriptors, and the time of
	   clock_msecs() by which wake() must be called in any case (-1: none).
	   wake() is called when one is ready, or the time has come. What
	   handle() keeps for wake() it has touched: only entries that were not
	   touched go back when a touch answers false. */
	size_t (*poll)(void *state, struct pollfd *fds, size_t size,
		       int64_t *deadline_msecs_r);
	void (*wake)(void *state, const struct pollfd *fds, size_t count);

	/* Release the state and set *state to NULL. */
	void (*close)(void **state);
};

#endif
