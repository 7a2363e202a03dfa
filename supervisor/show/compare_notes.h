#ifndef OMQ_COMPARE_NOTES_H
#define OMQ_COMPARE_NOTES_H

#include "lib/base/text.h"

#include <stdint.h>

struct err;

/* The notes of a worker of "ordermqctl compare", in a file of its own that
   outlives it. Of each order it notes that it has it in hand ("took order-7
   ID"), and that it has handled it ("done order-7 ID"). Each line is one
   write(2), so that it is there after a kill -9. ID is the entry's, or "-"
   where there is none. */

#define COMPARE_ID_BYTES 48

/* Open the file to add to it; made when it is not there. Returns its
   descriptor, or -1 with ERR_RETRY. */
int compare_notes_open(const char *path, struct err *err);

/* Add a line. Returns 0, or -1 with ERR_RETRY. */
int compare_notes_add(int fd, const char *what, struct text order,
		      const char *id, struct err *err);

/* The notes of one worker about the orders from 1 to orders. */
struct compare_notes {
	int64_t orders;
	unsigned int *times; /* [orders + 1]: how often it has handled each */
	int64_t in_hand; /* the order that it took last and has not handled; 0:
			    none */
	char id[COMPARE_ID_BYTES]; /* of the entry that it handled last; "":
				      none */
};

/* Read them. orders 0: any order, none is counted. Returns 0; or -1 with
   ERR_RETRY when the file cannot be read, or with ERR_REJECT when a line is
   none of ours. Either way the caller must compare_notes_close(). */
int compare_notes_read(const char *path, int64_t orders,
		       struct compare_notes *notes_r, struct err *err);
void compare_notes_close(struct compare_notes *notes);

#endif
