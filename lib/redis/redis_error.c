/* The classes of the errors of Redis, by one table. Whatever gets an error
   reply asks here what to do. */

#include "config.h"

#include "lib/redis/redis_error.h"

#include <stddef.h>
#include <string.h>

/* Seen on redis 7.0.15, redis 8.0.2 and valkey 8.1.1. */
static const struct {
	const char *word;
	enum redis_class class;
} redis_errors[] = {
	{ "LOADING", REDIS_WAIT },
	{ "BUSY", REDIS_WAIT },
	{ "MISCONF", REDIS_WAIT },
	{ "OOM", REDIS_WAIT },
	{ "NOREPLICAS", REDIS_WAIT },
	{ "MASTERDOWN", REDIS_WAIT },
	{ "CLUSTERDOWN", REDIS_WAIT },
	{ "TRYAGAIN", REDIS_WAIT },
	{ "READONLY", REDIS_RECONNECT },
	{ "MOVED", REDIS_RECONNECT },
	{ "ASK", REDIS_RECONNECT },
	{ "NOGROUP", REDIS_REPAIR },
	/* A blocked reader gets it when its stream is deleted, and when the
	   server stopped being the master; the connection ends in the second
	   case anyway. */
	{ "UNBLOCKED", REDIS_REPAIR },
	{ "NOSCRIPT", REDIS_RELOAD },
	{ "NOAUTH", REDIS_REFUSED },
	{ "WRONGPASS", REDIS_REFUSED },
	{ "NOPERM", REDIS_REFUSED },
	{ "NOPROTO", REDIS_REFUSED },
	{ "WRONGTYPE", REDIS_REFUSED },
	{ "CROSSSLOT", REDIS_REFUSED },
	/* Our own word, of lib/scripts/ensure.lua. */
	{ "TOOOLD", REDIS_REFUSED },
};

enum redis_class redis_error_class(struct text line)
{
	const char *space = memchr(line.data, ' ', line.length);
	struct text word = line;

	if (space != NULL)
		word.length = (size_t)(space - line.data);
	for (size_t i = 0; i < sizeof(redis_errors) / sizeof(redis_errors[0]);
	     i++) {
		if (text_is(word, redis_errors[i].word))
			return redis_errors[i].class;
	}
	return REDIS_RECONNECT;
}
