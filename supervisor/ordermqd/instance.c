/* One instance: takes each event to instance_table.c, and does the action that
   the table gives. service.c decides how many there are; instance_process.c
   handles the process, restart.c the waits. */

#include "config.h"

#include "supervisor/ordermqd/instance.h"

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/base/log.h"
#include "lib/base/num.h"
#include "lib/base/text.h"
#include "supervisor/ordermqd/events.h"
#include "supervisor/ordermqd/instance_process.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

/* SIGKILL is sent again until the process is gone. */
#define KILL_AGAIN_MSECS 5000
#define WORDS_BYTES 4096
/* An instance that hangs gets SIGABRT, which leaves a core, and SIGKILL this
   long after it. */
#define ABORT_MSECS 2000
/* A running instance is looked at this many times in hang_timeout. */
#define LOOKS 4
/* At most this many messages are read in one turn, so that a chatty instance
   cannot starve the others. */
#define WORDS_A_TURN 16

static void death_ready(void *owner, uint32_t events);
static void words_ready(void *owner, uint32_t events);

void instance_open(struct instance *instance, struct instance_group *group,
		   int number)
{
	memset(instance, 0, sizeof(*instance));
	instance->group = group;
	instance->number = number;
	(void)snprintf(instance->name, sizeof(instance->name),
		       number == 0 ? "%s" : "%s-%d", group->settings.name,
		       number);
	instance->state = INSTANCE_STOPPED;
	instance->death = (struct loop_watch){ -1, death_ready, instance };
	instance->words = (struct loop_watch){ -1, words_ready, instance };
	instance->board_fd = -1;
	instance->timer_msecs = -1;
	instance->ready_msecs = -1;
	instance->log_level = -1;
	restart_instance_reset(&instance->restart);
}

void instance_close(struct instance *instance)
{
	char path[2 * SETTINGS_TEXT_BYTES];

	if (instance->board_fd >= 0)
		(void)close(instance->board_fd);
	instance->board_fd = -1;
	instance_process_board_path(instance, path, sizeof(path));
	(void)unlink(path);
}

bool instance_is_running(const struct instance *instance)
{
	return instance->death.fd >= 0;
}

int instance_board(const struct instance *instance, struct board *board_r)
{
	return instance->board_fd < 0 ? -1
				      : board_read(instance->board_fd, board_r);
}

bool instance_is_over(const struct instance *instance)
{
	return instance->is_over && (instance->state == INSTANCE_FAILED ||
				     instance->state == INSTANCE_FINISHED);
}

static uint64_t instance_handled(const struct instance *instance)
{
	struct board board;

	if (instance_board(instance, &board) < 0)
		return 0;
	return board_get(&board.counters[BOARD_HANDLED]);
}

int64_t instance_settled(const struct instance *instance)
{
	return (int64_t)(instance_handled(instance) - instance->handled_before);
}

/* Obey one line of an instance, in the words of sd_notify(3). Unknown words are
   ignored, and so is STOPPING=1: the pidfd tells when it has ended. */
static void instance_hear(struct instance *instance, const char *line)
{
	if (strcmp(line, "READY=1") == 0)
		instance_event(instance, INSTANCE_UP);
	else if (strncmp(line, "STATUS=", strlen("STATUS=")) == 0)
		(void)text_show(text_of(line + strlen("STATUS=")),
				instance->status, sizeof(instance->status));
	else if (strncmp(line, "ERRNO=", strlen("ERRNO=")) == 0)
		instance->exec_errno = atoi(line + strlen("ERRNO="));
}

/* Read the messages on the lifeline. When the instance closes it, the
   descriptor is dropped, or the loop would spin on it; that a process has died
   is told by its pidfd alone. */
