#ifndef OMQ_REDIS_ERROR_H
#define OMQ_REDIS_ERROR_H

#include "lib/base/text.h"

/* What an error of Redis means for a client. Only its first word counts: the
   rest differs between Redis 7, Redis 8 and Valkey. */
enum redis_class {
	/* The server cannot do it now: keep the connection, wait, ask again. No
	   new entries are read meanwhile. */
	REDIS_WAIT,
	/* This connection is of no use: open another one. */
	REDIS_RECONNECT,
	/* The stream or the group does not exist, or not any more. */
	REDIS_REPAIR,
	/* The server forgot a script. */
	REDIS_RELOAD,
	/* Nothing helps but an operator: a password, a permission, a key of
	   the wrong type. One alarm, then ask again now and then. */
	REDIS_REFUSED,
};

/* The class of an error line "WORD text ...". An unknown word means
   REDIS_RECONNECT. */
enum redis_class redis_error_class(struct text line);

#endif
