#ifndef OMQ_TERMINAL_H
#define OMQ_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

/* The terminal of a program that shows a screen which changes. There is one a
   process. Taken, it shows a screen of its own without a cursor, and keys come
   one by one without an echo. However the process ends, SIGKILL aside, it is
   given back first: by signals, too, which have their usual effect then; while
   the process is stopped it is the shell's. */

/* Is standard output a terminal that can do that? */
bool terminal_is_there(void);

/* Take it. Returns 0, or -1 with ERR_RETRY. */
int terminal_open(struct err *err);

/* Give it back. Does nothing when it is not taken. */
void terminal_close(void);

/* How large it is now; 24 rows of 80 columns where it does not tell. */
void terminal_size(size_t *rows_r, size_t *columns_r);

/* Show these bytes as they are. Returns 0, or -1: nobody shows them. */
int terminal_write(const char *bytes, size_t count);

/* Wait for a key at most until deadline_msecs of clock_msecs(). Returns it; 0
   when there was none, or when it is time to draw anew since the size has
   changed or the process was stopped; or -1 when no key can come any more. */
int terminal_key(int64_t deadline_msecs);

#endif
