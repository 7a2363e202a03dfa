#ifndef OMQ_LATENCY_H
#define OMQ_LATENCY_H

#include <stdint.h>

/* A histogram of microseconds in a file, exact up to 255 and within 1 % beyond.
   It is a shared map: what was counted is there at any moment, however its
   writer ends. One writer a file. */

struct latency;

/* Create the file at path. Ends the process when that fails. */
struct latency *latency_open(const char *path);
void latency_close(struct latency **latency);

void latency_add(struct latency *latency, int64_t usecs);

/* Print count, p50, p99, p999 and max of all the files together as one JSON
   object. Ends the process when one cannot be read. */
void latency_print(char *const *paths, int count);

#endif
