/* How far the slowest group is behind. publish.c asks along with its windows;
   producers/order/order_lag.c waits by it. */

#include "config.h"

#include "producers/publish/lag.h"

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/redis/redis.h"
#include "lib/redis/redis_error.h"
#include "lib/redis/reply.h"

#include <string.h>

/* An answer is good for that long, since others may publish too. */
#define LAG_LOOK_MSECS 1000

void lag_begin(struct lag *lag, int64_t max,
	       const struct settings_names *ignore)
{
	*lag = (struct lag){ .max = max, .ignore = ignore };
}

bool lag_holds(const struct lag *lag, size_t count)
{
	return lag->max > 0 &&
	       (!lag->is_known || lag->behind + (int64_t)count > lag->max);
}

bool lag_is_due(const struct lag *lag, size_t count)
{
	return lag_holds(lag, count) ||
	       (lag->max > 0 && clock_msecs() >= lag->look_msecs);
}

void lag_add(struct lag *lag, size_t count)
{
	lag->behind += (int64_t)count;
}

int lag_append(struct lag *lag, struct redis *redis, const char *stream,
	       struct err *err)
{
	const struct text length[] = { text_of("XLEN"), text_of(stream) };
	const struct text groups[] = { text_of("XINFO"), text_of("GROUPS"),
				       text_of(stream) };

	lag->look_msecs = clock_msecs() + LAG_LOOK_MSECS;
	if (redis_append(redis, length, 2, err) < 0)
		return -1;
	return redis_append(redis, groups, 3, err);
}

static bool is_ignored(const struct lag *lag, struct text group)
{
	for (int64_t i = 0; lag->ignore != NULL && i < lag->ignore->count;
	     i++) {
		if (text_is(group, lag->ignore->names[i]))
			return true;
	}
	return false;
}

/* Take in one group of the answer to XINFO GROUPS. */
static void group_take(struct lag *lag, const struct reply *group)
{
	struct text name = reply_text(reply_field(group, "name"));
	int64_t known = reply_integer(reply_field(group, "lag"), -1);
	/* Redis counts entries that were removed ahead of a group in its
	   lag. */
	bool is_exact = known >= 0 && known <= lag->length;
	int64_t behind = is_exact ? known : lag->length;

	if (is_ignored(lag, name) ||
	    (lag->group[0] != '\0' && behind <= lag->behind))
		return;
	lag->behind = behind;
	lag->is_exact = is_exact;
	(void)text_show(name, lag->group, sizeof(lag->group));
}

static int refused(struct lag *lag, const char *command,
		   const struct reply *reply, struct err *err)
{
	struct text line = reply_text(reply);
	char shown[200];

	lag->is_known = false;
	return err_set(err,
		       redis_error_class(line) == REDIS_REFUSED ? ERR_FATAL
								: ERR_RETRY,
		       "%s: %s", command,
		       text_show(line, shown, sizeof(shown)));
}

static int groups_take(struct lag *lag, const struct reply *reply,
		       struct err *err)
{
	/* "ERR no such key": without a stream there are no groups. Any other
	   error is no answer. */
	if (reply_is_error(reply) &&
	    (lag->length > 0 || !reply_is_error_word(reply, "ERR")))
		return refused(lag, "XINFO GROUPS", reply, err);
	lag->behind = 0;
	lag->is_exact = true;
	lag->group[0] = '\0';
	for (size_t i = 0; i < reply_count(reply); i++)
		group_take(lag, reply_at(reply, i));
	lag->is_known = true;
	return 0;
}

int lag_take(struct lag *lag, size_t i, const struct reply *reply,
	     struct err *err)
{
	/* A refusal for the stream was told with the first reply. */
	if (i > 0)
		return lag->length < 0 ? 0 : groups_take(lag, reply, err);
	lag->length = reply_integer(reply, -1);
	return reply_is_error(reply) ? refused(lag, "XLEN", reply, err) : 0;
}
