#ifndef OMQ_SECKILL_SERVE_H
#define OMQ_SECKILL_SERVE_H

struct seckill_queue;

/* Decide on the requests of standard input, or of whoever connects to the Unix
   socket at path (NULL: standard input); until that ends, or until a signal
   says to stop: then what was taken is answered. Says on stderr what is wrong.
   Returns the exit status. */
int seckill_serve(struct seckill_queue *queue, const char *path);

#endif
