#ifndef OMQ_EVENTS_H
#define OMQ_EVENTS_H

#include <stdint.h>
#include <stdio.h>

/* The last EVENTS_MAX events, in the memory of ordermqd: what happened, to
   which instance or group, when and why. */
struct events;

#define EVENTS_MAX 512

/* Returns NULL when out of memory. */
struct events *events_open(void);
void events_close(struct events **events);

/* Note that something has happened to name; cut where it is long. */
void events_add(struct events *events, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Write as JSON Lines an "events" with the number of the next one, and each
   "event" whose number is not below from, oldest first; the first one ever has
   number 0. */
void events_write(FILE *out, const struct events *events, int64_t from);

#endif
