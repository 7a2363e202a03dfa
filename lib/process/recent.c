/* Figures of the last seconds, on the board. The consumer writes them, ordermqd
   and ordermqctl status add them up. */

#include "config.h"

#include "lib/process/recent.h"

#define USECS_PER_SEC 1000000

/* The first bucket ends at 2^FIRST_BITS microseconds. */
#define FIRST_BITS 6

static uint64_t word(const _Atomic uint64_t *word)
{
	return atomic_load_explicit(word, memory_order_acquire);
}

static void word_set(_Atomic uint64_t *word, uint64_t value)
{
	atomic_store_explicit(word, value, memory_order_release);
}

/* One writer: no need for an atomic addition. */
static void word_add(_Atomic uint64_t *to, uint64_t count)
{
	word_set(to, atomic_load_explicit(to, memory_order_relaxed) + count);
}

/* The span of the running second, emptied when it is still that of an earlier
   one. */
static struct recent_span *span_at(struct recent *recent, int64_t now_usecs)
{
	uint64_t second = (uint64_t)now_usecs / USECS_PER_SEC + 1;
	struct recent_span *span = &recent->spans[second % RECENT_SPANS];

	if (word(&span->second) == second)
		return span;
	word_set(&span->second, 0);
	word_set(&span->done, 0);
	word_set(&span->busy_usecs, 0);
	for (int i = 0; i < RECENT_BUCKETS; i++)
		word_set(&span->took[i], 0);
	word_set(&span->second, second);
	return span;
}

static int bucket_of(int64_t usecs)
{
	int bits, bucket;

	if (usecs < 1 << FIRST_BITS)
		return 0;
	bits = 63 - __builtin_clzll((unsigned long long)usecs);
	bucket = 1 + (bits - FIRST_BITS) * 4 + (int)(usecs >> (bits - 2) & 3);
	return bucket < RECENT_BUCKETS ? bucket : RECENT_BUCKETS - 1;
}

/* The time at which a bucket ends; the last one has no end, so the time at
   which it begins. */
static int64_t bucket_end(int bucket)
{
	int bits = FIRST_BITS + (bucket - 1) / 4;
	int part = bucket == RECENT_BUCKETS - 1 ? 4 : 5 + (bucket - 1) % 4;

	return bucket == 0 ? 1 << FIRST_BITS : (int64_t)part << (bits - 2);
}

void recent_done(struct recent *recent, int64_t now_usecs, int64_t took_usecs,
		 uint64_t count)
{
	struct recent_span *span = span_at(recent, now_usecs);

	word_add(&span->done, count);
	word_add(&span->took[bucket_of(took_usecs)], count);
}

void recent_busy(struct recent *recent, int64_t now_usecs, int64_t usecs)
{
	word_add(&span_at(recent, now_usecs)->busy_usecs, (uint64_t)usecs);
}

void recent_add(const struct recent *recent, int64_t now_usecs,
		struct recent_sum *sum)
{
	uint64_t now = (uint64_t)now_usecs / USECS_PER_SEC + 1;

	for (int i = 0; i < RECENT_SPANS; i++) {
		const struct recent_span *span = &recent->spans[i];
		uint64_t second = word(&span->second);

		if (second == 0 || second >= now || second + RECENT_SECS < now)
			continue;
		sum->done += word(&span->done);
		sum->busy_usecs += word(&span->busy_usecs);
		for (int j = 0; j < RECENT_BUCKETS; j++)
			sum->took[j] += word(&span->took[j]);
	}
}

double recent_rate(const struct recent_sum *sum)
{
	return (double)sum->done / RECENT_SECS;
}

int64_t recent_usecs(const struct recent_sum *sum, unsigned int percent)
{
	uint64_t all = 0, seen = 0;
	int bucket;

	for (int i = 0; i < RECENT_BUCKETS; i++)
		all += sum->took[i];
	if (all == 0)
		return -1;
	for (bucket = 0; bucket < RECENT_BUCKETS - 1; bucket++) {
		seen += sum->took[bucket];
		if ((double)seen >= (double)all * percent / 100)
			break;
	}
	return bucket_end(bucket);
}
