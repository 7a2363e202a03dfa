#ifndef OMQ_SECKILL_LISTEN_H
#define OMQ_SECKILL_LISTEN_H

struct err;

/* Listen on a Unix socket at path, with mode 0660. A socket that another
   process left there is removed. Returns the descriptor, which does not block;
   or -1 with ERR_RETRY: the path is too long, another process listens there, or
   it is no socket. */
int seckill_listen(const char *path, struct err *err);

/* Close the descriptor, and remove the path. */
void seckill_unlisten(const char *path, int fd);

#endif
