/* The process of one instance: start, signal, look at it. instance.c decides
   when; spawn.c forks. */

#include "config.h"

#include "supervisor/ordermqd/instance_process.h"

#include "lib/base/err.h"
#include "lib/process/board.h"
#include "lib/process/lifeline.h"
#include "lib/base/log.h"
#include "supervisor/ordermqd/instance_state.h"
#include "supervisor/ordermqd/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

void instance_process_board_path(const struct instance *instance, char *path,
				 size_t bytes)
{
	(void)snprintf(path, bytes, "%s/%s/%s",
		       instance->group->home->runtime_dir, INSTANCE_BOARD_DIR,
		       instance->name);
}

static int board_ensure(struct instance *instance, struct err *err)
{
	char path[2 * SETTINGS_TEXT_BYTES];

	if (instance->board_fd >= 0)
		return 0;
	instance_process_board_path(instance, path, sizeof(path));
	instance->board_fd = board_open_file(path, err);
	return instance->board_fd < 0 ? -1 : 0;
}

static void program_path(const struct instance *instance, char *path,
			 size_t bytes)
{
	(void)snprintf(path, bytes, "%s/ordermq-%s",
		       instance->group->home->programs,
		       instance->group->settings.program);
}

static int start(struct instance *instance, struct err *err)
{
	const struct instance_home *home = instance->group->home;
	char path[2 * SETTINGS_TEXT_BYTES];
	char number[16];
	char *const argv[] = {
		path,
		(char[]){ "--supervised" },
		(char[]){ "--node-id" },
		(char *)home->node_id,
		instance->number == 0 ? NULL : (char[]){ "--group" },
		instance->group->settings.name,
		(char[]){ "--slot" },
		number,
		NULL,
	};
	struct spawned spawned;

	if (board_ensure(instance, err) < 0)
		return -1;
	program_path(instance, path, sizeof(path));
	(void)snprintf(number, sizeof(number), "%d", instance->number);
	if (spawn(&(struct spawn){ argv, home->settings_fd,
				   instance->board_fd },
		  &spawned, err) < 0)
		return -1;
	instance->pid = spawned.pid;
	instance->death.fd = spawned.pidfd;
	instance->words.fd = spawned.lifeline;
	return 0;
}

void instance_process_signal(struct instance *instance, int signal)
{
	if (pidfd_send_signal(instance->death.fd, signal, NULL, 0) < 0)
		log_line(LOG_ERR, "%s: pid %d: signal %d: %s", instance->name,
			 (int)instance->pid, signal, strerror(errno));
}

static bool is_stopped(const struct instance *instance)
{
	siginfo_t info = { 0 };

	/* Without WEXITED and with WNOWAIT the child is only looked at, not
	   reaped. */
	return waitid(P_PIDFD, (id_t)instance->death.fd, &info,
		      WSTOPPED | WNOHANG | WNOWAIT) == 0 &&
	       info.si_pid != 0;
}

int64_t instance_process_silent_since(struct instance *instance,
				      int64_t now_msecs)
{
	struct board board;
	int64_t busy_msecs = 0;

	if (!is_stopped(instance))
		instance->frozen_msecs = 0;
	else if (instance->frozen_msecs == 0)
		instance->frozen_msecs = now_msecs;
	if (instance->board_fd >= 0 &&
	    board_read(instance->board_fd, &board) == 0)
		busy_msecs = (int64_t)board_get(&board.busy_msecs);
	/* The board may still be as the former process left it. */
	if (busy_msecs != 0 && busy_msecs < instance->started_msecs)
		busy_msecs = instance->started_msecs;
	return busy_msecs != 0 ? busy_msecs : instance->frozen_msecs;
}

/* The message stays in the socket until the instance reads it. */
void instance_process_log_level(const struct instance *instance)
{
	const struct instance_group *group = instance->group;
	int level = group->home->log_level;
	char text[32];

	if (group->log_level >= 0)
		level = group->log_level;
	if (instance->log_level >= 0)
		level = instance->log_level;
	if (instance->words.fd < 0)
		return;
	(void)snprintf(text, sizeof(text), LIFELINE_LOG_LEVEL "%d", level);
	(void)send(instance->words.fd, text, strlen(text),
		   MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* Watch both descriptors or none. A process whose end could not be watched is
   killed and waited for here, which takes no time. */
static int watch(struct instance *instance, struct err *err)
{
	struct loop *loop = instance->group->home->loop;
	siginfo_t info;

	if (loop_add(loop, &instance->death, EPOLLIN, err) == 0 &&
	    loop_add(loop, &instance->words, EPOLLIN, err) == 0)
		return 0;
	instance_process_signal(instance, SIGKILL);
	(void)waitid(P_PIDFD, (id_t)instance->death.fd, &info, WEXITED);
	loop_drop(loop, &instance->death);
	loop_drop(loop, &instance->words);
	instance->pid = 0;
	return -1;
}

int instance_process_start(struct instance *instance, struct err *err)
{
	return start(instance, err) < 0 ? -1 : watch(instance, err);
}

void instance_process_note_exit(struct instance *instance,
				const siginfo_t *info)
{
	char path[2 * SETTINGS_TEXT_BYTES];

	program_path(instance, path, sizeof(path));
	if (info->si_code != CLD_EXITED)
		(void)snprintf(instance->last_exit, sizeof(instance->last_exit),
			       "signal %d (%s)", info->si_status,
			       strsignal(info->si_status));
	else if (instance->exec_errno != 0)
		(void)snprintf(instance->last_exit, sizeof(instance->last_exit),
			       "exec %.80s: %s", path,
			       strerror(instance->exec_errno));
	else
		(void)snprintf(instance->last_exit, sizeof(instance->last_exit),
			       "exit %d", info->si_status);
}

int64_t instance_process_memory_bytes(const struct instance *instance)
{
	char path[32], text[128];
	int64_t pages;
	ssize_t length;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/statm",
		       (int)instance->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	length = read(fd, text, sizeof(text) - 1);
	(void)close(fd);
	if (length <= 0)
		return -1;
	text[length] = '\0';
	/* The second number is the pages that are resident. */
	if (sscanf(text, "%*d %" SCNd64, &pages) != 1)
		return -1;
	return pages * sysconf(_SC_PAGESIZE);
}
