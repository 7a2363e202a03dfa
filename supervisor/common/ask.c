/* The client end of ordermqd's sockets: one line out, JSON Lines back.
   ordermqd/control_client.c is the other end; the verbs of ordermqctl and
   the demo ask. */

#include "config.h"

#include "supervisor/common/ask.h"

#include "lib/base/clock.h"
#include "lib/base/err.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int dial(const char *path, struct err *err)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	if (fd < 0 ||
	    connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0) {
		if (errno == ENOENT || errno == ECONNREFUSED)
			(void)err_set(err, ERR_RETRY,
				      "%s: ordermqd is not running", path);
		else
			(void)err_errno(err, ERR_RETRY, "%s", path);
		if (fd >= 0)
			(void)close(fd);
		return -1;
	}
	return fd;
}

/* Write into out what the other end sends until it closes. */
static int receive(int fd, int64_t deadline_msecs, FILE *out, struct err *err)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };
	char bytes[16384];

	for (;;) {
		ssize_t count;

		if (poll(&pollfd, 1, clock_until(deadline_msecs)) == 0)
			return err_set(err, ERR_RETRY,
				       "ordermqd does not answer");
		count = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
		if (count == 0)
			return 0;
		if (count < 0 && errno != EAGAIN && errno != EINTR)
			return err_errno(err, ERR_RETRY, "recv");
		if (count > 0)
			(void)fwrite(bytes, 1, (size_t)count, out);
	}
}

static json_t *parse_lines(char *text, struct err *err)
{
	json_t *answer = json_array();
	char *rest = NULL;

	for (char *line = strtok_r(text, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest)) {
		json_t *object = json_loads(line, 0, NULL);

		if (!json_is_object(object)) {
			json_decref(object);
			json_decref(answer);
			(void)err_set(err, ERR_RETRY, "no JSON in the answer");
			return NULL;
		}
		(void)json_array_append_new(answer, object);
	}
	if (json_array_size(answer) > 0)
		return answer;
	(void)err_set(err, ERR_RETRY, "ordermqd is busy or gone");
	json_decref(answer);
	return NULL;
}

static json_t *converse(int fd, const char *line, int64_t timeout_msecs,
			struct err *err)
{
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);
	json_t *answer = NULL;
	int ret;

	if (out == NULL) {
		(void)err_errno(err, ERR_RETRY, "ask");
		return NULL;
	}
	(void)send(fd, line, strlen(line), MSG_NOSIGNAL);
	ret = receive(fd, clock_msecs() + timeout_msecs, out, err);
	(void)fclose(out);
	if (ret == 0)
		answer = parse_lines(text, err);
	free(text);
	return answer;
}

json_t *ask(const char *path, const char *line, int64_t timeout_msecs,
	    struct err *err)
{
	int fd = dial(path, err);
	json_t *answer;

	if (fd < 0)
		return NULL;
	answer = converse(fd, line, timeout_msecs, err);
	(void)close(fd);
	if (answer == NULL)
		(void)err_wrap(err, "%s", path);
	return answer;
}
