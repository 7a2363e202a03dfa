#ifndef OMQ_TERMINAL_H
#define OMQ_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

/* The terminal of a program that shows a changing screen. A process has one.
   While it is taken, it shows a screen of its own without a cursor, and keys
   come one by one without an echo. However the process ends, SIGKILL aside, the
   terminal is given back first: also on signals, which then have their usual
   effect, and while the process is stopped. */

/* Is standard output a terminal that has such a screen? */
bool terminal_is_there(void);

/* Take the terminal. Returns 0, or -1 with ERR_RETRY. */
int terminal_open(struct err *err);

/* Give the terminal back. Does nothing when it is not taken. */
void terminal_close(void);

/* Its present size; 24 rows of 80 columns where that is unknown. */
void terminal_size(size_t *rows_r, size_t *columns_r);

/* Write these bytes as they are. Returns 0, or -1: the terminal is gone. */
int terminal_write(const char *bytes, size_t count);

/* Wait for a key, at most until deadline_msecs of clock_msecs(). Returns the
   key; 0 when none came, or when the screen must be drawn anew since the size
   has changed or the process was stopped; or -1 when no key can come any
   more. */
int terminal_key(int64_t deadline_msecs);

#endif
