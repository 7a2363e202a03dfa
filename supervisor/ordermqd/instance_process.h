#ifndef OMQ_INSTANCE_PROCESS_H
#define OMQ_INSTANCE_PROCESS_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct instance;

/* The process of an instance: to start it, to signal it, to ask the kernel
   about it. instance.c alone decides when. */

/* Start the process of instance and watch its end and its words; the callbacks
   of instance->death and instance->words must be set. Returns 0; or -1 with
   ERR_RETRY, and then there is no process. */
int instance_process_start(struct instance *instance, struct err *err);

/* Send signal. A process that has just ended is no failure. */
void instance_process_signal(struct instance *instance, int signal);

/* Since when the process has given no sign of life: it is busy with one thing,
   by its board, or a signal (SIGSTOP) keeps it stopped, which is noted in
   frozen_msecs. 0: it does give one, or it waits for something to do, and
   cannot hang. */
int64_t instance_process_silent_since(struct instance *instance,
				      int64_t now_msecs);

/* Tell the process, if there is one, at which level it is to log. */
void instance_process_log_level(const struct instance *instance);

/* Write into instance->last_exit how the process ended, by the answer of
   waitid(). */
void instance_process_note_exit(struct instance *instance,
				const siginfo_t *info);

/* Write the path of the board of instance to path. */
void instance_process_board_path(const struct instance *instance, char *path,
				 size_t bytes);

/* Bytes of memory that the process of instance has in use now, by proc(5); -1:
   the kernel does not tell. There must be a process. */
int64_t instance_process_memory_bytes(const struct instance *instance);

#endif
