/* The life of a supervised process around its work: options, settings, log,
   signals, board. consumer_main() and the keeper open it first, look at it
   after each wait, and close it last. */

#include "config.h"

#include "lib/process/process.h"

#include "lib/base/clock.h"
#include "lib/settings/conf.h"
#include "lib/base/err.h"
#include "lib/process/fatal.h"
#include "lib/process/lifeline.h"
#include "lib/base/log.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

static const struct settings_group *group_find(const struct settings *settings,
					       const char *name,
					       const char *program)
{
	for (int64_t i = 0; i < settings->group_count; i++) {
		const struct settings_group *group = &settings->groups[i];

		if (name == NULL ? strcmp(group->program, program) == 0
				 : strcmp(group->name, name) == 0)
			return group;
	}
	return NULL;
}

static int settings_take(struct process *process,
			 const struct process_options *options,
			 const struct process_kind *kind, struct err *err)
{
	const char *program = kind->program;
	int ret = options->supervised ? conf_receive(LIFELINE_SETTINGS_FD,
						     &process->settings, err)
				      : conf_load(options->file, options->node,
						  &process->settings, err);

	if (ret < 0)
		return -1;
	if (kind->about != NULL)
		return 0;
	process->group =
		group_find(&process->settings, options->group, program);
	if (process->group == NULL)
		return err_set(
			err, ERR_FATAL, "%s: no group %s%s", options->file,
			options->group == NULL ? "with program " : "",
			options->group == NULL ? program : options->group);
	return 0;
}

static void names_make(struct process *process, const char *program,
		       int64_t slot)
{
	if (process->group == NULL) {
		(void)snprintf(process->name, sizeof(process->name), "%s",
			       program);
		return;
	}
	(void)snprintf(process->name, sizeof(process->name), "%s-%d",
		       process->group->name, slot == 0 ? 1 : (int)slot);
	(void)snprintf(process->consumer, sizeof(process->consumer), "%s@%s",
		       process->name, process->settings.node);
}

/* SIGTERM and SIGINT end the process; SIGHUP is meant for ordermqd and ignored
   here. */
static int signals_open(struct process *process, struct err *err)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_SETMASK, &set, NULL) < 0)
		return err_errno(err, ERR_RETRY, "sigprocmask");
	(void)signal(SIGPIPE, SIG_IGN);
	process->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (process->signal_fd < 0)
		return err_errno(err, ERR_RETRY, "signalfd");
	return 0;
}

static int wake_add(struct process *process, int fd, struct err *err)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	if (epoll_ctl(process->wake_fd, EPOLL_CTL_ADD, fd, &event) < 0)
		return err_errno(err, ERR_RETRY, "epoll_ctl");
	return 0;
}

static int wake_open(struct process *process, struct err *err)
{
	process->wake_fd = epoll_create1(EPOLL_CLOEXEC);
	if (process->wake_fd < 0)
		return err_errno(err, ERR_RETRY, "epoll_create1");
	if (wake_add(process, process->signal_fd, err) < 0)
		return -1;
	return process->supervised ? wake_add(process, LIFELINE_FD, err) : 0;
}

/* An instance that runs alone keeps its node id and its board in the runtime
   directory, under a lock of its own. Without that directory it goes on all the
   same: a restart then waits for the old lease to expire. */
static int alone_open(struct process *process, struct err *err)
{
	char dir[SETTINGS_TEXT_BYTES];
	char path[2 * SETTINGS_TEXT_BYTES];
	int board;

	(void)settings_runtime_dir(&process->settings, dir);
	(void)snprintf(path, sizeof(path), "%s/%s.lock", dir, process->name);
	process->lock_fd = node_id_lock(path, process->node_id, err);
	if (process->lock_fd < 0 && err->class == ERR_FATAL)
		return -1;
	if (process->lock_fd < 0) {
		log_line(LOG_WARNING, "%s: going on without it", err->text);
		node_id_make(process->node_id);
		return board_open_anonymous(err);
	}
	(void)snprintf(path, sizeof(path), "%s/%s.board", dir, process->name);
	board = board_open_file(path, err);
	return board < 0 ? board_open_anonymous(err) : board;
}

/* Read from the board how the process before this one ended. */
static void suspect_find(struct process *process)
{
	const struct board *board = process->board;

	process->suspect = (struct process_suspect){
		.id_msecs = board_get(&board->touching_msecs),
		.id_seq = board_get(&board->touching_seq),
		.signal = (int)board_get(&board->died),
	};
	process->suspect.is_there =
		process->suspect.id_msecs != 0 || process->suspect.id_seq != 0;
}

