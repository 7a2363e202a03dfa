#ifndef OMQ_ROSTER_H
#define OMQ_ROSTER_H

#include "lib/settings/settings.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

/* The changes that a reload makes: the difference of two configurations, group
   by group. Pure. Instances are numbered from 1, so a count says which
   instances there are: a group that grows starts the missing numbers, one that
   shrinks stops the highest, and those in between are not touched. */

#define ROSTER_MAX (2 * SETTINGS_GROUPS_MAX)

struct roster_change {
	char name[SETTINGS_NAME_BYTES];
	int64_t before; /* instances; 0: a new group */
	int64_t after;  /* instances; 0: the group goes */
	/* The range in which the group scales; two equal numbers: it does
	   not. */
	int64_t least_before, most_before;
	int64_t least_after, most_after;
	bool rolls;   /* the instances that stay need the new settings */
	bool is_live; /* something changes that ordermqd alone obeys */
};

struct roster {
	struct roster_change changes[ROSTER_MAX];
	size_t count;
	bool log_level_live; /* changes, and everything goes on */
	bool retention_live; /* likewise; the keeper alone obeys it */
	bool silence_live;   /* likewise */
	bool drain_live;     /* likewise; those that run keep their own share */
	bool hang_live;      /* likewise; ordermqd alone obeys it */
};

/* Compare. Returns 0; or -1 with ERR_FATAL, naming the key, when something
   changed that only a restart of ordermqd can change. */
int roster_compare(const struct settings *before, const struct settings *after,
		   struct roster *roster_r, struct err *err);

/* For people: "points 3 -> 5 (+2), push unchanged, log.level live". buf is cut
   where it is full. Returns buf. */
const char *roster_summary(const struct roster *roster, char *buf,
			   size_t bytes);

/* The change of one group, or NULL. */
const struct roster_change *roster_find(const struct roster *roster,
					const char *name);

#endif
