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

/* SIGKILL is said again until the process is gone: s6 does the same. */
#define KILL_AGAIN_MSECS 5000
#define WORDS_BYTES 4096
/* After SIGABRT, which leaves a core, an instance that hangs is killed. */
#define ABORT_MSECS 2000
/* How often in hang_timeout a living instance is looked at. */
#define LOOKS 4
/* How many messages are read in one turn, so that one that does not stop
   talking holds up nobody. */
#define WORDS_A_TURN 16

static void death_ready(void *owner, uint32_t events);
static void words_ready(void *owner, uint32_t events);

void slot_open(struct slot *slot, struct slot_group *group, int number)
{
	memset(slot, 0, sizeof(*slot));
	slot->group = group;
	slot->number = number;
	(void)snprintf(slot->name, sizeof(slot->name),
		       number == 0 ? "%s" : "%s-%d", group->settings.name,
		       number);
	slot->state = INSTANCE_STOPPED;
	slot->death = (struct loop_watch){ -1, death_ready, slot };
	slot->words = (struct loop_watch){ -1, words_ready, slot };
	slot->board_fd = -1;
	slot->timer_msecs = -1;
	slot->ready_msecs = -1;
	slot->log_level = -1;
	restart_slot_reset(&slot->restart);
}

void slot_close(struct slot *slot)
{
	char path[2 * SETTINGS_TEXT_BYTES];

	if (slot->board_fd >= 0)
		(void)close(slot->board_fd);
	slot->board_fd = -1;
	slot_process_board_path(slot, path, sizeof(path));
	(void)unlink(path);
}

bool slot_is_running(const struct slot *slot)
{
	return slot->death.fd >= 0;
}

int slot_board(const struct slot *slot, struct board *board_r)
{
	return slot->board_fd < 0 ? -1 : board_read(slot->board_fd, board_r);
}

bool slot_is_over(const struct slot *slot)
{
	return slot->is_over && (slot->state == INSTANCE_FAILED ||
				 slot->state == INSTANCE_FINISHED);
}

static uint64_t handled(const struct slot *slot)
{
	struct board board;

	if (slot_board(slot, &board) < 0)
		return 0;
	return board_get(&board.counters[BOARD_HANDLED]);
}

int64_t slot_settled(const struct slot *slot)
{
	return (int64_t)(handled(slot) - slot->handled_before);
}

/* What an instance says, a line of the words of sd_notify(3). What is unknown
   is none of our business, and so is STOPPING=1: its end will show. */
static void hear(struct slot *slot, const char *line)
{
	if (strcmp(line, "READY=1") == 0)
		slot_event(slot, INSTANCE_UP);
	else if (strncmp(line, "STATUS=", strlen("STATUS=")) == 0)
		(void)text_show(text_of(line + strlen("STATUS=")), slot->status,
				sizeof(slot->status));
	else if (strncmp(line, "ERRNO=", strlen("ERRNO=")) == 0)
		slot->exec_errno = atoi(line + strlen("ERRNO="));
}

/* Read what came over the lifeline. Its end is no news: only the pidfd says
   that a process has died. But the descriptor must go then, or the loop would
   spin on it. */
