#ifndef OMQ_COMPARE_H
#define OMQ_COMPARE_H

#include <stdbool.h>
#include <stdint.h>

struct compare_options {
	int64_t orders;
	int64_t workers;       /* for each way */
	const char *build_dir; /* where the programs were built; NULL: where
				  they are installed */
	bool as_json;
};

/* "ordermqctl compare": send the same orders through a list, Pub/Sub, plain
   XREAD and a consumer group, on a private redis-server, to real worker
   processes, of which one of each way is killed in the middle of an order and
   one comes late; then count what they noted. Prints while it runs. Returns an
   exit status: 0; 69 when something could not be started; 70 when something
   could not be determined. */
int compare_run(const struct compare_options *options);

#endif
