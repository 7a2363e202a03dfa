#ifndef OMQ_CELL_H
#define OMQ_CELL_H

#include <stdint.h>

/* Numbers as a person reads them, in a few letters: into cell, CELL_BYTES
   long. */

#define CELL_BYTES 160

/* Bytes; two digits or more are left, so that it is about that: "18MiB". */
void cell_size(int64_t bytes, char *cell);

/* In five letters, cut, not rounded, as what is not yet there is not shown:
   "12345", "1234k", "99M". */
void cell_count(int64_t count, char *cell);

/* The same with a decimal where it is small: "3.5". */
void cell_rate(double rate, char *cell);

/* Seconds: "850us", "1.3ms", "12ms", "1.5s". */
void cell_time(double secs, char *cell);

#endif
