#ifndef OMQ_SECKILL_OPTIONS_H
#define OMQ_SECKILL_OPTIONS_H

#include "producers/seckill/seckill.h"
#include "producers/seckill/seckill_terms.h"
#include "producers/common/setup.h"

#include <stdbool.h>
#include <stdint.h>

struct err;

/* What the command line of ordermq-seckill says. A plain value; the strings are
   those of argv. */

enum seckill_verb {
	SECKILL_LOAD,
	SECKILL_BUY,
	SECKILL_STATUS,
	SECKILL_SERVE,
	SECKILL_BENCH,
	SECKILL_VERB_COUNT,
};

struct seckill_options {
	struct setup_choice choice;
	int64_t timeout_msecs;
	enum seckill_verb verb;
	/* Of load, buy and status; what is not given is empty. */
	struct seckill_request request;
	/* Of load; stock and amount also of bench. */
	struct seckill_terms terms;
	bool replace;
	const char *listen; /* of serve; NULL: standard input */
	/* Of bench. */
	int64_t users;
	int64_t processes;
	bool done; /* --help or --version was asked for, and is printed */
};

/* Read the command line. Returns 0, or -1 with ERR_REJECT: wrong usage. */
int seckill_options_parse(int argc, char **argv,
			  struct seckill_options *options_r, struct err *err);

#endif
