#ifndef OMQ_VERIFY_H
#define OMQ_VERIFY_H

#include <stdbool.h>

struct settings;

/* Do the books balance? Everything a group was due is settled, pending or
   undelivered; every balance is the sum of its ledger lines; every event that
   push has acknowledged is in its log. It only reads, unless it is asked to
   correct the books, and holds while entries flow. */
struct verify_options {
	const char *const *groups;    /* ended by NULL; none: all */
	const char *const *push_logs; /* ended by NULL; none: not looked at */
	bool correct; /* tell what is wrong in the books by an older version */
	bool execute; /* and correct it */
	bool as_json;
};

/* Print the result on stdout. Returns 0 when all books balance, 70 when
   something is off or cannot be known, 65 when a group or a push log is not
   there, 69 when Redis does not answer. */
int verify_run(const struct settings *settings,
	       const struct verify_options *options);

#endif