static void read_words(struct slot *slot)
{
	char words[WORDS_BYTES + 1];

	for (int i = 0; i < WORDS_A_TURN && slot->words.fd >= 0; i++) {
		ssize_t length = recv(slot->words.fd, words, WORDS_BYTES, 0);
		char *rest = NULL;

		if (length < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (length <= 0) {
			loop_drop(slot->group->home->loop, &slot->words);
			return;
		}
		words[length] = '\0';
		for (char *line = strtok_r(words, "\n", &rest); line != NULL;
		     line = strtok_r(NULL, "\n", &rest))
			hear(slot, line);
	}
}

static void words_ready(void *owner, uint32_t events)
{
	(void)events;
	read_words(owner);
}

/* Whatever happens to it makes a log line and an event. */
static void say(const struct slot *slot, int level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void say(const struct slot *slot, int level, const char *fmt, ...)
{
	char text[256];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	log_line(level, "%s: %s", slot->name, text);
	events_add(slot->group->home->events, slot->name, "%s", text);
}

/* One line for the end of a process, with what follows from it. */
static void say_end(struct slot *slot, int level, const char *consequence)
{
	if (slot->pid == 0)
		return;
	say(slot, level, "pid %d ended by %s, %s", (int)slot->pid,
	    slot->last_exit, consequence);
	slot->pid = 0;
}

static void act_spawn(struct slot *slot)
{
	int64_t now = clock_msecs();
	struct err err;

	say_end(slot, LOG_INFO, "starts again as asked");
	slot->timer_msecs = -1;
	slot->started_msecs = now;
	slot->ready_msecs = -1;
	slot->frozen_msecs = 0;
	slot->exec_errno = 0;
	slot->is_later = false;
	slot->is_over = false;
	slot->is_worn = false;
	slot->status[0] = '\0';
	slot->version = slot->group->version;
	restart_begun(&slot->group->restart, now);
	if (slot_process_start(slot, &err) < 0) {
		(void)snprintf(slot->last_exit, sizeof(slot->last_exit), "%.*s",
			       (int)sizeof(slot->last_exit) - 1, err.text);
		slot->has_tried = true;
		say(slot, LOG_ERR, "%s", err.text);
		slot_event(slot, INSTANCE_DIED);
		return;
	}
	slot->handled_before = handled(slot);
	slot->timer_msecs = now + slot->group->home->hang_msecs / LOOKS;
	say(slot, LOG_INFO, "pid %d started", (int)slot->pid);
	/* Without it has the level from the settings. */
	if (slot->log_level >= 0 || slot->group->log_level >= 0)
		slot_process_log_level(slot);
}

static void act_greet(struct slot *slot)
{
	slot->ready_msecs = clock_msecs();
	slot->has_tried = true;
	restart_went_well(&slot->group->restart);
	say(slot, LOG_INFO, "pid %d is ready", (int)slot->pid);
}

static void act_wait(struct slot *slot)
{
	struct slot_group *group = slot->group;
	int64_t now = clock_msecs();
	enum restart_death death = restart_judge(
		slot->ready_msecs, now, handled(slot) != slot->handled_before,
		slot->is_later);
	char consequence[NUM_TEXT_MAX + 64] = "restart at once";
	char wait[NUM_TEXT_MAX];

	slot->timer_msecs = restart_after(&group->restart, &slot->restart,
					  death, slot->started_msecs, now);
	if (death != RESTART_TEMPORARY)
		slot->restart_count++;
	if (slot->timer_msecs > now)
		(void)snprintf(
			consequence, sizeof(consequence), "%s%s in %s",
			slot->restart.is_loop ? "does not stay up: " : "",
			death == RESTART_UNREADY ? "next try of its group"
						 : "restart",
			num_format_duration(slot->timer_msecs - now, wait));
	say_end(slot, slot->restart.is_loop ? LOG_ALERT : LOG_WARNING,
		consequence);
}

static void act_term(struct slot *slot)
{
	say(slot, LOG_INFO, "pid %d is asked to stop", (int)slot->pid);
	slot->timer_msecs = clock_msecs() + slot->group->home->drain_msecs;
	slot_process_signal(slot, SIGTERM);
	slot_process_signal(slot, SIGCONT);
}

static void act_kill(struct slot *slot)
{
	say(slot, LOG_WARNING, "pid %d has not stopped, kill", (int)slot->pid);
	slot->timer_msecs = clock_msecs() + KILL_AGAIN_MSECS;
	slot_process_signal(slot, SIGKILL);
}

static void act_abort(struct slot *slot)
{
	say(slot, LOG_ERR, "pid %d %s, abort", (int)slot->pid,
	    slot->frozen_msecs != 0 ? "is stopped by a signal" : "hangs");
	slot->timer_msecs = clock_msecs() + ABORT_MSECS;
	slot_process_signal(slot, SIGABRT);
	/* A stopped process would not see it. */
	slot_process_signal(slot, SIGCONT);
}

static void act_settle(struct slot *slot)
{
	slot->timer_msecs = -1;
	if (slot->state == INSTANCE_FINISHED)
		say_end(slot, LOG_INFO, "has finished: not started again");
	else if (slot->state == INSTANCE_FAILED && slot->is_over)
		say_end(slot, LOG_ERR,
			"not started again: restart is \"never\"");
	else if (slot->state == INSTANCE_FAILED)
		say_end(slot, LOG_ERR, "not started again before a reload");
	else
		say_end(slot, LOG_INFO, "stopped as asked");
}

static void act_nothing(struct slot *slot)
{
	(void)slot;
}

static void (*const actions[INSTANCE_ACTION_COUNT])(struct slot *slot) = {
	[INSTANCE_NOTHING] = act_nothing, [INSTANCE_SPAWN] = act_spawn,
	[INSTANCE_GREET] = act_greet,     [INSTANCE_WAIT] = act_wait,
	[INSTANCE_TERM] = act_term,       [INSTANCE_KILL] = act_kill,
	[INSTANCE_SETTLE] = act_settle,   [INSTANCE_ABORT] = act_abort,
};

void slot_event(struct slot *slot, enum instance_event event)
{
	struct instance_step step = instance_step(slot->state, event);

	if (event == INSTANCE_START && !slot_is_running(slot))
		restart_slot_reset(&slot->restart);
	slot->state = step.next;
	actions[step.action](slot);
}

/* The process has ended: hear its last words, take its status, and only then
   let the table know. */
static void died(struct slot *slot)
{
	struct loop *loop = slot->group->home->loop;
	siginfo_t info = { 0 };
	enum instance_event event;
	int status;

	if (waitid(P_PIDFD, (id_t)slot->death.fd, &info, WEXITED | WNOHANG) < 0)
		log_line(LOG_ERR, "%s: waitid: %s", slot->name,
			 strerror(errno));
	else if (info.si_pid == 0)
		return;
	read_words(slot);
	loop_drop(loop, &slot->words);
	loop_drop(loop, &slot->death);
	slot_process_note_exit(slot, &info);
	slot->has_tried = true;
	status = info.si_code == CLD_EXITED ? info.si_status : -1;
	event = instance_end(
		(enum settings_restart)slot->group->settings.restart, status);
	slot->is_later = status == EX_TEMPFAIL;
	slot->is_over = event != INSTANCE_DIED && status != EX_CONFIG;
	slot_event(slot, event);
}

static void death_ready(void *owner, uint32_t events)
{
	(void)events;
	died(owner);
}

int64_t slot_deadline(const struct slot *slot)
{
	int64_t gate = restart_gate(&slot->group->restart);

	if (slot->state == INSTANCE_WAITING && slot->timer_msecs < gate)
		return gate;
	return slot->timer_msecs;
}

/* Since when it gives no sign of life; 0: it does, or it waits for something to
   do, and cannot hang. */
static int64_t silent_since(struct slot *slot, int64_t now_msecs)
{
	struct board board;
	int64_t busy_msecs = 0;

	if (!slot_process_is_stopped(slot))
		slot->frozen_msecs = 0;
	else if (slot->frozen_msecs == 0)
		slot->frozen_msecs = now_msecs;
	if (slot_board(slot, &board) == 0)
		busy_msecs = (int64_t)board_get(&board.busy_msecs);
	/* The board may still be as the one before has left it. */
	if (busy_msecs != 0 && busy_msecs < slot->started_msecs)
		busy_msecs = slot->started_msecs;
	return busy_msecs != 0 ? busy_msecs : slot->frozen_msecs;
}

static void look(struct slot *slot, int64_t now_msecs)
{
	int64_t hang_msecs = slot->group->home->hang_msecs;
	int64_t since_msecs = silent_since(slot, now_msecs);

	slot->timer_msecs = now_msecs + hang_msecs / LOOKS;
	if (since_msecs != 0 && now_msecs - since_msecs >= hang_msecs)
		slot_event(slot, INSTANCE_HUNG);
}

void slot_tick(struct slot *slot, int64_t now_msecs)
{
	int64_t deadline = slot_deadline(slot);

	if (deadline < 0 || deadline > now_msecs)
		return;
	if (slot->state == INSTANCE_STARTING || slot->state == INSTANCE_READY)
		look(slot, now_msecs);
	else
		slot_event(slot, INSTANCE_TIMER);
}

void slot_log_level(struct slot *slot, int level)
{
	slot->log_level = level;
	slot_process_log_level(slot);
}

void slot_hurry(struct slot *slot)
{
	if (slot->state == INSTANCE_STOPPING ||
	    slot->state == INSTANCE_RECYCLING)
		slot->timer_msecs = clock_msecs();
}
