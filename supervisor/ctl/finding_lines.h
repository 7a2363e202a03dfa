#ifndef OMQ_FINDING_LINES_H
#define OMQ_FINDING_LINES_H

#include <jansson.h>
#include <stdio.h>

/* The findings of an overview for a person: a line each, as they come, below an
   empty line. Nothing when there are none. */
void finding_lines_print(FILE *out, const json_t *objects);

#endif
