/* Lines to stderr or to syslog(3), never blocking. Programs log through it; the
   library only reports errors. */

#include "config.h"

#include "lib/base/log.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define LOG_LINE_BYTES 1024
#define LOG_SOCKET "/dev/log"

static struct {
	const char *name;
	bool to_syslog;
	bool with_level;
	int level;
	/* A second socket to the log daemon, only to ask whether it would take
	   a datagram: syslog(3) itself waits until it does. -1: none. */
	int probe;
	unsigned int dropped_count;
} log_state = { .level = LOG_INFO, .probe = -1 };

struct log_word {
	const char *name;
	int value;
};

static const struct log_word levels[] = {
	{ "emerg", LOG_EMERG },
	{ "alert", LOG_ALERT },
	{ "crit", LOG_CRIT },
	{ "err", LOG_ERR },
	{ "warning", LOG_WARNING },
	{ "notice", LOG_NOTICE },
	{ "info", LOG_INFO },
	{ "debug", LOG_DEBUG },
	{ NULL, -1 },
};

static const struct log_word facilities[] = {
	{ "daemon", LOG_DAEMON },
	{ "user", LOG_USER },
	{ "local0", LOG_LOCAL0 },
	{ "local1", LOG_LOCAL1 },
	{ "local2", LOG_LOCAL2 },
	{ "local3", LOG_LOCAL3 },
	{ "local4", LOG_LOCAL4 },
	{ "local5", LOG_LOCAL5 },
	{ "local6", LOG_LOCAL6 },
	{ "local7", LOG_LOCAL7 },
	{ NULL, -1 },
};

static int word_find(const struct log_word *words, const char *name)
{
	while (words->name != NULL && strcmp(words->name, name) != 0)
		words++;
	return words->value;
}

int log_level_find(const char *name)
{
	return word_find(levels, name);
}

int log_facility_find(const char *name)
{
	return word_find(facilities, name);
}

const char *log_level_name(int level)
{
	return levels[level & LOG_PRIMASK].name;
}

/* A datagram socket to the log daemon, or -1 where none listens. */
static int probe_open(void)
{
	const struct sockaddr_un addr = {
		.sun_family = AF_UNIX,
		.sun_path = LOG_SOCKET,
	};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd >= 0 &&
	    connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0) {
		(void)close(fd);
		fd = -1;
	}
	return fd;
}

/* Would syslog(3) return at once? A full queue shows as "not writable" on any
   socket that is connected to it. A log daemon that was restarted shows as an
   error: then the probe is connected anew, as syslog(3) does by itself. */
static bool syslog_flows(void)
{
	struct pollfd pollfd = { .fd = log_state.probe, .events = POLLOUT };

	if (pollfd.fd >= 0 && poll(&pollfd, 1, 0) == 1 &&
	    (pollfd.revents & (POLLERR | POLLHUP)) == 0)
		return true;
	if (pollfd.fd >= 0 && pollfd.revents == 0)
		return false;
	if (log_state.probe >= 0)
		(void)close(log_state.probe);
	log_state.probe = probe_open();
	return log_state.probe >= 0;
}

void log_open(const char *ident, const char *name, enum log_target target,
	      int facility, int level)
{
	log_state.name = name;
	log_state.level = level;
	if (log_state.probe >= 0)
		(void)close(log_state.probe);
	log_state.probe = -1;
	log_state.with_level = false;
	log_state.to_syslog = target == LOG_TO_SYSLOG;

	if (target == LOG_TO_AUTO && !isatty(STDERR_FILENO)) {
		log_state.probe = probe_open();
		log_state.to_syslog = log_state.probe >= 0;
		log_state.with_level = !log_state.to_syslog;
	}
	closelog();
	openlog(ident, LOG_PID, facility);
}

static bool is_control(unsigned char c)
{
	return c < 0x20 || c == 0x7f;
}

/* Copy text, cut where line is full, with its control bytes made visible. */
static void line_escape(char *line, size_t line_bytes, const char *text)
{
	size_t used = 0;

	for (; *text != '\0' && used + sizeof("\\xNN") < line_bytes; text++) {
		if (is_control((unsigned char)*text))
			used += (size_t)snprintf(line + used, line_bytes - used,
						 "\\x%02x",
						 (unsigned char)*text);
		else
			line[used++] = *text;
	}
	line[used] = '\0';
}

void log_set_level(int level)
{
	log_state.level = level & LOG_PRIMASK;
}

static void line_to_syslog(int level, const char *line)
{
	const char *name = log_state.name == NULL ? "" : log_state.name;
	const char *colon = log_state.name == NULL ? "" : ": ";

	if (!syslog_flows()) {
		log_state.dropped_count++;
		return;
	}
	if (log_state.dropped_count > 0)
		syslog(LOG_WARNING, "%s%s%u lines were dropped", name, colon,
		       log_state.dropped_count);
	log_state.dropped_count = 0;
	syslog(level, "%s%s%s", name, colon, line);
}

static void stderr_write(int level, const char *line)
{
	char out[LOG_LINE_BYTES + 64];
	char mark[sizeof("<N>")] = "";
	int length;

	if (log_state.with_level)
		(void)snprintf(mark, sizeof(mark), "<%d>", level & LOG_PRIMASK);
	length = snprintf(out, sizeof(out), "%s%.48s%s%s\n", mark,
			  log_state.name == NULL ? "" : log_state.name,
			  log_state.name == NULL ? "" : ": ", line);
	/* One write() a line, so that lines of several processes do not mix.
	   When stderr cannot be written there is nowhere to say so. */
	if (write(STDERR_FILENO, out, (size_t)length) < 0)
		return;
}

/* Would a write return at once? Not to a pipe whose reader has stopped reading.
 */
static bool stderr_flows(void)
{
	struct pollfd pollfd = { .fd = STDERR_FILENO, .events = POLLOUT };

	return poll(&pollfd, 1, 0) != 0;
}

static void line_to_stderr(int level, const char *line)
{
	char text[64];

	if (!stderr_flows()) {
		log_state.dropped_count++;
		return;
	}
	if (log_state.dropped_count > 0) {
		(void)snprintf(text, sizeof(text), "%u lines were dropped",
			       log_state.dropped_count);
		stderr_write(LOG_WARNING, text);
	}
	log_state.dropped_count = 0;
	if (stderr_flows())
		stderr_write(level, line);
	else
		log_state.dropped_count++;
}

void log_line(int level, const char *fmt, ...)
{
	char text[LOG_LINE_BYTES];
	char line[LOG_LINE_BYTES];
	int saved = errno;
	va_list args;

	if (level > log_state.level)
		return;
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	line_escape(line, sizeof(line), text);

	if (log_state.to_syslog)
		line_to_syslog(level, line);
	else
		line_to_stderr(level, line);
	errno = saved;
}
