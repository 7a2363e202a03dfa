#ifndef OMQ_URL_H
#define OMQ_URL_H

#include <stdint.h>

struct err;

/* The place of Redis. A plain value. */
struct url {
	char host[256]; /* name or address; "" for a Unix socket */
	char port[8];   /* "6379" */
	char path[108]; /* of a Unix socket; "" for TCP */
	int64_t database;
};

/* Parse "redis://HOST[:PORT][/DB]" or "unix:///PATH[?db=DB]"; an IPv6 address
   stands in brackets. Returns 0; or -1 with ERR_FATAL: the scheme is unknown
   (rediss:// needs TLS, which this build has not), or there is a user or a
   password in the URL, which belong to redis.user and redis.password_file. The
   error does not repeat a URL that may hold a password. */
int url_parse(const char *text, struct url *url_r, struct err *err);

#endif
