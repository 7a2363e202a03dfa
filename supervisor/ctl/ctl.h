#ifndef OMQ_CTL_H
#define OMQ_CTL_H

#include "supervisor/ctl/ctl_state.h"

#include <stdint.h>

/* How a verb of ordermqctl is found, takes its options, and speaks: the frame
   of every verb. Its types are in ctl_state.h. */

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

/* Let ordermqd obey a line, and print what it says. Returns its exit status, or
   EX_UNAVAILABLE when it does not answer within timeout_msecs. */
int ctl_tell(struct ctl *ctl, const char *line, int64_t timeout_msecs);

/* Say "ordermqctl: ..." on stderr, as a line; what is not printable ASCII is
   shown as \xNN. */
void ctl_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
