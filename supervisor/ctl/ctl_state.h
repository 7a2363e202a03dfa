#ifndef OMQ_CTL_STATE_H
#define OMQ_CTL_STATE_H

#include "lib/base/err.h"
#include "lib/settings/settings.h"

#include <stdbool.h>

/* Shared by all verbs of ordermqctl: the options that may stand before or
   behind each verb, the operands, and the configuration. */

struct ctl_verb;

struct ctl {
	const char *config;
	const char *socket; /* NULL: the one of the configuration */
	bool as_json;
	const char *build_dir; /* NULL: the installed programs */

	char **argv; /* from the verb on; ends with NULL */
	int argc;
	char name[64]; /* "ordermqctl", then with the verb: for usage */
	const struct ctl_verb *verb;
	/* The words behind the verb that are no options; ctl_take() sets
	   them. */
	char **operands;
	int operand_count;
	int status; /* to return when ctl_take() or ctl_load() has failed */
	/* The last word, which is being typed and is to be completed; NULL: run
	   the verb. */
	const char *typed;

	struct settings settings;
	bool has_settings; /* else the defaults */
	struct err settings_err;
};

/* A verb of "ordermqctl", or of a verb that has verbs of its own. A table of
   them ends with a NULL name. run begins with ctl_take(), after which it
   returns at once while a word is completed, and returns the exit status. */
struct ctl_verb {
	const char *name;
	const char *args; /* for usage, "" for none */
	const char *help;
	int (*run)(struct ctl *ctl);
};

/* An option of a verb; a list of them ends with a NULL name. Its value goes to
   text; an option without a value sets flag. An option with both may be given
   several times: text is then an array that ends with NULL and has room for
   argc values. */
struct ctl_option {
	const char *name;
	char letter; /* '\0': none */
	const char **text;
	bool *flag;
};

#define CTL_OPTIONS_MAX 16 /* the shared ones among them */

#endif
