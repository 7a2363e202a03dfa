/* Checks whether entries have piled up in the configured groups. doctor.c calls
   it last; doctor_account.c checks for losses, and doctor_tell.c prints the
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
#include "supervisor/keeper/pause.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A ledger that takes at least this part of maxmemory, in percent, is a
   warning. */
#define LEDGER_FULL 50

#define DAY_SECS 86400

struct patient {
	struct doctor *doctor;
	const struct settings_group *group;
	const struct reply *stream; /* XINFO STREAM */
	const struct reply *info;   /* its row of XINFO GROUPS */
	struct keys keys;
	char subject[SETTINGS_NAME_BYTES + sizeof("group ")];
};

/* Is the id a before b? */
static bool is_before(struct text a, struct text b)
{
	int64_t a_msecs, b_msecs;
	uint64_t a_seq, b_seq;

	return delivery_parse_id(a, &a_msecs, &a_seq) == 0 &&
	       delivery_parse_id(b, &b_msecs, &b_seq) == 0 &&
	       (a_msecs < b_msecs || (a_msecs == b_msecs && a_seq < b_seq));
}

static void pending_check(struct patient *patient)
{
	struct doctor *doctor = patient->doctor;
	struct text first = reply_text(
		reply_field(patient->stream, "recorded-first-entry-id"));
	const struct reply *pending = redis_command(
		doctor->redis, doctor->arena, doctor->err, "XPENDING",
		patient->keys.stream, patient->group->name, NULL);
	struct text oldest;

	if (pending == NULL) {
		doctor_unknown(doctor, patient->subject);
		return;
	}
	oldest = reply_text(reply_at(pending, 1));
	if (reply_integer(reply_at(pending, 0), 0) > 0 &&
	    (is_before(oldest, first) || text_is(first, "0-0")))
		doctor_say(doctor, DOCTOR_FAIL, patient->subject,
			   "publish without MAXLEN or MINID",
			   "entry %.*s is pending, and was removed from the "
			   "stream",
			   (int)oldest.length, oldest.data);
}

static void account_check(struct patient *patient)
{
	doctor_account(patient->doctor, patient->group, patient->subject);
}

/* By "node generation expiry who": is the lease of the consumer held now? */
static bool is_owned(const struct patient *patient, struct text owner)
{
	char node[128] = "-";
	int64_t generation = 0, expiry = 0;

	return owner.length > 0 &&
	       sscanf(owner.data, "%127s %" SCNd64 " %" SCNd64, node,
		      &generation, &expiry) == 3 &&
	       strcmp(node, "-") != 0 && expiry > patient->doctor->now_msecs;
}

static void consumers_check(struct patient *patient)
{
	struct doctor *doctor = patient->doctor;
	const struct reply *consumers = redis_command(
		doctor->redis, doctor->arena, doctor->err, "XINFO", "CONSUMERS",
		patient->keys.stream, patient->group->name, NULL);
	const struct reply *owners =
		consumers == NULL ? NULL
				  : redis_command(doctor->redis, doctor->arena,
						  doctor->err, "HGETALL",
						  patient->keys.owners, NULL);
	char shown[256];

	if (owners == NULL) {
		doctor_unknown(doctor, patient->subject);
		return;
	}
	for (size_t i = 0; i < reply_count(consumers); i++) {
		const struct reply *consumer = reply_at(consumers, i);
		struct text name = reply_text(reply_field(consumer, "name"));
		int64_t pending =
			reply_integer(reply_field(consumer, "pending"), 0);

		if (pending > 0 &&
		    !is_owned(patient,
			      reply_text(reply_field(owners, name.data))))
			doctor_say(doctor, DOCTOR_WARN, patient->subject,
				   "start an instance of the group: it takes "
				   "them over",
				   "%" PRId64 " entries are pending with %s, "
				   "which nobody holds",
				   pending,
				   text_show(name, shown, sizeof(shown)));
	}
}

/* How many ledger lines a day come, since the group's account began; -1:
   unknown. Lines from before the account are among the entries that were
   settled then. */
static int64_t daily_lines(struct patient *patient, int64_t lines)
{
	struct doctor *doctor = patient->doctor;
	const struct reply *start =
		redis_command(doctor->redis, doctor->arena, doctor->err,
			      "HGETALL", patient->keys.start, NULL);
	int64_t since, days, settled;

	if (start == NULL)
		return -1;
	since = reply_integer(reply_field(start, "time"), 0);
	settled = reply_integer(reply_field(start, "settled"), 0);
	days = (doctor->now_msecs / 1000 - since) / DAY_SECS;
	if (since == 0 || days < 1)
		return -1;
	return lines > settled ? (lines - settled) / days : 0;
}

