#ifndef OMQ_WHEN_H
#define OMQ_WHEN_H

#include <stdint.h>

/* Moments in milliseconds since 1970, as text. */

#define WHEN_TEXT_BYTES 32 /* "2026-11-20T10:00:00.000Z" */
#define WHEN_ID_BYTES 48

/* The end of the year 9999, beyond which there is no RFC 3339. */
#define WHEN_MSECS_MAX INT64_C(253402300799999)

/* Write a moment, from 0 to WHEN_MSECS_MAX, as RFC 3339 in UTC with
   milliseconds. Returns buf. */
const char *when_format(int64_t msecs, char *buf);

/* Read an RFC 3339 time, with or without seconds and their fraction. Returns 0,
   or -1. */
int when_parse(const char *text, int64_t *msecs_r);

/* Read a place in a stream: an entry id with one part or both, an RFC 3339
   time, or how long before now_msecs ("2h" or "-2h"). The id for XRANGE goes to
   id_r, WHEN_ID_BYTES long; an id without its second part means all entries of
   that millisecond. Returns 0, or -1. */
int when_id(const char *text, int64_t now_msecs, char *id_r);

/* The milliseconds of an entry id, or -1. */
int64_t when_of_id(const char *id);

#endif
