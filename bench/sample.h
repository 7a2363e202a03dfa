#ifndef OMQ_SAMPLE_H
#define OMQ_SAMPLE_H

#include <stdint.h>

/* The orders of the benchmark: order i, counted from 0, is the same in every
   run, so that the sums at the end are known. About 115 bytes in five fields:
   orderno, userid, amount, product, ts. */

/* "OR00000000042" */
#define SAMPLE_ORDERNO_BYTES 24

const char *sample_orderno(uint64_t i, char *buf);

/* The account, one of that many, from 1000000 on. */
uint64_t sample_user(uint64_t i, uint64_t users);

/* Minor units, 100 to 19999. */
uint64_t sample_amount(uint64_t i);

/* What sample_amount() earns by the default rule: 1 point per 100. */
uint64_t sample_points(uint64_t i);

const char *sample_product(uint64_t i);

#endif
