#ifndef OMQ_SECKILL_BENCH_H
#define OMQ_SECKILL_BENCH_H

struct seckill_options;
struct settings;

/* Let the users race for the items, check every sum, and print how it went.
   Returns the exit status: EX_SOFTWARE when a sum is wrong. */
int seckill_bench(const struct seckill_options *options,
		  const struct settings *settings);

#endif
