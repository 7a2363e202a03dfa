#ifndef OMQ_CTL_H
#define OMQ_CTL_H

#include "supervisor/ctl/ctl_state.h"

#include <stdint.h>

/* How a verb of ordermqctl is found, takes its options, and speaks: the frame
   of every verb. Its types are in ctl_state.h. */

/* Find the verb that comes next in the arguments, and run it. Returns its exit
   status, or EX_USAGE with the verbs there are on stderr. */
int ctl_run(struct ctl *ctl, const struct ctl_verb *verbs);

/* Complete: the operands are the words that were typed after "ordermqctl";
   print what the last one can become. Returns EX_OK. */
int ctl_complete(struct ctl *ctl, const struct ctl_verb *verbs);

/* Take the options (NULL: only the shared ones) and from least to most
   operands. Returns 0; or -1 with ctl->status when nothing is left to do: the
   help was printed, or the usage is wrong, and that was said. */
int ctl_take(struct ctl *ctl, const struct ctl_option *options, int least,
	     int most);

/* Say on stderr how the verb is used. Returns EX_USAGE. */
int ctl_usage(const struct ctl *ctl);

/* Read the configuration. Returns 0; or -1 with ctl->status when it cannot be
   read: that is said, and the defaults are taken. */
int ctl_load(struct ctl *ctl);

/* The path of the socket that takes every command; and, into path, which is
   CTL_STATUS_PATH_BYTES long, that of the socket beside it, which only
   tells. */
#define CTL_STATUS_PATH_BYTES (SETTINGS_TEXT_BYTES + 16)
const char *ctl_control_path(const struct ctl *ctl);
void ctl_status_path(const struct ctl *ctl, char *path);

/* Send a command to ordermqd, and print its answer. Returns the exit status of
   the answer, or EX_UNAVAILABLE when there is none within timeout_msecs. */
int ctl_tell(struct ctl *ctl, const char *line, int64_t timeout_msecs);

/* Print a line "ordermqctl: ..." on stderr; bytes that are not printable ASCII
   are shown as \xNN. */
void ctl_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
