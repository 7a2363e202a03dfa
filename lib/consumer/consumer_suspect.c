/* The entry on which the process before us died, as the board tells: it is
   noted before anything is read. consumer_link.c asks for it at each
   connection, until it is done. */

#include "config.h"

#include "lib/consumer/consumer_suspect.h"

#include "lib/base/arena.h"
#include "lib/process/board.h"
#include "lib/base/err.h"
#include "lib/base/log.h"
#include "lib/redis/redis.h"
#include "lib/settings/settings.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A kill from elsewhere (kill -9, no memory left) is rarely the entry's fault.
 */
#define SUSPECT_KILLS_MAX 10

#define SUSPECT_REASON_BYTES 128

static void id_write(const struct process_suspect *suspect, char *buf,
		     size_t bytes)
{
	(void)snprintf(buf, bytes, "%" PRIu64 "-%" PRIu64, suspect->id_msecs,
		       suspect->id_seq);
}

static void reason_write(const struct process_suspect *suspect, char *buf)
{
	if (suspect->signal == 0)
		(void)snprintf(buf, SUSPECT_REASON_BYTES,
			       "its worker was killed while it worked on it");
	else
		(void)snprintf(buf, SUSPECT_REASON_BYTES,
			       "its worker died of signal %d (%s)",
			       suspect->signal, strsignal(suspect->signal));
}

/* Returns the answer: 'ok', crashes, kills; or NULL. */
static const struct reply *crash_note(struct consumer *consumer, bool replays,
				      const char *id, const char *reason,
				      struct err *err)
{
	struct lease *lease = &consumer->lease;

	lease_begin_on(lease, SCRIPT_CRASH, replays, NULL, 0);
	command_word(&lease->command, id);
	command_word(&lease->command, consumer->process.suspect.signal == 0
					      ? "kills"
					      : "crashes");
	command_word(&lease->command, reason);
	command_number(&lease->command, consumer->process.group->max_crashes);
	command_number(&lease->command, SUSPECT_KILLS_MAX);
	return lease_call(lease, "crash", err);
}

static int suspect_dead_letter(struct consumer *consumer, bool replays,
			       const char *id, const char *reason,
			       struct err *err)
{
	struct lease *lease = &consumer->lease;
	const char *key = lease->keys.dead;
	const struct reply *answer;

	lease_begin_on(lease, SCRIPT_DEAD, replays, &key, 1);
	command_word(&lease->command, id);
	command_word(&lease->command, reason);
	command_word(&lease->command, "crash");
	command_word(&lease->command, outcome_book(OUTCOME_DEAD));
	command_word(&lease->command, "1");
	command_word(&lease->command, ""); /* attempts: what is noted */
	answer = lease_call(lease, "dead letter", err);
	if (answer == NULL)
		return -1;
	/* Whoever had it meanwhile has settled it. */
	if (reply_integer(reply_at(answer, 1), 0) > 0)
		return 0;
	board_add(consumer->process.board, BOARD_DEAD, 1);
	log_line(LOG_WARNING, "entry %s: dead-lettered: %s", id, reason);
	return 0;
}

/* Without anything in it the stream of what came back need not even exist. */
static bool replay_is_there(struct consumer *consumer)
{
	struct lease *lease = &consumer->lease;
	const struct reply *reply;
	struct err err;

	arena_reset(lease->arena);
	reply = redis_command(lease->redis, lease->arena, &err, "XLEN",
			      lease->keys.replay, NULL);
	return reply != NULL && reply_integer(reply, 0) > 0;
}

/* In one of the two streams. */
static int suspect_note_in(struct consumer *consumer, bool replays,
			   struct err *err)
{
	const struct process_suspect *suspect = &consumer->process.suspect;
	const struct reply *answer;
	char reason[SUSPECT_REASON_BYTES];
	char id[SETTINGS_NAME_BYTES];
	int64_t crashes, kills;

	id_write(suspect, id, sizeof(id));
	reason_write(suspect, reason);
	answer = crash_note(consumer, replays, id, reason, err);
	if (answer == NULL)
		return -1;
	crashes = reply_integer(reply_at(answer, 1), 0);
	kills = reply_integer(reply_at(answer, 2), 0);
	if (crashes + kills > 0)
		log_line(LOG_ERR,
			 "entry %s: %s; %" PRId64 " crashes, %" PRId64
			 " kills on it so far",
			 id, reason, crashes, kills);
	if (crashes < consumer->process.group->max_crashes &&
	    kills < SUSPECT_KILLS_MAX)
		return 0;
	return suspect_dead_letter(consumer, replays, id, reason, err);
}

int consumer_suspect_note(struct consumer *consumer, struct err *err)
{
	struct process_suspect *suspect = &consumer->process.suspect;

	if (!suspect->is_there)
		return 0;
	/* The board does not say in which stream it is: it is pending in one
	   of them at most. */
	if (suspect_note_in(consumer, false, err) < 0 ||
	    (replay_is_there(consumer) &&
	     suspect_note_in(consumer, true, err) < 0))
		return -1;
	suspect->is_there = false;
	board_touch(consumer->process.board, 0, 0);
	return 0;
}
