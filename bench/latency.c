#include "config.h"

#include "bench/latency.h"

#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

/* Each power of two from 2^8 on is cut into 128. */
#define LATENCY_EXACT 256
#define LATENCY_STEPS 128
#define LATENCY_POWERS 24
#define LATENCY_BUCKETS (LATENCY_EXACT + LATENCY_POWERS * LATENCY_STEPS)

struct latency {
	uint64_t buckets[LATENCY_BUCKETS];
};

static size_t bucket_of(uint64_t usecs)
{
	size_t power, bucket;

	if (usecs < LATENCY_EXACT)
		return usecs;
	power = 63 - (size_t)__builtin_clzll(usecs) - 8;
	bucket = LATENCY_EXACT + power * LATENCY_STEPS +
		 (usecs >> (power + 1)) - LATENCY_STEPS;
	return bucket < LATENCY_BUCKETS ? bucket : LATENCY_BUCKETS - 1;
}

/* The least of a bucket. */
static uint64_t usecs_of(size_t bucket)
{
	size_t power = bucket / LATENCY_STEPS - 2;

	return bucket < LATENCY_EXACT ? bucket
				      : (LATENCY_STEPS + bucket % LATENCY_STEPS)
						<< (power + 1);
}

static struct latency *map(const char *path, int flags, int protection)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);
	struct latency *latency;

	if (fd < 0)
		err(1, "%s", path);
	if ((flags & O_CREAT) != 0 && ftruncate(fd, sizeof(*latency)) < 0)
		err(1, "%s", path);
	latency = mmap(NULL, sizeof(*latency), protection, MAP_SHARED, fd, 0);
	if (latency == MAP_FAILED)
		err(1, "%s", path);
	(void)close(fd);
	return latency;
}

struct latency *latency_open(const char *path)
{
	return map(path, O_RDWR | O_CREAT | O_TRUNC, PROT_READ | PROT_WRITE);
}

void latency_close(struct latency **latency)
{
	if (*latency != NULL)
		(void)munmap(*latency, sizeof(**latency));
	*latency = NULL;
}

void latency_add(struct latency *latency, int64_t usecs)
{
	latency->buckets[bucket_of(usecs < 0 ? 0 : (uint64_t)usecs)]++;
}

/* The latency that a share of all did not exceed. */
static uint64_t quantile(const struct latency *sum, uint64_t count,
			 double share)
{
	uint64_t seen = 0;
	size_t last = 0;

	for (size_t i = 0; i < LATENCY_BUCKETS; i++) {
		if (sum->buckets[i] == 0)
			continue;
		seen += sum->buckets[i];
		last = i;
		if ((double)seen >= share * (double)count)
			break;
	}
	return usecs_of(last);
}

void latency_print(char *const *paths, int count)
{
	static struct latency sum;
	uint64_t total = 0;

	for (int n = 0; n < count; n++) {
		struct latency *one = map(paths[n], O_RDONLY, PROT_READ);

		for (size_t i = 0; i < LATENCY_BUCKETS; i++) {
			sum.buckets[i] += one->buckets[i];
			total += one->buckets[i];
		}
		latency_close(&one);
	}
	(void)printf("{\"count\": %" PRIu64 ", \"p50\": %" PRIu64
		     ", \"p99\": %" PRIu64 ", \"p999\": %" PRIu64
		     ", \"max\": %" PRIu64 "}\n",
		     total, quantile(&sum, total, 0.5),
		     quantile(&sum, total, 0.99), quantile(&sum, total, 0.999),
		     quantile(&sum, total, 1));
}
