#ifndef OMQ_DEAD_CHOICE_H
#define OMQ_DEAD_CHOICE_H

#include "lib/stream/keys.h"
#include "supervisor/ctl/redis/dead_letter.h"
#include "supervisor/ctl/redis/view.h"

#include <stdbool.h>
#include <stdint.h>

struct ctl;

/* The words of a command about a page of letters, three for each. */
#define DEAD_CHOICE_WORDS (4 + 3 * VIEW_PAGE)

/* The dead letters that a verb of "ordermqctl dead" is about, and what it does
   with them. Letters come page by page, oldest first, and are never all in
   memory; a verb that was interrupted can simply be run again. */
struct dead_choice {
	/* Set by the caller: what to do with a letter, and at the end of a
	   page, before its letters are released (NULL: nothing). Both return 0,
	   or -1 with the view's err. */
	int (*take)(struct dead_choice *choice,
		    const struct dead_letter *letter);
	int (*page)(struct dead_choice *choice);
	const char *reason; /* only those with this text in it; NULL: all */
	const char *since;  /* only those from there on; NULL: all */
	bool dry_run;

	struct view view;
	struct keys keys;
	const char *group; /* NULL: all */
	int64_t count;     /* letters taken */
	bool missing;      /* some are not there, or not whole; it was said */
	/* For the caller: a command about the letters of a page. */
	struct text words[DEAD_CHOICE_WORDS];
	size_t word_count;
};

/* Take the letters that the operands of ctl name: a group or ALL, and behind
   it ids, "-" for ids on standard input, or ALL, which is also meant when
   nothing is behind it. Returns the exit status. The caller must
   dead_choice_close(). */
int dead_choice_run(struct dead_choice *choice, struct ctl *ctl);
void dead_choice_close(struct dead_choice *choice);

/* Print how many letters were done with, by a word such as "dropped". */
void dead_choice_say(const struct dead_choice *choice, const char *done);

#endif
