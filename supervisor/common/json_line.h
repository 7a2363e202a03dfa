#ifndef OMQ_JSON_LINE_H
#define OMQ_JSON_LINE_H

#include "lib/base/text.h"

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

/* A record of an answer: one JSON object, one line. */

/* Write object as one line and release it. NULL (out of memory, or a text that
   is no UTF-8) writes nothing. On a terminal, characters beyond ASCII are
   escaped. */
void json_line_write(FILE *out, json_t *object);

/* A string of any bytes: bytes that are no UTF-8 are shown as \xNN. */
json_t *json_line_text(const char *text);

json_t *json_line_shown(struct text text);

/* A string where nothing may be lost: bytes that are no UTF-8 become an object
   {"base64": "..."}. */
json_t *json_line_bytes(struct text text);

/* As json_line_text(), where the empty string means unknown: null. */
json_t *json_line_text_or_null(const char *text);

/* A number, where a negative one means unknown: null. */
json_t *json_line_count(int64_t count);

/* As json_line_count(), for a number with decimals. */
json_t *json_line_real(double count);

/* A moment in milliseconds since 1970, as RFC 3339 in UTC; out of range:
   null. */
json_t *json_line_time(int64_t msecs);

#endif
