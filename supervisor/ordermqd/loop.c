/* The one place where ordermqd waits. All that has a descriptor (instance.c,
   control.c, reload.c, daemon.c) is woken from here; daemon.c turns it. */

#include "config.h"

#include "supervisor/ordermqd/loop.h"

#include "lib/base/err.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

struct loop {
	int epoll;
	struct loop_watch timer;
	int64_t armed_msecs; /* deadline that the timer is set to; -1: none */
};

/* The timer has only to wake the loop. */
static void timer_ready(void *owner, uint32_t events)
{
	struct loop *loop = owner;
	uint64_t count;

	(void)events;
	if (read(loop->timer.fd, &count, sizeof(count)) == sizeof(count))
		loop->armed_msecs = -1;
}

static int loop_prepare(struct loop *loop, struct err *err)
{
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	loop->timer.fd =
		timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (loop->epoll < 0 || loop->timer.fd < 0)
		return err_errno(err, ERR_RETRY, "event loop");
	loop->timer.ready = timer_ready;
	loop->timer.owner = loop;
	return loop_add(loop, &loop->timer, EPOLLIN, err);
}

int loop_open(struct loop **loop_r, struct err *err)
{
	struct loop *loop = calloc(1, sizeof(*loop));

	if (loop == NULL)
		return err_errno(err, ERR_RETRY, "event loop");
	loop->epoll = -1;
	loop->timer.fd = -1;
	loop->armed_msecs = -1;
	if (loop_prepare(loop, err) < 0) {
		loop_close(&loop);
		return -1;
	}
	*loop_r = loop;
	return 0;
}

void loop_close(struct loop **_loop)
{
	struct loop *loop = *_loop;

	*_loop = NULL;
	if (loop == NULL)
		return;
	loop_drop(loop, &loop->timer);
	if (loop->epoll >= 0)
		(void)close(loop->epoll);
	free(loop);
}

int loop_add(struct loop *loop, struct loop_watch *watch, uint32_t events,
	     struct err *err)
{
	struct epoll_event event = { .events = events, .data.ptr = watch };

	if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, watch->fd, &event) < 0)
		return err_errno(err, ERR_RETRY, "epoll_ctl");
	return 0;
}

void loop_change(struct loop *loop, struct loop_watch *watch, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = watch };

	(void)epoll_ctl(loop->epoll, EPOLL_CTL_MOD, watch->fd, &event);
}

/* close() alone would leave the descriptor in the epoll set as long as a forked
   child holds it. */
void loop_remove(struct loop *loop, struct loop_watch *watch)
{
	(void)epoll_ctl(loop->epoll, EPOLL_CTL_DEL, watch->fd, NULL);
	watch->fd = -1;
}

void loop_drop(struct loop *loop, struct loop_watch *watch)
{
	int fd = watch->fd;

	if (fd < 0)
		return;
	loop_remove(loop, watch);
	(void)close(fd);
}

/* Set the timer, unless it is already set to this deadline. A deadline that has
   passed rings at once; a time of zero would switch the timer off. */
static int timer_arm(struct loop *loop, int64_t deadline_msecs, struct err *err)
{
	struct itimerspec when = { 0 };

	if (deadline_msecs == loop->armed_msecs)
		return 0;
	if (deadline_msecs >= 0) {
		when.it_value.tv_sec = deadline_msecs / 1000;
		when.it_value.tv_nsec = deadline_msecs % 1000 * 1000000 + 1;
	}
	if (timerfd_settime(loop->timer.fd, TFD_TIMER_ABSTIME, &when, NULL) < 0)
		return err_errno(err, ERR_RETRY, "timerfd_settime");
	loop->armed_msecs = deadline_msecs;
	return 0;
}

int loop_turn(struct loop *loop, int64_t deadline_msecs, struct err *err)
{
	struct epoll_event event;
	struct loop_watch *watch;
	int count;

	if (timer_arm(loop, deadline_msecs, err) < 0)
		return -1;
	count = epoll_wait(loop->epoll, &event, 1, -1);
	if (count < 0 && errno != EINTR)
		return err_errno(err, ERR_RETRY, "epoll_wait");
	if (count > 0) {
		watch = event.data.ptr;
		watch->ready(watch->owner, event.events);
	}
	return 0;
}
