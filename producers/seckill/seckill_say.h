#ifndef OMQ_SECKILL_SAY_H
#define OMQ_SECKILL_SAY_H

/* A line on stderr: "ordermq-seckill: ...". */
void seckill_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The exit status after the signal that asked to stop. */
int seckill_signal_status(void);

#endif
