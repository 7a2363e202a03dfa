/* ordermq-keeper, the child of ordermqd that needs Redis: the loop of its
   rounds, and what happens while Redis is away. lib/process/process.c starts
   it; keep_round.c is a round. */

#include "config.h"

#include "lib/base/arena.h"
#include "lib/base/backoff.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/process/lifeline.h"
#include "lib/base/log.h"
#include "lib/process/process.h"
#include "lib/redis/redis.h"
#include "supervisor/common/finding_sheet.h"
#include "supervisor/common/finding_watch.h"
#include "supervisor/keeper/alarm.h"
#include "supervisor/keeper/finding_round.h"
#include "supervisor/keeper/keep_round.h"

#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <sysexits.h>

/* From the end of one round to the next one. */
#define ROUND_MSECS 1000

/* The first wait after Redis went away; the longest one is a setting. */
#define RETRY_MSECS 50

#define ARENA_BYTES (256 * 1024)

struct keeper {
	struct process process;
	struct redis *redis; /* NULL: not connected */
	struct keep_round keep;
	struct finding_round findings;
	struct finding_watch watch; /* without ordermqd */
	bool is_blind; /* Redis refuses to tell findings, and it has been said
			*/
	struct backoff backoff;
	bool was_ready;
	bool in_trouble; /* and it has been said */
	enum err_class trouble;
	int64_t next_msecs;
};

static const struct process_kind kind = {
	.program = "keeper",
	.about = "Does the housekeeping in Redis for one host.",
};

static void status_say(const struct keeper *keeper, const char *text)
{
	char lines[640];

	(void)snprintf(lines, sizeof(lines), "STATUS=%s", text);
	lifeline_notify(keeper->process.supervised, lines);
}

static void keeper_well(struct keeper *keeper)
{
	if (keeper->was_ready && !keeper->in_trouble)
		return;
	log_line(LOG_NOTICE,
		 keeper->was_ready ? "redis is well again" : "ready");
	process_ready(&keeper->process);
	keeper->was_ready = true;
	keeper->in_trouble = false;
	backoff_reset(&keeper->backoff);
	board_set(&keeper->process.board->state, BOARD_READY);
	status_say(keeper, "keeping");
}

/* Something is wrong with Redis: wait, and say so once. */
static void keeper_trouble(struct keeper *keeper, const struct err *err)
{
	const struct settings_redis *set = &keeper->process.settings.redis;
	bool refused = err->class == ERR_FATAL;

	redis_close(&keeper->redis);
	keeper->next_msecs =
		clock_msecs() + (refused ? set->alarm_retry_msecs
					 : backoff_next(&keeper->backoff));
	if (keeper->was_ready)
		board_set(&keeper->process.board->state, BOARD_DEGRADED);
	if (keeper->in_trouble && keeper->trouble == err->class)
		return;
	keeper->in_trouble = true;
	keeper->trouble = err->class;
	log_line(refused ? LOG_ALERT : LOG_ERR, "%s: %s", err->text,
		 refused ? "needs an operator; trying again now and then"
			 : "connecting again");
	status_say(keeper, err->text);
}

/* ordermqd raises the alarms, where it runs. */
static void keeper_tell(struct keeper *keeper)
{
	const struct findings *findings = &keeper->findings.findings;

	finding_sheet_write(keeper->process.board_fd, findings);
	if (!keeper->process.supervised)
		finding_watch_take(&keeper->watch, findings, clock_wall_msecs(),
				   NULL, NULL);
}

/* What is wrong is told also when there is nothing to keep. */
static int keeper_look(struct keeper *keeper, struct err *err)
{
	bool was_blind = keeper->is_blind;

	keeper->is_blind =
		finding_round_run(&keeper->findings, keeper->redis, err) < 0;
	if (!keeper->is_blind)
		keeper_tell(keeper);
	else if (!redis_is_open(keeper->redis))
		return -1;
	else if (!was_blind)
		log_line(LOG_WARNING, "%s: no findings are told", err->text);
	return 0;
}

static int keeper_work(struct keeper *keeper, struct err *err)
{
	struct process *process = &keeper->process;

	if (keeper->redis == NULL &&
	    redis_open(&process->settings.redis, process->wake_fd,
		       &keeper->redis, err) < 0)
		return -1;
	if (keeper_look(keeper, err) < 0)
		return -1;
	return keep_round_run(&keeper->keep, keeper->redis, err);
}

static void keeper_turn(struct keeper *keeper)
{
	struct err err;
	int ret = keeper_work(keeper, &err);

	/* The signal or message that woke us may ask us to stop. */
	process_woken(&keeper->process);
	if (keeper->process.stop)
		return;
	keeper->next_msecs = clock_msecs() + ROUND_MSECS;
	if (ret < 0) {
		keeper->keep.figures.msecs = -1;
		keeper_trouble(keeper, &err);
	} else {
		alarm_say(&keeper->keep.result);
		keeper_well(keeper);
	}
	figures_write(keeper->process.board_fd, &keeper->keep.figures);
}

static void keeper_run(struct keeper *keeper)
{
	struct process *process = &keeper->process;
	struct pollfd wake = { .fd = process->wake_fd, .events = POLLIN };

	while (!process->stop) {
		if (clock_msecs() >= keeper->next_msecs)
			keeper_turn(keeper);
		process_rest(process);
		(void)poll(&wake, 1,
			   clock_until(clock_earlier(
				   keeper->next_msecs,
				   process_beat_deadline(process))));
		process_beat(process);
		process_woken(process);
	}
	lifeline_notify(process->supervised, "STOPPING=1");
}

static int keeper_keep(struct keeper *keeper)
{
	char dir[SETTINGS_TEXT_BYTES];

	keeper->keep.settings = &keeper->process.settings;
	keeper->keep.arena = arena_open(ARENA_BYTES);
	keeper->backoff = (struct backoff){
		.first_msecs = RETRY_MSECS,
		.max_msecs = keeper->process.settings.redis.retry_max_msecs,
	};
	if (keeper->keep.arena == NULL) {
		log_line(LOG_ERR, "out of memory");
		return EX_TEMPFAIL;
	}
	finding_round_open(
		&keeper->findings, &keeper->process.settings,
		keeper->keep.arena,
		settings_runtime_dir(&keeper->process.settings, dir));
	keeper_run(keeper);
	log_line(LOG_INFO, "stopped");
	redis_close(&keeper->redis);
	arena_close(&keeper->keep.arena);
	return EX_OK;
}

int main(int argc, char **argv)
{
	static struct keeper keeper;
	int status = process_open(&keeper.process, &kind, argc, argv);

	status = status < 0 ? -1 - status : keeper_keep(&keeper);
	process_close(&keeper.process);
	return status;
}
