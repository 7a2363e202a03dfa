#ifndef OMQ_DEMO_TABLE_H
#define OMQ_DEMO_TABLE_H

#include "supervisor/show/demo_count.h"

#include <stdbool.h>

/* The tables of the demo, for a person in front of 80 columns. */

/* Find out about colour (only on a terminal, and NO_COLOR is respected) and
   about block characters (only where the locale has them). */
void demo_table_open(void);

/* 12,345: in threes, as in the orders of a shop; in buf, which is
   DEMO_NUMBER_BYTES long. Returns buf. */
#define DEMO_NUMBER_BYTES 32
const char *demo_number(int64_t value, char *buf);

/* Print a line of the story: which program it is about, and what happened. */
void demo_say(const char *who, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* A heading. */
void demo_title(const char *text);

/* The head of a table of groups, and a group in it with a bar for each
   instance. */
void demo_table_head(void);
void demo_table_group(const struct demo_group *group);

/* A line of the verdict: right or wrong. */
void demo_verdict(bool right, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