static void instance_read_words(struct instance *instance)
{
	char words[WORDS_BYTES + 1];

	for (int i = 0; i < WORDS_A_TURN && instance->words.fd >= 0; i++) {
		ssize_t length =
			recv(instance->words.fd, words, WORDS_BYTES, 0);
		char *rest = NULL;

		if (length < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (length <= 0) {
			loop_drop(instance->group->home->loop,
				  &instance->words);
			return;
		}
		words[length] = '\0';
		for (char *line = strtok_r(words, "\n", &rest); line != NULL;
		     line = strtok_r(NULL, "\n", &rest))
			instance_hear(instance, line);
	}
}

static void words_ready(void *owner, uint32_t events)
{
	(void)events;
	instance_read_words(owner);
}

/* Write a log line about an instance, and note it as an event. */
static void instance_say(const struct instance *instance, int level,
			 const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void instance_say(const struct instance *instance, int level,
			 const char *fmt, ...)
{
	char text[256];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	log_line(level, "%s: %s", instance->name, text);
	events_add(instance->group->home->events, instance->name, "%s", text);
}

/* Log the end of a process with its consequence, in one line. */
static void instance_say_end(struct instance *instance, int level,
			     const char *consequence)
{
	if (instance->pid == 0)
		return;
	instance_say(instance, level, "pid %d ended by %s, %s",
		     (int)instance->pid, instance->last_exit, consequence);
	instance->pid = 0;
}

static void act_spawn(struct instance *instance)
{
	int64_t now = clock_msecs();
	struct err err;

	instance_say_end(instance, LOG_INFO, "starts again as asked");
	instance->timer_msecs = -1;
	instance->started_msecs = now;
	instance->ready_msecs = -1;
	instance->frozen_msecs = 0;
	instance->exec_errno = 0;
	instance->is_later = false;
	instance->is_over = false;
	instance->is_worn = false;
	instance->status[0] = '\0';
	instance->version = instance->group->version;
	restart_begun(&instance->group->restart, now);
	if (instance_process_start(instance, &err) < 0) {
		(void)snprintf(instance->last_exit, sizeof(instance->last_exit),
			       "%.*s", (int)sizeof(instance->last_exit) - 1,
			       err.text);
		instance->has_tried = true;
		instance_say(instance, LOG_ERR, "%s", err.text);
		instance_event(instance, INSTANCE_DIED);
		return;
	}
	instance->handled_before = instance_handled(instance);
	instance->timer_msecs = now + instance->group->home->hang_msecs / LOOKS;
	instance_say(instance, LOG_INFO, "pid %d started", (int)instance->pid);
	/* An instance for which no level was asked for takes the one of its
	   settings. */
	if (instance->log_level >= 0 || instance->group->log_level >= 0)
		instance_process_log_level(instance);
}

static void act_greet(struct instance *instance)
{
	instance->ready_msecs = clock_msecs();
	instance->has_tried = true;
	restart_went_well(&instance->group->restart);
	instance_say(instance, LOG_INFO, "pid %d is ready", (int)instance->pid);
}

static void act_wait(struct instance *instance)
{
	struct instance_group *group = instance->group;
	int64_t now = clock_msecs();
	enum restart_death death = restart_judge(
		instance->ready_msecs, now,
		instance_handled(instance) != instance->handled_before,
		instance->is_later);
	char consequence[NUM_TEXT_MAX + 64] = "restart at once";
	char wait[NUM_TEXT_MAX];

	instance->timer_msecs =
		restart_after(&group->restart, &instance->restart, death,
			      instance->started_msecs, now);
	if (death != RESTART_TEMPORARY)
		instance->restart_count++;
	if (instance->timer_msecs > now)
		(void)snprintf(
			consequence, sizeof(consequence), "%s%s in %s",
			instance->restart.is_loop ? "does not stay up: " : "",
			death == RESTART_UNREADY ? "next try of its group"
						 : "restart",
			num_format_duration(instance->timer_msecs - now, wait));
	instance_say_end(instance,
			 instance->restart.is_loop ? LOG_ALERT : LOG_WARNING,
			 consequence);
}

static void act_term(struct instance *instance)
{
	instance_say(instance, LOG_INFO, "pid %d is asked to stop",
		     (int)instance->pid);
	instance->timer_msecs =
		clock_msecs() + instance->group->home->drain_msecs;
	/* A stopped process would not see the other signal. Not behind it: one
	   that ends at once may be held by its own leak checker by then. */
	instance_process_signal(instance, SIGCONT);
	instance_process_signal(instance, SIGTERM);
}

static void act_kill(struct instance *instance)
{
	instance_say(instance, LOG_WARNING, "pid %d has not stopped, kill",
		     (int)instance->pid);
	instance->timer_msecs = clock_msecs() + KILL_AGAIN_MSECS;
	instance_process_signal(instance, SIGKILL);
}

static void act_abort(struct instance *instance)
{
	instance_say(instance, LOG_ERR, "pid %d %s, abort", (int)instance->pid,
		     instance->frozen_msecs != 0 ? "is stopped by a signal"
						 : "hangs");
	instance->timer_msecs = clock_msecs() + ABORT_MSECS;
	instance_process_signal(instance, SIGABRT);
	/* A stopped process would not see it. */
	instance_process_signal(instance, SIGCONT);
}

static void act_settle(struct instance *instance)
{
	instance->timer_msecs = -1;
	if (instance->state == INSTANCE_FINISHED)
		instance_say_end(instance, LOG_INFO,
				 "has finished: not started again");
	else if (instance->state == INSTANCE_FAILED && instance->is_over)
		instance_say_end(instance, LOG_ERR,
				 "not started again: restart is \"never\"");
	else if (instance->state == INSTANCE_FAILED)
		instance_say_end(instance, LOG_ERR,
				 "not started again before a reload");
	else
		instance_say_end(instance, LOG_INFO, "stopped as asked");
}

static void act_nothing(struct instance *instance)
{
	(void)instance;
}

static void (*const actions[INSTANCE_ACTION_COUNT])(
	struct instance *instance) = {
	[INSTANCE_NOTHING] = act_nothing, [INSTANCE_SPAWN] = act_spawn,
	[INSTANCE_GREET] = act_greet,     [INSTANCE_WAIT] = act_wait,
	[INSTANCE_TERM] = act_term,       [INSTANCE_KILL] = act_kill,
	[INSTANCE_SETTLE] = act_settle,   [INSTANCE_ABORT] = act_abort,
};

void instance_event(struct instance *instance, enum instance_event event)
{
	struct instance_step step = instance_step(instance->state, event);

	if (event == INSTANCE_START && !instance_is_running(instance))
		restart_instance_reset(&instance->restart);
	instance->state = step.next;
	actions[step.action](instance);
}

/* The process has ended: read its last messages, take its exit status, and only
   then go to the table. */
static void instance_died(struct instance *instance)
{
	struct loop *loop = instance->group->home->loop;
	siginfo_t info = { 0 };
	enum instance_event event;
	int status;

	if (waitid(P_PIDFD, (id_t)instance->death.fd, &info,
		   WEXITED | WNOHANG) < 0)
		log_line(LOG_ERR, "%s: waitid: %s", instance->name,
			 strerror(errno));
	else if (info.si_pid == 0)
		return;
	instance_read_words(instance);
	loop_drop(loop, &instance->words);
	loop_drop(loop, &instance->death);
	instance_process_note_exit(instance, &info);
	instance->has_tried = true;
	status = info.si_code == CLD_EXITED ? info.si_status : -1;
	event = instance_end(
		(enum settings_restart)instance->group->settings.restart,
		status);
	instance->is_later = status == EX_TEMPFAIL;
	instance->is_over = event != INSTANCE_DIED && status != EX_CONFIG;
	instance_event(instance, event);
}

static void death_ready(void *owner, uint32_t events)
{
	(void)events;
	instance_died(owner);
}

int64_t instance_deadline(const struct instance *instance)
{
	int64_t gate = restart_gate(&instance->group->restart);

	if (instance->state == INSTANCE_WAITING && instance->timer_msecs < gate)
		return gate;
	return instance->timer_msecs;
}

static void instance_look(struct instance *instance, int64_t now_msecs)
{
	int64_t hang_msecs = instance->group->home->hang_msecs;
	int64_t since_msecs =
		instance_process_silent_since(instance, now_msecs);

	instance->timer_msecs = now_msecs + hang_msecs / LOOKS;
	if (since_msecs != 0 && now_msecs - since_msecs >= hang_msecs)
		instance_event(instance, INSTANCE_HUNG);
}

void instance_tick(struct instance *instance, int64_t now_msecs)
{
	int64_t deadline = instance_deadline(instance);

	if (deadline < 0 || deadline > now_msecs)
		return;
	if (instance->state == INSTANCE_STARTING ||
	    instance->state == INSTANCE_READY)
		instance_look(instance, now_msecs);
	else
		instance_event(instance, INSTANCE_TIMER);
}

void instance_log_level(struct instance *instance, int level)
{
	instance->log_level = level;
	instance_process_log_level(instance);
}

void instance_hurry(struct instance *instance)
{
	if (instance->state == INSTANCE_STOPPING ||
	    instance->state == INSTANCE_RECYCLING)
		instance->timer_msecs = clock_msecs();
}
