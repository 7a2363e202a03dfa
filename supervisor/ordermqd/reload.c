/* Reads the configuration in a child while everything runs on.
   daemon_reload.c begins it, and puts the result in force;
   lib/settings/conf.c is the child. */

#include "config.h"

#include "supervisor/ordermqd/reload.h"

#include "lib/base/err.h"

#include <sys/epoll.h>

static void reader_ready(void *owner, uint32_t events)
{
	struct reload *reload = owner;
	struct err err;
	int settings_fd;

	(void)events;
	loop_remove(reload->loop, &reload->watch);
	settings_fd =
		conf_finish_groups(&reload->reader, &reload->settings, &err);
	reload->done(reload->owner, &reload->settings, settings_fd, &err);
}

void reload_open(struct reload *reload)
{
	reload->watch = (struct loop_watch){ -1, reader_ready, reload };
}

void reload_close(struct reload *reload)
{
	if (!reload_is_under_way(reload))
		return;
	loop_remove(reload->loop, &reload->watch);
	conf_abort(&reload->reader);
}

int reload_start(struct reload *reload, struct err *err)
{
	if (conf_start(reload->path, reload->node, &reload->reader, err) < 0)
		return -1;
	reload->watch.fd = reload->reader.pidfd;
	if (loop_add(reload->loop, &reload->watch, EPOLLIN, err) == 0)
		return 0;
	reload->watch.fd = -1;
	conf_abort(&reload->reader);
	return -1;
}

bool reload_is_under_way(const struct reload *reload)
{
	return reload->watch.fd >= 0;
}
