#ifndef OMQ_PROCESS_OPTIONS_H
#define OMQ_PROCESS_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

/* What kind of process it is. */
struct process_kind {
	const char *program; /* the <program> of ordermq-<program> */
	/* NULL: an instance of a group. Else there is one in all, named as its
	   program, and this is what it does, as a sentence for --help. */
	const char *about;
};

/* What was said on the command line of a process: The texts are
   those of argv. */
struct process_options {
	const char *file;
	const char *node;
	const char *group;
	const char *node_id;
	int64_t slot; /* 0: not said */
	bool supervised;
};

/* Take the options. Returns 0; or the exit status plus one as a negative number
   when the process shall end at once: --help, --version, wrong options; what is
   to be said has been said. */
int process_options_parse(struct process_options *options,
			  const struct process_kind *kind, int argc,
			  char **argv);

#endif
