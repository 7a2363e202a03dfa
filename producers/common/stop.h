#ifndef OMQ_STOP_H
#define OMQ_STOP_H

#include <stdbool.h>
#include <stdint.h>

/* SIGINT and SIGTERM ask the program to stop. One of it in a process. */

/* Catch them from now on, and ignore SIGPIPE. Returns 0, or -1 (errno). */
int stop_open(void);

/* The signal that asked for it, or 0. */
int stop_signal(void);

/* Readable once it was asked for, and for good; to poll. */
int stop_fd(void);

/* Wait for msecs (-1: for ever), for fd (-1: none) to become readable, or for
   the request to stop, whichever comes first. */
void stop_wait(int fd, int64_t msecs);

#endif
