/* Where Redis is, from redis.url. settings_check.c checks with it,
   lib/redis/dial.c connects by it. */

#include "config.h"

#include "lib/settings/url.h"

#include "lib/base/err.h"
#include "lib/base/num.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define URL_DATABASE_MAX 65535
#define URL_PORT_MAX 65535

#define URL_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define URL_DIGITS "0123456789"
#define URL_HOST_BYTES URL_LETTERS URL_DIGITS ".-_"
/* The letters of an IPv6 address and of the zone of a link-local one:
   fe80::1%eth0. */
#define URL_ADDRESS_BYTES URL_LETTERS URL_DIGITS ":.%-_"

static int parse_database(const char *text, struct url *url, struct err *err)
{
	if (num_parse(text, strlen(text), &url->database) < 0 ||
	    url->database > URL_DATABASE_MAX)
		return err_set(err, ERR_FATAL,
			       "the database is a number from 0 to %d",
			       URL_DATABASE_MAX);
	return 0;
}

static int parse_port(const char *text, size_t length, struct url *url,
		      struct err *err)
{
	int64_t port;

	if (num_parse(text, length, &port) < 0 || port < 1 ||
	    port > URL_PORT_MAX)
		return err_set(err, ERR_FATAL,
			       "the port is a number from 1 to %d",
			       URL_PORT_MAX);
	(void)snprintf(url->port, sizeof(url->port), "%d", (int)port);
	return 0;
}

static int copy_host(const char *host, size_t length, const char *allowed,
		     struct url *url, struct err *err)
{
	if (length == 0)
		return err_set(err, ERR_FATAL, "the host is missing");
	if (length >= sizeof(url->host) || strspn(host, allowed) < length)
		return err_set(err, ERR_FATAL,
			       "the host is no name and no address (an IPv6 "
			       "address stands in brackets)");
	memcpy(url->host, host, length);
	return 0;
}

/* HOST or [ADDRESS]. Returns the number of bytes it takes, or -1. */
static int parse_host(const char *text, size_t length, struct url *url,
		      struct err *err)
{
	const char *end;

	if (text[0] != '[') {
		end = memchr(text, ':', length);
		length = end == NULL ? length : (size_t)(end - text);
		if (copy_host(text, length, URL_HOST_BYTES, url, err) < 0)
			return -1;
		return (int)length;
	}
	end = memchr(text, ']', length);
	if (end == NULL)
		return err_set(err, ERR_FATAL, "the \"[\" is not closed");
	if (copy_host(text + 1, (size_t)(end - text) - 1, URL_ADDRESS_BYTES,
		      url, err) < 0)
		return -1;
	return (int)(end - text) + 1;
}

/* HOST[:PORT][/DB] */
static int parse_tcp(const char *rest, struct url *url, struct err *err)
{
	size_t length = strcspn(rest, "/");
	int used = parse_host(rest, length, url, err);
	const char *port;

	if (used < 0)
		return -1;
	port = rest + used;
	(void)strcpy(url->port, "6379");
	if ((size_t)used < length && port[0] != ':')
		return err_set(err, ERR_FATAL,
			       "after the host comes \":PORT\" or \"/DB\"");
	if ((size_t)used < length &&
	    parse_port(port + 1, length - (size_t)used - 1, url, err) < 0)
		return -1;
	if (rest[length] == '\0' || rest[length + 1] == '\0')
		return 0;
	return parse_database(rest + length + 1, url, err);
}

/* /PATH[?db=DB] */
static int parse_unix(const char *rest, struct url *url, struct err *err)
{
	size_t length = strcspn(rest, "?");

	if (rest[0] != '/')
		return err_set(err, ERR_FATAL,
			       "a socket is written unix:///PATH");
	if (length >= sizeof(url->path))
		return err_set(
			err, ERR_FATAL,
			"the path of the socket is longer than %zu bytes",
			sizeof(url->path) - 1);
	memcpy(url->path, rest, length);
	if (rest[length] == '\0')
		return 0;
	if (strncmp(rest + length, "?db=", strlen("?db=")) != 0)
		return err_set(err, ERR_FATAL,
			       "after the path comes nothing but \"?db=DB\"");
	return parse_database(rest + length + strlen("?db="), url, err);
}

static int parse_tls(const char *rest, struct url *url, struct err *err)
{
	(void)rest;
	(void)url;
	return err_set(err, ERR_FATAL,
		       "TLS is not built in; use redis:// or unix://");
}

static const struct url_scheme {
	const char *prefix;
	int (*parse)(const char *rest, struct url *url, struct err *err);
} schemes[] = {
	{ "redis://", parse_tcp },
	{ "rediss://", parse_tls },
	{ "unix://", parse_unix },
	{ NULL, NULL },
};

/* A user or a password stands before an "@" in front of the path. A password
   may itself hold a "/", so any "@" in a URL with a host is refused. */
static int refuse_userinfo(const char *rest, struct err *err)
{
	if (rest[0] == '/' || strchr(rest, '@') == NULL)
		return 0;
	return err_set(err, ERR_FATAL,
		       "no user and no password here: they belong to "
		       "redis.user and redis.password_file");
}

int url_parse(const char *text, struct url *url_r, struct err *err)
{
	struct url url = { 0 };
	const char *rest;

	for (const struct url_scheme *s = schemes; s->prefix != NULL; s++) {
		if (strncmp(text, s->prefix, strlen(s->prefix)) != 0)
			continue;
		rest = text + strlen(s->prefix);
		if (refuse_userinfo(rest, err) < 0 ||
		    s->parse(rest, &url, err) < 0)
			return -1;
		*url_r = url;
		return 0;
	}
	return err_set(err, ERR_FATAL,
		       "write redis://HOST:PORT/DB or unix:///PATH?db=DB");
}
