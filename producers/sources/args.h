#ifndef OMQ_ARGS_H
#define OMQ_ARGS_H

struct err;
struct source;

/* One order from count arguments of the form FIELD=VALUE, which are borrowed.
   The value begins behind the first "=" and may be empty. Returns 0 and a
   source that the caller must source_close(); or -1 with ERR_REJECT: an
   argument has no field name. */
int args_open(char *const *args, int count, struct source **source_r,
	      struct err *err);

#endif
