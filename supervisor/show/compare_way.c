/* The four ways in Redis: sends an order, and reads its text. compare.c sends;
   ordermq_compare.c receives. */

#include "config.h"

#include "supervisor/show/compare_way.h"

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/num.h"
#include "lib/redis/redis.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define ORDER "order-"
#define END "end-"

static const char *const names[COMPARE_WAYS] = {
	[COMPARE_LIST] = "list",
	[COMPARE_PUBSUB] = "pubsub",
	[COMPARE_XREAD] = "xread",
	[COMPARE_GROUP] = "group",
};

const char *compare_way_name(enum compare_way way)
{
	return names[way];
}

int compare_way_find(const char *name)
{
	for (int way = 0; way < COMPARE_WAYS; way++) {
		if (strcmp(names[way], name) == 0)
			return way;
	}
	return -1;
}

static int send(enum compare_way way, const char *text, struct redis *redis,
		struct arena *arena, struct err *err)
{
	const char *key = names[way];
	const struct reply *reply = NULL;

	arena_reset(arena);
	switch (way) {
	case COMPARE_LIST:
		reply = redis_command(redis, arena, err, "LPUSH", key, text,
				      NULL);
		break;
	case COMPARE_PUBSUB:
		reply = redis_command(redis, arena, err, "PUBLISH", key, text,
				      NULL);
		break;
	default:
		reply = redis_command(redis, arena, err, "XADD", key, "*",
				      "orderno", text, NULL);
	}
	return reply == NULL ? -1 : 0;
}

int compare_way_publish(enum compare_way way, int64_t order,
			struct redis *redis, struct arena *arena,
			struct err *err)
{
	char text[sizeof(ORDER) + NUM_BYTES];

	(void)snprintf(text, sizeof(text), ORDER "%" PRId64, order);
	return send(way, text, redis, arena, err);
}

int compare_way_publish_end(enum compare_way way, int64_t round,
			    struct redis *redis, struct arena *arena,
			    struct err *err)
{
	char text[sizeof(END) + NUM_BYTES];

	(void)snprintf(text, sizeof(text), END "%" PRId64, round);
	return send(way, text, redis, arena, err);
}

/* The number behind the prefix. Returns 0, or -1. */
static int number_behind(const char *prefix, const char *text, size_t length,
			 int64_t *number_r)
{
	size_t skip = strlen(prefix);

	if (length <= skip || memcmp(text, prefix, skip) != 0)
		return -1;
	return num_parse(text + skip, length - skip, number_r);
}

int compare_way_parse(const char *text, size_t length,
		      enum compare_kind *kind_r, int64_t *number_r)
{
	if (number_behind(ORDER, text, length, number_r) == 0)
		*kind_r = COMPARE_ORDER;
	else if (number_behind(END, text, length, number_r) == 0)
		*kind_r = COMPARE_END;
	else
		return -1;
	return 0;
}
