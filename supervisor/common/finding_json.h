#ifndef OMQ_FINDING_JSON_H
#define OMQ_FINDING_JSON_H

#include "supervisor/common/finding.h"

#include <jansson.h>

/* A finding as an object: {"kind": "finding", "id", "severity", "group",
   "instance", "since", "number", "text", "remedy"}; what it has none of, or
   nobody knows, is null. */
json_t *finding_json(const struct finding *finding);

/* The object back. Returns 0; or -1: it is none, or one of a kind that this
   release does not know. */
int finding_from_json(const json_t *object, struct finding *finding_r);

#endif
