/* Checks the stream, the groups on it that are not configured, and the dead
   letters. doctor.c calls it after doctor_rights.c; doctor_tell.c prints the
   findings. */

#include "config.h"

#include "supervisor/ctl/doctor/doctor_state.h"

#include "lib/base/arena.h"
#include "lib/consumer/delivery.h"
#include "lib/base/err.h"
#include "lib/stream/keys.h"
#include "lib/base/num.h"
#include "lib/redis/redis.h"
#include "lib/redis/reply.h"
#include "lib/settings/settings.h"

#include <inttypes.h>
#include <stdio.h>

/* A reader that has been idle this long with entries waiting counts as gone. */
#define SILENT_MSECS INT64_C(600000)

/* Does anybody read for that group? A caught-up group may be quiet, but it has
   consumers. */
static bool is_read(struct doctor *doctor, const struct reply *group,
		    struct text generated)
{
	const struct reply *consumers = redis_command(
		doctor->redis, doctor->arena, doctor->err, "XINFO", "CONSUMERS",
		doctor->settings->stream_key,
		reply_text(reply_field(group, "name")).data, NULL);
	bool caught_up = text_equal(
		reply_text(reply_field(group, "last-delivered-id")), generated);

	for (size_t i = 0; consumers != NULL && i < reply_count(consumers); i++)
		if (caught_up ||
		    reply_integer(reply_field(reply_at(consumers, i), "idle"),
				  0) < SILENT_MSECS)
			return true;
	return consumers == NULL;
}

static void foreign_check(struct doctor *doctor, const struct reply *group,
			  struct text generated)
{
	struct text name = reply_text(reply_field(group, "name"));
	int64_t pending = reply_integer(reply_field(group, "pending"), 0);
	char subject[128], shown[96];

	(void)snprintf(subject, sizeof(subject), "group %s",
		       text_show(name, shown, sizeof(shown)));
	if (is_read(doctor, group, generated))
		doctor_say(doctor, DOCTOR_OK, subject, NULL,
			   "not in the configuration, and read by somebody "
			   "else");
	else
		doctor_say(doctor, DOCTOR_WARN, subject,
			   "configure it, or XGROUP DESTROY it when nobody "
			   "misses it",
			   "not in the configuration, and nobody reads it "
			   "(%" PRId64 " pending): what it has not read cannot "
			   "be trimmed",
			   pending);
}

static void foreigners_check(struct doctor *doctor, struct text generated)
{
	const struct reply *groups = redis_command(
		doctor->redis, doctor->arena, doctor->err, "XINFO", "GROUPS",
		doctor->settings->stream_key, NULL);

	if (groups == NULL) {
		doctor_unknown(doctor, "groups");
		return;
	}
	for (size_t i = 0; i < reply_count(groups); i++) {
		const struct reply *group = reply_at(groups, i);

		if (settings_group(
			    doctor->settings,
			    reply_text(reply_field(group, "name")).data) ==
			    NULL &&
		    redis_is_open(doctor->redis))
			foreign_check(doctor, group, generated);
	}
}

static const char first_id_lua[] =
#include "supervisor/ctl/doctor/first_id.inc"
	;

static void dead_check(struct doctor *doctor)
{
	char age[NUM_TEXT_MAX];
	const struct reply *count, *first;
	int64_t msecs = doctor->now_msecs;
	struct keys keys;
	uint64_t seq;

	keys_make(doctor->settings->stream_key, NULL, &keys);
	count = redis_command(doctor->redis, doctor->arena, doctor->err, "XLEN",
			      keys.dead, NULL);
	first = count == NULL
			? NULL
			: redis_command(doctor->redis, doctor->arena,
					doctor->err, "EVAL_RO", first_id_lua,
					"1", keys.dead, NULL);
	if (first == NULL) {
		doctor_unknown(doctor, "dead letters");
	} else if (reply_text(first).length == 0) {
		doctor_say(doctor, DOCTOR_OK, "dead letters", NULL, "none");
	} else {
		(void)delivery_parse_id(reply_text(first), &msecs, &seq);
		msecs = doctor->now_msecs - msecs;
		/* People read whole minutes more easily. */
		(void)num_format_duration(
			msecs < 60000 ? 60000 : msecs / 60000 * 60000, age);
		doctor_say(
			doctor, DOCTOR_WARN, "dead letters",
			"see why, correct the cause, and replay or drop them",
			"%" PRId64 ", the first %s%s ago",
			reply_integer(count, 0),
			msecs < 60000 ? "less than " : "", age);
	}
}

void doctor_stream(struct doctor *doctor)
{
	const char *key = doctor->settings->stream_key;
	const struct reply *exists, *info;

	arena_reset(doctor->arena);
	exists = redis_command(doctor->redis, doctor->arena, doctor->err,
			       "EXISTS", key, NULL);
	if (exists != NULL && reply_integer(exists, 0) == 0) {
		doctor_say(doctor, DOCTOR_WARN, "stream",
			   "start ordermqd, or publish an order",
			   "%s is not there yet", key);
		return;
	}
	info = redis_command(doctor->redis, doctor->arena, doctor->err, "XINFO",
			     "STREAM", key, NULL);
	if (info == NULL) {
		doctor_unknown(doctor, "stream");
	} else {
		doctor_say(doctor, DOCTOR_OK, "stream", NULL,
			   "%s has %" PRId64 " entries", key,
			   reply_integer(reply_field(info, "length"), 0));
		foreigners_check(doctor, reply_text(reply_field(
						 info, "last-generated-id")));
	}
	if (redis_is_open(doctor->redis))
		dead_check(doctor);
}
