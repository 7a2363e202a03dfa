#ifndef OMQ_SECKILL_OPTIONS_H
#define OMQ_SECKILL_OPTIONS_H

#include "producers/common/setup.h"
#include "producers/seckill/seckill.h"
#include "producers/seckill/seckill_terms.h"

#include <stdbool.h>
#include <stdint.h>

struct err;

/* What the command line of ordermq-seckill says, and how the program speaks. A
   plain value; the strings are those of argv. */

enum seckill_verb {
	SECKILL_LOAD,
	SECKILL_BUY,
	SECKILL_STATUS,
	SECKILL_SERVE,
	SECKILL_VERB_COUNT,
};

struct seckill_options {
	struct setup_choice choice;
	int64_t timeout_msecs;
	enum seckill_verb verb;
	/* Of load, buy and status; what is not given is empty. */
	struct seckill_request request;
	struct seckill_terms terms; /* of load */
	int64_t keep_msecs;         /* of load; -1: not given */
	bool replace;               /* of load */
	const char *listen;         /* of serve; NULL: standard input */
};

/* Read the command line. Returns 0; 1 when --help or --version was asked for,
   and is printed; or -1 with ERR_REJECT: wrong usage. */
int seckill_options_parse(int argc, char **argv,
			  struct seckill_options *options_r, struct err *err);

/* A line on stderr: "ordermq-seckill: ...". */
void seckill_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The exit status after the signal that asked to stop. */
int seckill_signal_status(void);

#endif