static int board_take(struct process *process,
		      const struct process_options *options, struct err *err)
{
	int fd = LIFELINE_BOARD_FD;

	if (options->supervised)
		(void)snprintf(process->node_id, sizeof(process->node_id), "%s",
			       options->node_id);
	else
		fd = alone_open(process, err);
	if (fd < 0)
		return -1;
	process->board_fd = fd;
	process->board = board_map(fd, err);
	if (process->board == NULL)
		return -1;
	suspect_find(process);
	board_set(&process->board->died, 0);
	/* Busy from now on, so that a process that hangs before its first wait
	   is noticed. */
	board_set(&process->board->busy_msecs, (uint64_t)clock_msecs());
	fatal_watch(process->board);
	board_set(&process->board->pid, (uint64_t)getpid());
	board_set(&process->board->state, BOARD_STARTING);
	board_set(&process->board->in_flight, 0);
	return 0;
}

static void log_begin(struct process *process, const char *program)
{
	static char ident[PROCESS_NAME_BYTES + sizeof("ordermq-")];

	(void)snprintf(ident, sizeof(ident), "ordermq-%s", program);
	log_open(ident, process->name,
		 (enum log_target)process->settings.log.to,
		 (int)process->settings.log.facility,
		 (int)process->settings.log.level);
}

static int process_prepare(struct process *process,
			   const struct process_options *options,
			   const struct process_kind *kind, struct err *err)
{
	/* The signals come first, so that a request to stop is never missed. */
	if (signals_open(process, err) < 0 ||
	    settings_take(process, options, kind, err) < 0)
		return -1;
	names_make(process, kind->program, options->slot);
	log_begin(process, kind->program);
	if (wake_open(process, err) < 0)
		return -1;
	return board_take(process, options, err);
}

int process_open(struct process *process, const struct process_kind *kind,
		 int argc, char **argv)
{
	struct process_options options;
	struct err err;
	int ret;

	memset(process, 0, sizeof(*process));
	process->wake_fd = -1;
	process->signal_fd = -1;
	process->lock_fd = -1;
	process->board_fd = -1;
	ret = process_options_parse(&options, kind, argc, argv);
	if (ret < 0)
		return ret;
	process->supervised = options.supervised;
	if (!options.supervised)
		process->watchdog_msecs = lifeline_watchdog_msecs();
	process->ready_by_msecs = clock_msecs() + LIFELINE_READY_MSECS;
	/* If ordermqd died before this call, no signal comes; but the lifeline
	   is at its end, which process_woken() sees. */
	if (options.supervised)
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (process_prepare(process, &options, kind, &err) < 0) {
		log_line(LOG_ERR, "%s", err.text);
		return -1 - err_exit_status(&err);
	}
	return 0;
}

void process_close(struct process *process)
{
	board_unmap(&process->board);
	if (process->board_fd >= 0)
		(void)close(process->board_fd);
	if (process->wake_fd >= 0)
		(void)close(process->wake_fd);
	if (process->signal_fd >= 0)
		(void)close(process->signal_fd);
	if (process->lock_fd >= 0)
		(void)close(process->lock_fd);
}

void process_ready(struct process *process)
{
	if (!process->was_ready)
		lifeline_notify(process->supervised, "READY=1");
	process->was_ready = true;
}

void process_beat(struct process *process)
{
	int64_t now = clock_msecs();

	board_set(&process->board->busy_msecs, (uint64_t)now);
	if (!process->supervised && now >= process->ready_by_msecs)
		process_ready(process);
	if (process->watchdog_msecs == 0 || now < process->watchdog_next_msecs)
		return;
	process->watchdog_next_msecs = now + process->watchdog_msecs;
	lifeline_notify_systemd("WATCHDOG=1");
}

void process_rest(struct process *process)
{
	board_set(&process->board->busy_msecs, 0);
}

int64_t process_beat_deadline(const struct process *process)
{
	return clock_earlier(process->supervised || process->was_ready
				     ? -1
				     : process->ready_by_msecs,
			     process->watchdog_msecs == 0
				     ? -1
				     : process->watchdog_next_msecs);
}

static void lifeline_obey(const char *words)
{
	size_t length = strlen(LIFELINE_LOG_LEVEL);

	if (strncmp(words, LIFELINE_LOG_LEVEL, length) == 0)
		log_set_level(atoi(words + length));
}

/* Obey the messages that came down. Returns true when the lifeline is at its
   end. */
static bool lifeline_ended(void)
{
	char buf[256];
	ssize_t got;

	do {
		got = recv(LIFELINE_FD, buf, sizeof(buf) - 1, MSG_DONTWAIT);
		buf[got > 0 ? got : 0] = '\0';
		lifeline_obey(buf);
	} while (got > 0);
	return got == 0 || (errno != EAGAIN && errno != EINTR);
}

void process_woken(struct process *process)
{
	struct signalfd_siginfo info;

	while (read(process->signal_fd, &info, sizeof(info)) ==
	       (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT)
			process->stop = true;
	}
	if (process->supervised && lifeline_ended()) {
		(void)epoll_ctl(process->wake_fd, EPOLL_CTL_DEL, LIFELINE_FD,
				NULL);
		process->stop = true;
	}
}
