#ifndef OMQ_PROCESS_OPTIONS_H
#define OMQ_PROCESS_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

/* What kind of process it is. */
struct process_kind {
	const char *program; /* the <program> of ordermq-<program> */
	/* NULL: an instance of a group. Else there is only one such process,
	   named as its program, and about says what it does, as a sentence for
	   --help. */
	const char *about;
};

/* The command line of a process. The texts are those of argv. */
struct process_options {
	const char *file;
	const char *node;
	const char *group;
	const char *node_id;
	int64_t slot; /* number of the instance; 0: not given */
	bool supervised;
};

/* Read the command line. Returns 0; or, when the process shall end at once,
   after --help, --version or a wrong option, -1 - its exit status. What there
   is to say has been said. */
int process_options_parse(struct process_options *options,
			  const struct process_kind *kind, int argc,
			  char **argv);

#endif
