#include "config.h"

#include "tests/supervisor_fixture.h"

#include "lib/base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define POLL_MSECS 10
#define ORDERMQD "supervisor/ordermqd"
#define FAKE_PROGRAMS "tests/fake"

static void path_of(const struct fixture *fixture, const char *name, char *path)
{
	(void)snprintf(path, FIXTURE_PATH_BYTES, "%s/%s", fixture->dir, name);
}

int fixture_open(void **state)
{
	const char *parent = getenv("TMPDIR");
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	/* A socket's path is short: not in the build directory. */
	(void)snprintf(fixture->dir, sizeof(fixture->dir), "%s/omq-XXXXXX",
		       parent == NULL || strlen(parent) > 40 ? "/tmp" : parent);
	assert_non_null(mkdtemp(fixture->dir));
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	*state = fixture;
	return 0;
}

static int remove_entry(const char *path, const struct stat *st, int flag,
			struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static bool no_child_is_left(void *data)
{
	(void)data;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	return waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD;
}

int fixture_close(void **state)
{
	struct fixture *fixture = *state;

	/* A process that is killed does not tell gcov what it did. */
	if (fixture->pid > 0 && getenv("ORDERMQ_TEST_GENTLY") != NULL) {
		(void)kill(fixture->pid, SIGTERM);
		(void)fixture_wait(fixture);
	}
	if (fixture->pid > 0)
		(void)kill(fixture->pid, SIGKILL);
	/* ordermqd, and its instances, which are ours when it is gone. */
	fixture_until(no_child_is_left, NULL);
	(void)nftw(fixture->dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	free(fixture);
	return 0;
}

void fixture_configure(struct fixture *fixture, const char *top,
		       const char *groups)
{
	char path[FIXTURE_PATH_BYTES];
	char *programs = realpath(FAKE_PROGRAMS, NULL);
	FILE *file;

	assert_non_null(programs);
	path_of(fixture, "ordermq.conf", path);
	file = fopen(path, "w");
	assert_non_null(file);
	fprintf(file,
		"node = \"test\";\n"
		"supervisor = { control = \"%s/run/control.sock\";\n"
		"  programs = \"%s\"; drain = \"%s\"; %s };\n"
		"log = { to = \"stderr\"; };\n"
		"%s\n"
		"groups = (\n%s\n);\n",
		fixture->dir, programs,
		fixture->drain == NULL ? "300ms" : fixture->drain,
		fixture->supervisor == NULL ? "" : fixture->supervisor, top,
		groups);
	assert_int_equal(fclose(file), 0);
	free(programs);
}

void fixture_until(bool (*fact)(void *data), void *data)
{
	int64_t deadline = clock_msecs() + FIXTURE_DEADLINE_MSECS;

	while (!fact(data)) {
		assert_true(clock_msecs() < deadline);
		(void)poll(NULL, 0, POLL_MSECS);
	}
}

bool fixture_is_gone(void *data)
{
	char path[64];
	char stat[256] = "";
	FILE *file;
	bool gone;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", *(pid_t *)data);
	file = fopen(path, "r");
	if (file == NULL)
		return true;
	/* One that only waits for its parent is gone, too. */
	gone = fgets(stat, sizeof(stat), file) == NULL ||
	       strstr(stat, ") Z ") != NULL;
	(void)fclose(file);
	return gone;
}

/* In the child: stdout and stderr to the file name in the directory. */
static void become(const struct fixture *fixture, const char *which,
		   const char *args[], const char *name)
{
	char conf[FIXTURE_PATH_BYTES], out[FIXTURE_PATH_BYTES];
	const char *argv[8] = { which, "-c", conf };
	int fd;

	path_of(fixture, "ordermq.conf", conf);
	path_of(fixture, name, out);
	for (int i = 0; args != NULL && args[i] != NULL && i < 4; i++)
		argv[3 + i] = args[i];
	fd = open(out, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	(void)dup2(fd, STDOUT_FILENO);
	if (fixture->stderr_fd != 0 && strcmp(which, ORDERMQD) == 0)
		fd = fixture->stderr_fd;
	(void)dup2(fd, STDERR_FILENO);
	(void)execv(which, (char *const *)argv);
	_exit(127);
}

static bool answers(void *data)
{
	struct fixture *fixture = data;
	json_t *answer = fixture_ask(fixture, "status.sock", "status\n");
	bool is_there = json_array_size(answer) > 0;

	json_decref(answer);
	return is_there;
}

void fixture_start(struct fixture *fixture)
{
	fixture->pid = fork();
	assert_true(fixture->pid >= 0);
	if (fixture->pid == 0)
		become(fixture, ORDERMQD, NULL, "log");
	fixture_until(answers, fixture);
}

int fixture_run(struct fixture *fixture, const char *which, const char *args[],
		char *text, size_t bytes)
{
	char path[FIXTURE_PATH_BYTES];
	ssize_t length;
	int status, fd;
	pid_t pid;

	path_of(fixture, "out", path);
	(void)unlink(path);
	pid = fork();
	if (pid == 0)
		become(fixture, which, args, "out");
	assert_int_equal(waitpid(pid, &status, 0), pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	length = read(fd, text, bytes - 1);
	text[length < 0 ? 0 : length] = '\0';
	(void)close(fd);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

int fixture_wait(struct fixture *fixture)
{
	int64_t deadline = clock_msecs() + FIXTURE_DEADLINE_MSECS;
	int status;
	pid_t pid;

	while ((pid = waitpid(fixture->pid, &status, WNOHANG)) == 0) {
		assert_true(clock_msecs() < deadline);
		(void)poll(NULL, 0, POLL_MSECS);
	}
	assert_int_equal(pid, fixture->pid);
	fixture->pid = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

int fixture_connect(struct fixture *fixture, const char *name, const char *text)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "%.70s/run/%.30s",
		       fixture->dir, name);
	if (connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0) {
		(void)close(fd);
		return -1;
	}
	(void)send(fd, text, strlen(text), MSG_NOSIGNAL);
	return fd;
}

/* Everything until the end; false when it does not come in time. */
static bool read_all(int fd, char *text, size_t bytes)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };
	size_t used = 0;

	while (poll(&pollfd, 1, FIXTURE_DEADLINE_MSECS) > 0) {
		ssize_t count = recv(fd, text + used, bytes - 1 - used, 0);

		if (count <= 0) {
			text[used] = '\0';
			return true;
		}
		used += (size_t)count;
	}
	return false;
}

json_t *fixture_ask(struct fixture *fixture, const char *name, const char *line)
{
	static char text[256 * 1024];
	json_t *answer = json_array();
	char *rest = NULL;
	int fd = fixture_connect(fixture, name, line);

	if (fd < 0)
		return answer;
	assert_true(read_all(fd, text, sizeof(text)));
	(void)close(fd);
	for (char *at = strtok_r(text, "\n", &rest); at != NULL;
	     at = strtok_r(NULL, "\n", &rest)) {
		json_t *object = json_loads(at, 0, NULL);

		assert_non_null(object);
		(void)json_array_append_new(answer, object);
	}
	return answer;
}

int fixture_reload(struct fixture *fixture, char *text, size_t bytes)
{
	json_t *answer = fixture_ask(fixture, "control.sock", "reload\n");
	json_t *result = json_array_get(answer, 0);
	int code = (int)json_integer_value(json_object_get(result, "code"));

	assert_int_equal(json_array_size(answer), 1);
	assert_int_equal(json_is_true(json_object_get(result, "ok")),
			 code == 0);
	(void)snprintf(text, bytes, "%s",
		       json_string_value(json_object_get(result, "text")));
	json_decref(answer);
	return code;
}

json_t *fixture_instance(struct fixture *fixture, const char *instance)
{
	json_t *answer = fixture_ask(fixture, "status.sock", "status\n");
	json_t *object, *found = NULL;
	size_t i;

	json_array_foreach(answer, i, object)
	{
		const char *kind =
			json_string_value(json_object_get(object, "kind"));
		const char *name =
			json_string_value(json_object_get(object, "name"));

		if (strcmp(kind, "instance") == 0 &&
		    strcmp(name, instance) == 0)
			found = json_incref(object);
	}
	json_decref(answer);
	return found;
}

struct awaited {
	struct fixture *fixture;
	const char *instance;
	const char *state;
	pid_t pid;
};

static bool is_in_state(void *data)
{
	struct awaited *awaited = data;
	json_t *found = fixture_instance(awaited->fixture, awaited->instance);
	const char *state = json_string_value(json_object_get(found, "state"));

	awaited->pid = (pid_t)json_integer_value(json_object_get(found, "pid"));
	bool is = strcmp(state == NULL ? "absent" : state, awaited->state) == 0;
	json_decref(found);
	return is;
}

pid_t fixture_await(struct fixture *fixture, const char *instance,
		    const char *state)
{
	struct awaited awaited = { fixture, instance, state, 0 };

	fixture_until(is_in_state, &awaited);
	return awaited.pid;
}

struct fixture *fixture_begin(void **state, const char *groups)
{
	struct fixture *fixture = *state;

	fixture_configure(fixture, "", groups);
	fixture_start(fixture);
	return fixture;
}

const char *fixture_set_groups(struct fixture *fixture, const char *groups)
{
	static char said[1024];

	fixture_configure(fixture, "", groups);
	assert_int_equal(fixture_reload(fixture, said, sizeof(said)), 0);
	return said;
}

struct renewed {
	struct fixture *fixture;
	const char *name;
	pid_t before;
};

static bool is_renewed(void *data)
{
	struct renewed *renewed = data;

	return fixture_await(renewed->fixture, renewed->name, "ready") !=
	       renewed->before;
}

void fixture_await_renewal(struct fixture *fixture, const char *name,
			   pid_t before)
{
	struct renewed renewed = { fixture, name, before };

	fixture_until(is_renewed, &renewed);
}

const char *fixture_field(struct fixture *fixture, const char *instance,
			  const char *name)
{
	static char value[512];
	json_t *object = fixture_instance(fixture, instance);
	json_t *found = json_object_get(object, name);
	char *dump = json_dumps(found, JSON_ENCODE_ANY | JSON_COMPACT);

	(void)snprintf(value, sizeof(value), "%s", dump == NULL ? "" : dump);
	free(dump);
	json_decref(object);
	return value;
}
