#ifndef OMQ_SECKILL_SERVE_H
#define OMQ_SECKILL_SERVE_H

struct seckill_queue;

/* Answer the requests of standard input (path NULL), or of the clients that
   connect to the Unix socket at path; until the input ends, or until a signal
   says to stop: then the requests that were taken are answered. Says on stderr
   what is wrong. Returns the exit status. */
int seckill_serve(struct seckill_queue *queue, const char *path);

#endif
