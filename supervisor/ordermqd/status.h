#ifndef OMQ_STATUS_H
#define OMQ_STATUS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct findings;
struct fleet;

/* The facts about ordermqd itself. */
struct status_head {
	const char *config; /* path of the configuration file */
	int64_t started_msecs;
	bool is_stopping;
	const char *reload_error; /* of the last reload; "": it went well */
	const struct findings *findings;
};

/* Write the state of everything as JSON Lines: one "supervisor", one "stream",
   a "group" for each group, an "other_group" for each group on the stream that
   is not configured, an "instance" for each instance, a "keeper", and a
   "finding" for each thing that is wrong (finding_json.h). Unknown is null. The
   facts are those of the fleet and of the boards of the keeper and the
   instances. */
void status_write(FILE *out, const struct status_head *head,
		  const struct fleet *fleet);

#endif
