#ifndef OMQ_FINDING_MEMORY_H
#define OMQ_FINDING_MEMORY_H

#include "supervisor/keeper/finding_look.h"

/* The former content of Redis in numbers, which the keeper of this host keeps
   over its own restarts, in a file beside the boards. Without it an emptied
   Redis looks like a new one. */

#define FINDING_MEMORY_FILE "remembered.json" /* in the runtime directory */
#define FINDING_MEMORY_STREAMS 4              /* the last ones only */

/* An emptied Redis is told for this time, unless the content is back before. */
#define FINDING_MEMORY_TOLD_MSECS INT64_C(86400000)

struct finding_ledger {
	char name[SETTINGS_NAME_BYTES];
	int64_t lines;
};

struct finding_memory_stream {
	char key[SETTINGS_TEXT_BYTES];
	int64_t added; /* entries there ever were */
	struct finding_ledger ledgers[SETTINGS_GROUPS_MAX];
	int64_t ledger_count;
	int64_t emptied_msecs; /* since 1970; 0: it was not */
};

struct finding_memory {
	char path[SETTINGS_TEXT_BYTES + 32];
	/* The first one is the one in use. */
	struct finding_memory_stream streams[FINDING_MEMORY_STREAMS];
	size_t count;
	int64_t saved_msecs; /* by clock_msecs() */
	bool is_changed;
	bool has_failed; /* to be written; said once */
};

/* Read the file in dir, and put the stream of that key in use. An unreadable
   file is taken for a missing one. */
void finding_memory_open(struct finding_memory *memory, const char *dir,
			 const char *key);

/* Compare a look with the notes, and note it. The stream in use was emptied
   when less than half of its former content is left. */
void finding_memory_note(struct finding_memory *memory,
			 const struct finding_look *look);

/* Write the file, when there is something new, at most every few seconds. */
void finding_memory_save(struct finding_memory *memory);

#endif
