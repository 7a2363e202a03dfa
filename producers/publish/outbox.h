#ifndef OMQ_OUTBOX_H
#define OMQ_OUTBOX_H

struct err;
struct window;

/* A directory that keeps orders until Redis can have them: see outbox_dir.h and
   outbox_record.h. Any number of processes may append. Not for sharing between
   threads. */
struct outbox;

/* path is borrowed. Returns 0 and an outbox that the caller must
   outbox_close(); or -1 with ERR_RETRY: there is no such directory, or it may
   not be written. */
int outbox_open(const char *path, struct outbox **outbox_r, struct err *err);

/* Set *outbox to NULL. NULL is fine. */
void outbox_close(struct outbox **outbox);

/* Append all orders of the window, in one piece, and have them on the disk.
   Returns 0: they are safe, and noted as done. Or 1 with the reason in err:
   none of them is there, and they may be appended again. Or -1 with ERR_RETRY:
   it failed, and some of them may be there. */
int outbox_flush(struct outbox *outbox, struct window *window, struct err *err);

#endif
