#ifndef OMQ_SLOT_PROCESS_H
#define OMQ_SLOT_PROCESS_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

struct err;
struct slot;

/* What a slot does with its process; for slot.c alone, who decides when. */

/* Start the process of slot and watch its end and its words; the callbacks of
   slot->death and slot->words must be set. Returns 0; or -1 with ERR_RETRY, and
   then there is no process. */
int slot_process_start(struct slot *slot, struct err *err);

/* Send signal. A process that has just ended is no failure. */
void slot_process_signal(struct slot *slot, int signal);

/* Has a signal (SIGSTOP) stopped it, and none let it go on? */
bool slot_process_is_stopped(const struct slot *slot);

/* Tell it at which level it is to log, if it runs. */
void slot_process_log_level(const struct slot *slot);

/* Say in slot->last_exit how it ended, as waitid() told. */
void slot_process_note_exit(struct slot *slot, const siginfo_t *info);

/* Where the board of slot is. */
void slot_process_board_path(const struct slot *slot, char *path, size_t bytes);

#endif
