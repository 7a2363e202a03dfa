#include "config.h"

#include "bench/wire.h"

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int dial_unix(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (fd < 0 ||
	    connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		err(1, "%s", path);
	return fd;
}

static int dial_tcp(const char *text)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	const char *colon = strchr(text, ':');
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char host[INET_ADDRSTRLEN];
	int on = 1;

	if (colon == NULL)
		errx(1, "%s: neither a path nor HOST:PORT", text);
	(void)snprintf(host, sizeof(host), "%.*s", (int)(colon - text), text);
	address.sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
	if (inet_pton(AF_INET, host, &address.sin_addr) != 1)
		errx(1, "%s: the host is no number", text);
	if (fd < 0 ||
	    connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) < 0)
		err(1, "%s", text);
	return fd;
}

void wire_open(struct wire *wire, const char *address)
{
	*wire = (struct wire){
		.fd = address[0] == '/' ? dial_unix(address)
					: dial_tcp(address),
		.in = malloc(WIRE_BYTES),
		.out = malloc(WIRE_BYTES),
	};
	if (wire->in == NULL || wire->out == NULL)
		errx(1, "out of memory");
}

void wire_close(struct wire *wire)
{
	(void)close(wire->fd);
	free(wire->in);
	free(wire->out);
}

static void put(struct wire *wire, const char *data, size_t length)
{
	if (length > WIRE_BYTES - wire->out_used)
		errx(1, "a command too long");
	memcpy(wire->out + wire->out_used, data, length);
	wire->out_used += length;
}

/* The digits of a number at the end of buf[20]. */
static struct piece digits(uint64_t number, char *buf)
{
	char *start = buf + 20;

	do {
		*--start = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	return (struct piece){ start, (size_t)(buf + 20 - start) };
}

static void put_head(struct wire *wire, char type, size_t number)
{
	char buf[20];
	struct piece piece = digits(number, buf);

	put(wire, &type, 1);
	put(wire, piece.data, piece.length);
	put(wire, "\r\n", 2);
}

void wire_command(struct wire *wire, size_t words)
{
	put_head(wire, '*', words);
}

void wire_bytes(struct wire *wire, const char *data, size_t length)
{
	put_head(wire, '$', length);
	put(wire, data, length);
	put(wire, "\r\n", 2);
}

void wire_word(struct wire *wire, const char *word)
{
	wire_bytes(wire, word, strlen(word));
}

void wire_piece(struct wire *wire, struct piece piece)
{
	wire_bytes(wire, piece.data, piece.length);
}

void wire_number(struct wire *wire, uint64_t number)
{
	char buf[20];

	wire_piece(wire, digits(number, buf));
}

void wire_flush(struct wire *wire)
{
	size_t sent = 0;

	while (sent < wire->out_used) {
		ssize_t got = send(wire->fd, wire->out + sent,
				   wire->out_used - sent, MSG_NOSIGNAL);

		if (got < 0 && errno != EINTR)
			err(1, "redis");
		sent += got < 0 ? 0 : (size_t)got;
	}
	wire->out_used = 0;
}

void wire_forget(struct wire *wire)
{
	wire->in_end -= wire->in_start;
	if (wire->in_end > 0)
		memmove(wire->in, wire->in + wire->in_start, wire->in_end);
	wire->in_start = 0;
}

static ssize_t fill(struct wire *wire, int flags)
{
	ssize_t got;

	if (wire->in_end == WIRE_BYTES)
		errx(1, "a reply too long");
	do {
		got = recv(wire->fd, wire->in + wire->in_end,
			   WIRE_BYTES - wire->in_end, flags);
	} while (got < 0 && errno == EINTR);
	if (got == 0)
		errx(1, "redis: connection closed");
	if (got < 0 && errno != EAGAIN)
		err(1, "redis");
	wire->in_end += got < 0 ? 0 : (size_t)got;
	return got;
}

char wire_head(struct wire *wire, int64_t *number_r)
{
	size_t at = wire->in_start;
	int64_t number = 0;
	const char *line;

	while (at == wire->in_start || wire->in[at - 1] != '\n') {
		if (at == wire->in_end)
			(void)fill(wire, 0);
		at++;
	}
	line = wire->in + wire->in_start;
	if (line[0] == '-')
		errx(1, "redis: %.*s", (int)(at - wire->in_start - 3),
		     line + 1);
	for (const char *p = line + 1; *p >= '0' && *p <= '9'; p++)
		number = number * 10 + *p - '0';
	*number_r = line[1] == '-' ? -1 : number;
	wire->in_start = at;
	return line[0];
}

static const char *body(struct wire *wire, size_t length)
{
	const char *data = wire->in + wire->in_start;

	while (wire->in_end - wire->in_start < length + 2)
		(void)fill(wire, 0);
	wire->in_start += length + 2;
	return data;
}

struct piece wire_string(struct wire *wire)
{
	int64_t length;

	if (wire_head(wire, &length) != '$' || length < 0)
		errx(1, "redis: not the answer to this command");
	return (struct piece){ body(wire, (size_t)length), (size_t)length };
}

void wire_skip(struct wire *wire)
{
	int64_t number;
	char type = wire_head(wire, &number);

	if (type == '$' && number >= 0)
		(void)body(wire, (size_t)number);
	for (int64_t i = 0; type == '*' && i < number; i++)
		wire_skip(wire);
}

size_t wire_skip_ready(struct wire *wire)
{
	size_t count = 0;
	size_t lines = 0;

	wire_forget(wire);
	(void)fill(wire, MSG_DONTWAIT);
	for (size_t i = 0; i < wire->in_end; i++)
		lines += wire->in[i] == '\n';
	for (; count < lines / 2; count++)
		wire_skip(wire);
	return count;
}
