#ifndef OMQ_CTL_FIXTURE_H
#define OMQ_CTL_FIXTURE_H

#include "tests/process_fixture.h"
#include "tests/program_fixture.h"

#include <jansson.h>

/* ordermqctl on a shop, run as an operator runs it. */

/* What the last run left: its output lives until the next one. */
extern struct program ctl;

/* Run it with the shop's configuration and these words, ended by NULL. Returns
   its exit status. */
int ctl_run_on(const struct shop *shop, ...) __attribute__((sentinel));

/* The same with something to read on its standard input. */
int ctl_feed(const struct shop *shop, const char *input, ...)
	__attribute__((sentinel));

/* Start it, and do not wait. */
void ctl_start(const struct shop *shop, ...) __attribute__((sentinel));

/* Its output as an array of the objects of its lines, each of which must have a
   kind; it lives until the next call, and is released by ctl_forget(). */
json_t *ctl_records(void);
void ctl_forget(void);

/* One value of record number i as JSON text; it lives until the next call. */
const char *ctl_value(size_t i, const char *name);

/* That was its output, where an entry id of now is written "ID" and as many
   blanks as it has more letters. */
void ctl_says(const char *output);

/* For cmocka: shop_close() and ctl_forget(). */
int ctl_close(void **state);

#endif
