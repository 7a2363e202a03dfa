#include "config.h"

#include "tests/proxy_fixture.h"

#include "lib/base/clock.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define PAIRS_MAX 64
#define PIECE_BYTES 16
#define PASS_BYTES 65536
/* A new mode is seen after the first of these, or by the second at the latest.
 */
#define TURN_MSECS 1
#define SEEN_MSECS 20000

struct proxy {
	_Atomic int mode; /* as it should be */
	_Atomic int seen; /* as it is, and the last turn before is over */
	pid_t pid;
	char url[64];
};

/* A client and its connection to the server. */
struct pair {
	int client;
	int server;
};

static struct pair pairs[PAIRS_MAX];
static size_t pair_count;
static bool saw_orders; /* since PROXY_ENTRIES */

static void pair_close(size_t n, bool reset)
{
	const struct linger at_once = { .l_onoff = 1 };

	if (reset)
		(void)setsockopt(pairs[n].client, SOL_SOCKET, SO_LINGER,
				 &at_once, sizeof(at_once));
	(void)close(pairs[n].client);
	(void)close(pairs[n].server);
	pairs[n] = pairs[--pair_count];
}

static void pair_open(int listener, const struct sockaddr_un *addr)
{
	const int on = 1;
	struct pair pair = {
		.client = accept4(listener, NULL, NULL, SOCK_CLOEXEC),
		.server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0),
	};

	if (pair.client < 0 || pair.server < 0)
		_exit(1);
	(void)setsockopt(pair.client, IPPROTO_TCP, TCP_NODELAY, &on,
			 sizeof(on));
	pairs[pair_count++] = pair;
	/* Nobody is there: the client sees an end, as from a server that is
	   down behind a proxy. */
	if (connect(pair.server, (const struct sockaddr *)addr, sizeof(*addr)) <
	    0)
		pair_close(pair_count - 1, true);
}

/* Returns false at the end of either. */
static bool move(int from, int to, size_t most)
{
	static char bytes[PASS_BYTES];
	ssize_t got = recv(from, bytes, most, MSG_DONTWAIT);

	if (got > 0 && memmem(bytes, (size_t)got, "orderno", 7) != NULL)
		saw_orders = true;
	for (ssize_t sent = 0; sent < got;) {
		ssize_t more = send(to, bytes + sent, (size_t)(got - sent),
				    MSG_NOSIGNAL);

		if (more < 0)
			return false;
		sent += more;
	}
	return got > 0;
}

static void pairs_turn(const struct pollfd *fds, int mode)
{
	size_t most = mode == PROXY_SLOW ? PIECE_BYTES : PASS_BYTES;

	/* From the last one down, since the last one fills a gap. */
	for (size_t n = pair_count; n-- > 0;) {
		if ((fds[2 * n].revents != 0 &&
		     !move(pairs[n].client, pairs[n].server, most)) ||
		    (fds[2 * n + 1].revents != 0 &&
		     !move(pairs[n].server, pairs[n].client, most)))
			pair_close(n, false);
	}
}

static void proxy_turn(int listener, const struct sockaddr_un *addr, int mode)
{
	struct pollfd fds[2 * PAIRS_MAX + 1];
	size_t count = pair_count;
	bool is_deaf =
		mode == PROXY_DEAF || (mode == PROXY_ENTRIES && saw_orders);

	for (size_t n = 0; n < count; n++) {
		fds[2 * n] = (struct pollfd){ pairs[n].client, POLLIN, 0 };
		fds[2 * n + 1] =
			(struct pollfd){ is_deaf ? -1 : pairs[n].server, POLLIN,
					 0 };
	}
	fds[2 * count] =
		(struct pollfd){ count < PAIRS_MAX ? listener : -1, POLLIN, 0 };
	if (poll(fds, 2 * count + 1, TURN_MSECS) <= 0)
		return;
	pairs_turn(fds, mode);
	if (fds[2 * count].revents != 0)
		pair_open(listener, addr);
}

static _Noreturn void proxy_run(struct proxy *proxy, int listener,
				const struct sockaddr_un *addr)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		int mode = atomic_load(&proxy->mode);

		atomic_store(&proxy->seen, mode);
		saw_orders = saw_orders && mode == PROXY_ENTRIES;
		while (mode == PROXY_RESET && pair_count > 0)
			pair_close(0, true);
		if (mode == PROXY_SILENT || mode == PROXY_SLOW)
			(void)poll(NULL, 0, TURN_MSECS);
		if (mode != PROXY_SILENT)
			proxy_turn(listener, addr, mode);
	}
}

/* A socket that listens where it was free, and its port. */
static int listen_somewhere(in_port_t *port_r)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t length = sizeof(addr);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, length), 0);
	assert_int_equal(listen(fd, PAIRS_MAX), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&addr, &length), 0);
	*port_r = ntohs(addr.sin_port);
	return fd;
}

struct proxy *proxy_start(const char *socket_path)
{
	struct proxy *proxy = mmap(NULL, sizeof(*proxy), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	in_port_t port;
	int listener;
	pid_t pid;

	assert_true(proxy != MAP_FAILED);
	assert_true(strlen(socket_path) < sizeof(addr.sun_path));
	(void)strcpy(addr.sun_path, socket_path);
	listener = listen_somewhere(&port);
	(void)snprintf(proxy->url, sizeof(proxy->url), "redis://127.0.0.1:%u",
		       (unsigned int)port);
	pid = fork();
	if (pid == 0)
		proxy_run(proxy, listener, &addr);
	assert_true(pid > 0);
	/* The memory is shared: only one of the two may write it. */
	proxy->pid = pid;
	(void)close(listener);
	return proxy;
}

void proxy_stop(struct proxy **_proxy)
{
	struct proxy *proxy = *_proxy;

	*_proxy = NULL;
	if (proxy == NULL)
		return;
	(void)kill(proxy->pid, SIGKILL);
	(void)waitpid(proxy->pid, NULL, 0);
	(void)munmap(proxy, sizeof(*proxy));
}

void proxy_set(struct proxy *proxy, enum proxy_mode mode)
{
	int64_t deadline = clock_msecs() + SEEN_MSECS;

	atomic_store(&proxy->mode, (int)mode);
	while (atomic_load(&proxy->seen) != (int)mode) {
		assert_true(clock_msecs() < deadline);
		(void)poll(NULL, 0, TURN_MSECS);
	}
}

const char *proxy_url(const struct proxy *proxy)
{
	return proxy->url;
}
