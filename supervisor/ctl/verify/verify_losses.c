/* What the books of a group say of losses, and how they are corrected.
   verify_books.c has read them; the keeper (keep_account.lua) has counted. */

#include "config.h"

#include "supervisor/ctl/verify/verify_state.h"

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/redis/redis.h"
#include "lib/redis/reply.h"
#include "lib/settings/settings.h"
#include "lib/stream/keys.h"

#include <inttypes.h>

static const char correct_lua[] =
#include "supervisor/keeper/redis_numbers.inc"
#include "supervisor/keeper/account.inc"
#include "supervisor/keeper/keep_account.inc"
#include "supervisor/ctl/verify/verify_correct.inc"
	;

int verify_correct(struct verify *verify, bool execute)
{
	struct verify_correction *correction = &verify->correction;
	const struct reply *reply;
	struct keys keys;

	*correction = (struct verify_correction){ .is_asked_for = true,
						  .is_done = execute };
	keys_make(verify->settings->stream_key, verify->group->name, &keys);
	arena_reset(verify->arena);
	reply = redis_command(verify->redis, verify->arena, verify->err, "EVAL",
			      correct_lua, "4", keys.stream, keys.start,
			      keys.books, keys.replay, verify->group->name,
			      execute ? "1" : "0", NULL);
	if (reply == NULL)
		return -1;
	correction->dropped = reply_integer(reply_at(reply, 0), 0);
	correction->count = reply_integer(reply_at(reply, 1), 0);
	return 0;
}

static void correction_tell(struct verify *verify)
{
	const struct verify_correction *correction = &verify->correction;
	int64_t count = correction->count;

	if (!correction->is_asked_for)
		return;
	verify_number(verify, "corrected", correction->is_done ? count : 0);
	verify_number(verify, "correctable", correction->is_done ? 0 : count);
	if (count == 0)
		verify_tell(verify, "there is nothing to correct");
	else
		verify_tell(
			verify,
			"dropped %s from %" PRId64 " to %" PRId64 ": %" PRId64
			" entries were counted as dropped, and were "
			"settled%s",
			correction->is_done ? "was corrected"
					    : "would be corrected",
			correction->dropped, correction->dropped - count, count,
			correction->is_done ? "" : "; add --execute to do it");
}

/* Does the configuration ask for entries to be removed before they are
   delivered? */
static bool drops(const struct settings *settings)
{
	return settings->retention.unread == SETTINGS_UNREAD_DROP ||
	       settings->retention.ceiling > 0;
}

static void dropped_tell(struct verify *verify, int64_t dropped)
{
	static const char text[] =
		"%" PRId64 " entries were removed from the stream "
		"before they were delivered (dropped)%s";

	if (dropped > 0 && drops(verify->settings))
		verify_tell(verify, text, dropped,
			    ", as stream.retention allows");
	else if (dropped > 0)
		verify_off(verify, text, dropped, "");
}

void verify_losses(struct verify *verify, const struct reply *books,
		   const struct reply *start)
{
	int64_t doubt = reply_integer(reply_field(start, "doubt"), 0);
	int64_t moved = reply_integer(reply_field(start, "moved"), 0) - doubt;
	int64_t early = reply_integer(reply_field(start, "early"), 0);
	int64_t skipped = reply_integer(reply_field(books, "skipped"), 0);

	correction_tell(verify);
	dropped_tell(verify,
		     reply_integer(reply_field(books, "dropped"), 0) - doubt);
	if (early > 0)
		verify_tell(verify,
			    "%" PRId64 " entries took effect while they were "
			    "no longer pending: the group was made again, or "
			    "Redis lost its last writes (early)",
			    early);
	if (doubt > 0)
		verify_off(verify,
			   "%" PRId64 " entries are counted as dropped, and "
			   "were settled: verify --correct",
			   doubt);
	if (skipped > 0)
		verify_off(verify,
			   "%" PRId64 " entries were never settled here: "
			   "somebody else set the group forward, or "
			   "acknowledged them or took them (skipped)",
			   skipped);
	if (moved > 0)
		verify_off(verify,
			   "%" PRId64 " more than were due: somebody else set "
			   "the group back or made it again, or Redis lost its "
			   "last writes (moved)",
			   moved);
}