static void ledger_check(struct patient *patient)
{
	struct doctor *doctor = patient->doctor;
	char key[KEYS_BYTES], growth[64] = "growth not known yet";
	const struct reply *lines, *size;
	int64_t bytes, daily;
	bool big;

	(void)keys_of_group(patient->keys.stream, patient->group->name,
			    "ledger", key);
	lines = redis_command(doctor->redis, doctor->arena, doctor->err, "HLEN",
			      key, NULL);
	size = lines == NULL ? NULL
			     : redis_command(doctor->redis, doctor->arena,
					     doctor->err, "MEMORY", "USAGE",
					     key, "SAMPLES", "100", NULL);
	if (size == NULL) {
		doctor_unknown(doctor, "ledger");
		return;
	}
	bytes = reply_integer(size, 0);
	daily = daily_lines(patient, reply_integer(lines, 0));
	if (daily >= 0)
		(void)snprintf(growth, sizeof(growth), "%" PRId64 " a day",
			       daily);
	big = doctor->max_memory_bytes > 0 &&
	      bytes / LEDGER_FULL > doctor->max_memory_bytes / 100;
	doctor_say(doctor, big ? DOCTOR_WARN : DOCTOR_OK, "ledger",
		   big ? "raise maxmemory before it is full" : NULL,
		   "%s has %" PRId64 " lines (%s), about %" PRId64 " MiB",
		   patient->group->name, reply_integer(lines, 0), growth,
		   bytes / 1024 / 1024);
}

/* A pause that somebody has forgotten looks like a fault. */
static void pause_check(struct patient *patient)
{
	struct doctor *doctor = patient->doctor;
	char age[NUM_TEXT_MAX], remedy[SETTINGS_NAME_BYTES + 32];
	struct pause pause;
	int64_t secs;

	if (pause_read(doctor->redis, doctor->arena,
		       doctor->settings->stream_key, patient->group->name,
		       &pause, doctor->err) < 0) {
		doctor_unknown(doctor, patient->subject);
		return;
	}
	if (pause.msecs <= 0)
		return;
	secs = pause.msecs > doctor->now_msecs
		       ? 0
		       : (doctor->now_msecs - pause.msecs) / 1000;
	(void)snprintf(remedy, sizeof(remedy), "ordermqctl resume %s",
		       patient->group->name);
	doctor_say(doctor, DOCTOR_WARN, patient->subject, remedy,
		   "paused for %s by %s: %s",
		   num_format_duration(secs * 1000, age), pause.who, pause.why);
}

static void group_examine(struct patient *patient)
{
	static void (*const checks[])(struct patient *) = {
		pause_check, pending_check, account_check, consumers_check
	};
	struct doctor *doctor = patient->doctor;
	enum doctor_state before = doctor->worst;

	doctor->worst = DOCTOR_OK;
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		if (redis_is_open(doctor->redis))
			checks[i](patient);
	if (doctor->worst == DOCTOR_OK && redis_is_open(doctor->redis))
		doctor_say(doctor, DOCTOR_OK, patient->subject, NULL,
			   "%" PRId64 " consumers, %" PRId64 " entries pending",
			   reply_integer(
				   reply_field(patient->info, "consumers"), 0),
			   reply_integer(reply_field(patient->info, "pending"),
					 0));
	if (before > doctor->worst)
		doctor->worst = before;
	if (strcmp(patient->group->program, "points") == 0 &&
	    redis_is_open(doctor->redis))
		ledger_check(patient);
}

static void group_check(struct doctor *doctor,
			const struct settings_group *group,
			const struct reply *stream, const struct reply *groups)
{
	struct patient patient = { .doctor = doctor,
				   .group = group,
				   .stream = stream };

	keys_make(doctor->settings->stream_key, group->name, &patient.keys);
	(void)snprintf(patient.subject, sizeof(patient.subject), "group %s",
		       group->name);
	for (size_t i = 0; i < reply_count(groups); i++)
		if (text_is(reply_text(
				    reply_field(reply_at(groups, i), "name")),
			    group->name))
			patient.info = reply_at(groups, i);
	if (patient.info == NULL)
		doctor_say(doctor, DOCTOR_WARN, patient.subject,
			   "start an instance of it",
			   "configured, and not on the stream: no order waits "
			   "for it");
	else
		group_examine(&patient);
}

void doctor_groups(struct doctor *doctor)
{
	const struct settings *settings = doctor->settings;
	const char *key = settings->stream_key;
	const struct reply *stream, *groups;

	for (int64_t i = 0; i < settings->group_count; i++) {
		if (settings_is_groupless(&settings->groups[i]))
			continue;
		arena_reset(doctor->arena);
		stream =
			redis_command(doctor->redis, doctor->arena, doctor->err,
				      "XINFO", "STREAM", key, NULL);
		groups = stream == NULL
				 ? NULL
				 : redis_command(doctor->redis, doctor->arena,
						 doctor->err, "XINFO", "GROUPS",
						 key, NULL);
		/* doctor_stream() has said why. */
		if (groups == NULL)
			return;
		group_check(doctor, &settings->groups[i], stream, groups);
	}
}
