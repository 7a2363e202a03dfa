/* Reads whether a group is paused. ordermqctl pause writes it
   (ctl/redis/verb_pause.c); the keeper and ordermqctl read it here, an
   instance with its beat. */

#include "config.h"

#include "supervisor/keeper/pause.h"

#include "lib/base/err.h"
#include "lib/stream/keys.h"
#include "lib/redis/redis.h"
#include "lib/redis/reply.h"

#include <string.h>

int pause_read(struct redis *redis, struct arena *arena, const char *stream,
	       const char *group, struct pause *pause_r, struct err *err)
{
	char key[KEYS_BYTES];
	const struct reply *fields =
		redis_command(redis, arena, err, "HMGET",
			      keys_of_group(stream, group, "paused", key),
			      "when", "who", "why", NULL);

	if (fields == NULL)
		return -1;
	memset(pause_r, 0, sizeof(*pause_r));
	pause_r->msecs = reply_integer(reply_at(fields, 0), 0);
	(void)text_show(reply_text(reply_at(fields, 1)), pause_r->who,
			sizeof(pause_r->who));
	(void)text_show(reply_text(reply_at(fields, 2)), pause_r->why,
			sizeof(pause_r->why));
	return 0;
}
