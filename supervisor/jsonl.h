#ifndef OMQ_JSONL_H
#define OMQ_JSONL_H

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

/* JSON Lines: one object a line. */

/* Write object as one line and release it. NULL (out of memory, or no UTF-8
   where it is due) writes nothing. */
void jsonl_write(FILE *out, json_t *object);

/* A string of any bytes: those that are no UTF-8 are shown as \xNN. */
json_t *jsonl_text(const char *text);

/* The same, where the empty string means unknown: null. */
json_t *jsonl_text_or_null(const char *text);

/* A number, where a negative one means unknown: null. */
json_t *jsonl_count(int64_t count);

#endif
