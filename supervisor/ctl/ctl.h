#ifndef OMQ_CTL_H
#define OMQ_CTL_H

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

/* Find the verb that comes next in the arguments, and run it. Returns its exit
   status, or EX_USAGE with the verbs there are on stderr. */
int ctl_run(struct ctl *ctl, const struct ctl_verb *verbs);

/* Print what the last of the words can become that are given after the verb,
   and were typed after "ordermqctl". Returns EX_OK. */
int ctl_complete(struct ctl *ctl, const struct ctl_verb *verbs);

/* Take the options (NULL: none but the shared ones) and least to most operands.
   Returns 0; or -1 when there is nothing left to do: help was asked for, or the
   usage is wrong, and that was said. */
int ctl_take(struct ctl *ctl, const struct ctl_option *options, int least,
	     int most);

/* Say on stderr how the verb is used. Returns EX_USAGE. */
int ctl_usage(const struct ctl *ctl);

/* Read the configuration; when it cannot be, say so, and take the defaults.
   Returns 0, or -1. */
int ctl_load(struct ctl *ctl);

/* The socket to steer ordermqd by; and the one to look by, which lies beside
   it, into path, CTL_STATUS_PATH_BYTES long. */
#define CTL_STATUS_PATH_BYTES (SETTINGS_TEXT_BYTES + 16)
const char *ctl_control_path(const struct ctl *ctl);
void ctl_status_path(const struct ctl *ctl, char *path);

/* Say "ordermqctl: ..." on stderr, as a line; what is not printable ASCII is
   shown as \xNN. */
void ctl_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
