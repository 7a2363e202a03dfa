#ifndef OMQ_RELOAD_H
#define OMQ_RELOAD_H

#include "lib/settings/conf.h"
#include "lib/settings/settings.h"
#include "supervisor/ordermqd/loop.h"

#include <stdbool.h>

struct err;

/* Read the configuration again while everything runs on: a child reads, and the
   loop tells when it is done. At most one read at a time. */
struct reload {
	struct loop *loop;
	const char *path;
	const char *node; /* NULL: the one of the file, else the host name */
	struct conf_reader reader;
	struct loop_watch watch;
	struct settings settings;
	/* Called once for each reload_start() that succeeded and was not
	   aborted: settings_fd is a memfd that owner now has; or -1, and err
	   says why. */
	void (*done)(void *owner, const struct settings *settings,
		     int settings_fd, const struct err *err);
	void *owner;
};

/* Fill in loop, path, node, done and owner; then this. */
void reload_open(struct reload *reload);

/* Abort the read that is under way, if there is one. */
void reload_close(struct reload *reload);

/* Begin to read. No read may be under way. Returns 0; or -1 with ERR_RETRY when
   no child can be started. */
int reload_start(struct reload *reload, struct err *err);

bool reload_is_under_way(const struct reload *reload);

#endif
