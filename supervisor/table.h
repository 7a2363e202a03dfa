#ifndef OMQ_TABLE_H
#define OMQ_TABLE_H

#include <jansson.h>
#include <stdio.h>

/* Show an overview (see overview.h) to a person: a head line, a table of the
   groups and one of the instances, in 80 columns. What is unknown is "?". */
void table_print(FILE *out, const json_t *objects);

#endif
