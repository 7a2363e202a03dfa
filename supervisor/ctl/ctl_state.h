#ifndef OMQ_CTL_STATE_H
#define OMQ_CTL_STATE_H

#include "lib/base/err.h"
#include "lib/settings/settings.h"

#include <stdbool.h>

/* What all verbs of ordermqctl share: the options that each of them takes,
   before it or behind it, and the configuration. */

struct ctl_verb;

struct ctl {
	const char *config;
	const char *socket; /* NULL: what the configuration says */
	bool as_json;
	const char *build_dir; /* NULL: the installed programs */

	char **argv; /* from the verb on; ends with NULL */
	int argc;
	char name[64]; /* "ordermqctl", then with the verb: for usage */
	const struct ctl_verb *verb;
	/* What stands behind the verb beside options; ctl_take() sets them. */
	char **operands;
	int operand_count;
	int status; /* to return when ctl_take() or ctl_load() has failed */
	/* The word that is being typed behind all others, which the shell wants
	   to complete; NULL: do what the words say. */
	const char *typed;

	struct settings settings;
	bool has_settings; /* else the defaults */
	struct err settings_err;
};

/* What can be typed behind "ordermqctl", or behind a verb that has verbs of its
   own. A table of them ends with a NULL name. run begins with ctl_take(), which
   is all it does while a word is completed, and returns the exit status. */
struct ctl_verb {
	const char *name;
	const char *args; /* for usage, "" for none */
	const char *help;
	int (*run)(struct ctl *ctl);
};

/* An option of a verb's own; a list of them ends with a NULL name. Where its
   value goes: text, or flag when it has none. With both it may be given several
   times: text is an array that ends with NULL and has room for argc values. */
struct ctl_option {
	const char *name;
	char letter; /* '\0': none */
	const char **text;
	bool *flag;
};

#define CTL_OPTIONS_MAX 16 /* the shared ones among them */

#endif
