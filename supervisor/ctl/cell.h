#ifndef OMQ_CELL_H
#define OMQ_CELL_H

#include <stdint.h>

/* Numbers for people, in a few letters. They are written into cell, which is
   CELL_BYTES long. */

#define CELL_BYTES 160

/* Bytes, rounded, with at least two digits: "18MiB". */
void cell_size(int64_t bytes, char *cell);

/* A count in at most five letters, rounded down, so that nothing is shown that
   is not there yet: "12345", "1234k", "99M". */
void cell_count(int64_t count, char *cell);

/* As cell_count(), with a decimal where the number is small: "3.5". */
void cell_rate(double rate, char *cell);

/* Seconds: "850us", "1.3ms", "12ms", "1.5s". */
void cell_time(double secs, char *cell);

#endif
