#ifndef OMQ_NUM_H
#define OMQ_NUM_H

#include <stdint.h>
#include <stddef.h>

/* Strict numbers and units. A text is taken whole or not at all: no leading
   blank, no sign, no silent wrap, nothing behind the number. Unless it says
   otherwise a function returns 0; or -1, and its out-parameter is untouched. */

/* Decimal digits only, at most INT64_MAX. Text of length bytes; it need not be
   terminated. */
int num_parse(const char *text, size_t length, int64_t *value_r);

/* The number, at most UINT64_MAX, that a text of length bytes begins with.
   Returns the count of its digits; or 0 when there is no digit or the number is
   larger, and *value_r is untouched. */
size_t num_read(const char *text, size_t length, uint64_t *value_r);

/* Write value in decimal digits, with a minus when it is negative, to buf,
   which has room for NUM_BYTES; terminated. Returns the length. */
#define NUM_BYTES 21
size_t num_format(int64_t value, char *buf);

/* A non-negative decimal such as "69.99", times scale, must be a whole number
   at most INT64_MAX. A decimal is digits, or digits "." digits. */
struct num_decimal {
	int64_t mantissa;    /* 6999 */
	unsigned int places; /* 2 */
};
int num_parse_decimal(const char *text, size_t length,
		      struct num_decimal *decimal_r);

/* a * b. -1 when it does not fit. */
int num_decimal_multiply(const struct num_decimal *a,
			 const struct num_decimal *b,
			 struct num_decimal *product_r);

/* decimal * scale as a whole number. -1 when it is none, or does not fit. */
int num_decimal_scale(const struct num_decimal *decimal, int64_t scale,
		      int64_t *value_r);

/* "200ms", "30s", "5m", "12h", "7d"; a bare "0" is zero. */
int num_parse_duration(const char *text, int64_t *msecs_r);

/* "512B", "64KiB", "64MiB", "2GiB"; a bare "0" is zero. */
int num_parse_size(const char *text, int64_t *bytes_r);

/* A duration or a size as a person writes it: the largest unit that leaves a
   whole number. buf is at least NUM_TEXT_MAX bytes; returns buf. */
#define NUM_TEXT_MAX 32
const char *num_format_duration(int64_t msecs, char *buf);
const char *num_format_size(int64_t bytes, char *buf);

#endif
