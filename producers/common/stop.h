#ifndef OMQ_STOP_H
#define OMQ_STOP_H

#include <stdbool.h>
#include <stdint.h>

/* SIGINT and SIGTERM ask the program to stop. Only one of this exists in a
   process. */

/* Catch both signals from now on, and ignore SIGPIPE. Returns 0, or -1
   (errno). */
int stop_open(void);

/* The signal that asked to stop, or 0. */
int stop_signal(void);

/* A descriptor to poll: readable, for good, once a signal asked to stop. */
int stop_fd(void);

/* Wait for msecs (-1: for ever), for fd (-1: none) to become readable, or for
   the request to stop, whichever comes first. */
void stop_wait(int fd, int64_t msecs);

#endif
