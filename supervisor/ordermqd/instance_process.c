#include "config.h"

#include "supervisor/ordermqd/instance_process.h"

#include "lib/base/err.h"
#include "lib/process/lifeline.h"
#include "lib/base/log.h"
#include "supervisor/ordermqd/instance.h"
#include "supervisor/ordermqd/spawn.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

void slot_process_board_path(const struct slot *slot, char *path, size_t bytes)
{
	(void)snprintf(path, bytes, "%s/%s/%s", slot->group->home->runtime_dir,
		       SLOT_BOARD_DIR, slot->name);
}

static int board_ensure(struct slot *slot, struct err *err)
{
	char path[2 * SETTINGS_TEXT_BYTES];

	if (slot->board_fd >= 0)
		return 0;
	slot_process_board_path(slot, path, sizeof(path));
	slot->board_fd = board_open_file(path, err);
	return slot->board_fd < 0 ? -1 : 0;
}

static void program_path(const struct slot *slot, char *path, size_t bytes)
{
	(void)snprintf(path, bytes, "%s/ordermq-%s",
		       slot->group->home->programs,
		       slot->group->settings.program);
}

static int start(struct slot *slot, struct err *err)
{
	const struct slot_home *home = slot->group->home;
	char path[2 * SETTINGS_TEXT_BYTES];
	char number[16];
	char *const argv[] = {
		path,
		(char[]){ "--supervised" },
		(char[]){ "--node-id" },
		(char *)home->node_id,
		slot->number == 0 ? NULL : (char[]){ "--group" },
		slot->group->settings.name,
		(char[]){ "--slot" },
		number,
		NULL,
	};
	struct spawned spawned;

	if (board_ensure(slot, err) < 0)
		return -1;
	program_path(slot, path, sizeof(path));
	(void)snprintf(number, sizeof(number), "%d", slot->number);
	if (spawn(&(struct spawn){ argv, home->settings_fd, slot->board_fd },
		  &spawned, err) < 0)
		return -1;
	slot->pid = spawned.pid;
	slot->death.fd = spawned.pidfd;
	slot->words.fd = spawned.lifeline;
	return 0;
}

void slot_process_signal(struct slot *slot, int signal)
{
	if (pidfd_send_signal(slot->death.fd, signal, NULL, 0) < 0)
		log_line(LOG_ERR, "%s: pid %d: signal %d: %s", slot->name,
			 (int)slot->pid, signal, strerror(errno));
}

bool slot_process_is_stopped(const struct slot *slot)
{
	siginfo_t info = { 0 };

	/* It is only looked at, and not reaped: WEXITED is missing. */
	return waitid(P_PIDFD, (id_t)slot->death.fd, &info,
		      WSTOPPED | WNOHANG | WNOWAIT) == 0 &&
	       info.si_pid != 0;
}

/* It waits in the socket until it is read. */
void slot_process_log_level(const struct slot *slot)
{
	const struct slot_group *group = slot->group;
	int level = group->home->log_level;
	char text[32];

	if (group->log_level >= 0)
		level = group->log_level;
	if (slot->log_level >= 0)
		level = slot->log_level;
	if (slot->words.fd < 0)
		return;
	(void)snprintf(text, sizeof(text), LIFELINE_LOG_LEVEL "%d", level);
	(void)send(slot->words.fd, text, strlen(text),
		   MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* Both descriptors, or none: a process whose end we would not hear of is
   killed, and its end is waited for here; it takes no time. */
static int watch(struct slot *slot, struct err *err)
{
	struct loop *loop = slot->group->home->loop;
	siginfo_t info;

	if (loop_add(loop, &slot->death, EPOLLIN, err) == 0 &&
	    loop_add(loop, &slot->words, EPOLLIN, err) == 0)
		return 0;
	slot_process_signal(slot, SIGKILL);
	(void)waitid(P_PIDFD, (id_t)slot->death.fd, &info, WEXITED);
	loop_drop(loop, &slot->death);
	loop_drop(loop, &slot->words);
	slot->pid = 0;
	return -1;
}

int slot_process_start(struct slot *slot, struct err *err)
{
	return start(slot, err) < 0 ? -1 : watch(slot, err);
}

void slot_process_note_exit(struct slot *slot, const siginfo_t *info)
{
	char path[2 * SETTINGS_TEXT_BYTES];

	program_path(slot, path, sizeof(path));
	if (info->si_code != CLD_EXITED)
		(void)snprintf(slot->last_exit, sizeof(slot->last_exit),
			       "signal %d (%s)", info->si_status,
			       strsignal(info->si_status));
	else if (slot->exec_errno != 0)
		(void)snprintf(slot->last_exit, sizeof(slot->last_exit),
			       "exec %.80s: %s", path,
			       strerror(slot->exec_errno));
	else
		(void)snprintf(slot->last_exit, sizeof(slot->last_exit),
			       "exit %d", info->si_status);
}
