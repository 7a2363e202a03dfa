/* The names of the keys of ordermq in Redis: see ordermq(7). Every script gets
   its KEYS from here. */

#include "config.h"

#include "lib/stream/keys.h"

#include <stdio.h>
#include <string.h>

const char *keys_prefix(const char *stream, char *buf)
{
	const char *open = strchr(stream, '{') == NULL ? "{" : "";
	const char *close = strchr(stream, '{') == NULL ? "}" : "";

	(void)snprintf(buf, KEYS_BYTES, "%s%s%s", open, stream, close);
	return buf;
}

/* "P:a" or "P:a:b". */
static void name_write(const char *stream, const char *a, const char *b,
		       char *buf)
{
	size_t used = strlen(keys_prefix(stream, buf));

	(void)snprintf(buf + used, KEYS_BYTES - used, ":%s%s%s", a,
		       b == NULL ? "" : ":", b == NULL ? "" : b);
}

const char *keys_of_group(const char *stream, const char *group,
			  const char *what, char *buf)
{
	name_write(stream, group, what, buf);
	return buf;
}

void keys_make(const char *stream, const char *group, struct keys *keys_r)
{
	memset(keys_r, 0, sizeof(*keys_r));
	(void)snprintf(keys_r->stream, sizeof(keys_r->stream), "%s", stream);
	name_write(stream, "dead", NULL, keys_r->dead);
	if (group == NULL)
		return;
	name_write(stream, group, "owners", keys_r->owners);
	name_write(stream, group, "books", keys_r->books);
	name_write(stream, group, "tries", keys_r->tries);
	name_write(stream, group, "replay", keys_r->replay);
	name_write(stream, group, "start", keys_r->start);
	name_write(stream, group, "done", keys_r->done);
}
