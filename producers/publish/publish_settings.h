#ifndef OMQ_PUBLISH_SETTINGS_H
#define OMQ_PUBLISH_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

struct settings_names;
struct settings_redis;

/* How a publisher publishes: see producers/publish/publish.h. A plain value. */
struct publish_settings {
	const struct settings_redis *redis; /* borrowed */
	const char *stream;                 /* the key; borrowed */
	bool atomic; /* a window is published as a whole or not at all */
	/* For how long, in milliseconds, orders with equal event keys are
	   published only once: the orders need keys. 0: each order becomes a
	   new entry. */
	int64_t once_msecs;
	/* Connect at the first flush. With once_msecs that is always so. */
	bool is_lazy;
	int wake_fd; /* readable: stop trying to connect; -1: none */
	/* At most that many entries may be unread by the slowest group, see
	   producers/publish/lag.h; 0: the groups are not looked at. */
	int64_t max_lag;
	const struct settings_names *ignore; /* groups; borrowed */
};

#endif
