/* A wall clock that can be set, for one process: preloaded into a redis-server.
   The file that FAKE_CLOCK names holds an int64_t, the seconds to add; whoever
   writes it sets the clock. The monotonic clock goes on as it is.

   libfaketime does more, and hangs beside the allocator of Debian's Redis. */

#define _GNU_SOURCE

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

int fake_clock_gettime(clockid_t clock,
		       struct timespec *now_r) __asm__("clock_gettime");
int fake_gettimeofday(struct timeval *now_r,
		      void *zone) __asm__("gettimeofday");
time_t fake_time(time_t *now_r) __asm__("time");

static const volatile int64_t *more_secs;

__attribute__((constructor)) static void find(void)
{
	const char *path = getenv("FAKE_CLOCK");
	int fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
	void *map;

	if (fd < 0)
		abort();
	map = mmap(NULL, sizeof(*more_secs), PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		abort();
	more_secs = map;
	(void)close(fd);
}

int fake_clock_gettime(clockid_t clock, struct timespec *now_r)
{
	long ret = syscall(SYS_clock_gettime, clock, now_r);

	if (ret == 0 && more_secs != NULL &&
	    (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
		now_r->tv_sec += (time_t)*more_secs;
	return (int)ret;
}

int fake_gettimeofday(struct timeval *now_r, void *zone)
{
	struct timespec now;

	(void)zone;
	if (fake_clock_gettime(CLOCK_REALTIME, &now) < 0)
		return -1;
	now_r->tv_sec = now.tv_sec;
	now_r->tv_usec = (suseconds_t)(now.tv_nsec / 1000);
	return 0;
}

time_t fake_time(time_t *now_r)
{
	struct timespec now;

	if (fake_clock_gettime(CLOCK_REALTIME, &now) < 0)
		return -1;
	if (now_r != NULL)
		*now_r = now.tv_sec;
	return now.tv_sec;
}
