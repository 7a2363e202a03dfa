/* Judges the stream, other groups on it, and Redis by the facts of
   finding_look.c. finding_make.c judges the groups. */
#include "config.h"

#include "supervisor/keeper/finding_make.h"

#include "lib/base/clock.h"
#include "lib/base/num.h"
#include "lib/settings/settings.h"
#include "supervisor/keeper/redis_numbers.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SECS INT64_C(1000)
#define HOURS (3600 * SECS)

/* Clocks that differ by more are told. */
#define SKEW_MSECS 2000

/* Redis is nearly full from this percentage on. */
#define NEARLY_PERCENT 90

static void put(const struct finding_case *known, const struct finding *finding)
{
	findings_put(known->findings, finding);
}

static bool is_ignored(const struct settings *settings, const char *name)
{
	const struct settings_names *ignore = &settings->retention.ignore;

	for (int64_t i = 0; i < ignore->count; i++) {
		if (strcmp(ignore->names[i], name) == 0)
			return true;
	}
	return false;
}

static void other_make(const struct finding_case *known,
		       const struct finding_other *other)
{
	int64_t waiting = (other->lag < 0 ? 0 : other->lag) +
			  (other->pending < 0 ? 0 : other->pending);
	struct finding finding;
	char buf[NUM_TEXT_MAX];

	if (other->silent_msecs <= 0 ||
	    is_ignored(known->settings, other->name))
		return;
	finding_set(&finding, FINDING_NOBODY_READS, other->name, waiting,
		    "not configured here, and nobody has read from it for %s: "
		    "%" PRId64 " entries wait and are not removed",
		    finding_age(other->silent_msecs, buf), waiting);
	finding.since_msecs = known->look->now_msecs - other->silent_msecs;
	put(known, &finding);
}

static void left_make(const struct finding_case *known)
{
	const struct finding_left *left = known->left;
	struct finding finding;

	if (left == NULL || left->waiting <= 0)
		return;
	finding_set(&finding, FINDING_LEFT_STREAM, NULL, left->waiting,
		    "%s%" PRId64 " entries are not delivered to %s or not "
		    "settled in %s, which was the stream before",
		    left->is_exact ? "" : "at least ", left->waiting,
		    left->group, left->key);
	put(known, &finding);
}

/* The time without an entry; 0 while it is unknown. An arrival that the keeper
   saw counts more than an id, which may be of any time. */
static int64_t quiet_msecs(const struct finding_case *known)
{
	const struct finding_look *look = known->look;
	const struct finding_history *history = known->history;

	if (history != NULL && history->added_msecs != 0)
		return clock_msecs() - history->added_msecs;
	if (look->added > 0 &&
	    redis_numbers_is_of_now(look->last_msecs, look->now_msecs))
		return look->now_msecs - look->last_msecs;
	return history == NULL || history->first_msecs == 0
		       ? 0
		       : clock_msecs() - history->first_msecs;
}

static void silence_make(const struct finding_case *known)
{
	int64_t quiet = quiet_msecs(known);
	char buf[NUM_TEXT_MAX], most[NUM_TEXT_MAX];
	struct finding finding;

	if (known->settings->silence_msecs == 0 ||
	    quiet < known->settings->silence_msecs)
		return;
	finding_set(&finding, FINDING_SILENT_SENDER, NULL, quiet / SECS,
		    "no entry has come for %s (stream.silence %s)",
		    finding_age(quiet, buf),
		    num_format_duration(known->settings->silence_msecs, most));
	finding.since_msecs = known->look->now_msecs - quiet;
	put(known, &finding);
}

static void full_make(const struct finding_case *known)
{
	const struct finding_server *server = known->server;
	char size[NUM_TEXT_MAX];
	struct finding finding;
	int64_t percent;

	if (server->max_bytes <= 0 || server->used_bytes < 0)
		return;
	percent = (int64_t)((double)server->used_bytes * 100 /
			    (double)server->max_bytes);
	(void)num_format_size(server->max_bytes, size);
	if (server->used_bytes >= server->max_bytes) {
		finding_set(&finding, FINDING_REDIS_FULL, NULL, percent,
			    "maxmemory %s is reached: no order is accepted and "
			    "nothing is settled",
			    size);
		finding.severity = FINDING_CRITICAL;
	} else if (percent >= NEARLY_PERCENT) {
		finding_set(&finding, FINDING_REDIS_FULL, NULL, percent,
			    "%" PRId64 " %% full: when maxmemory %s is "
			    "reached, no order is accepted and nothing is "
			    "settled",
			    percent, size);
	} else {
		return;
	}
	put(known, &finding);
}

static void durable_make(const struct finding_case *known)
{
	const struct finding_server *server = known->server;
	struct finding finding;

	if (server->append_fails) {
		finding_set(&finding, FINDING_REDIS_NOT_DURABLE, NULL, -1,
			    "Redis cannot write its append-only file: a crash "
			    "of it loses accepted orders");
		finding.severity = FINDING_CRITICAL;
	} else if (server->append == 0) {
		finding_set(&finding, FINDING_REDIS_NOT_DURABLE, NULL, -1,
			    "appendonly is no: a crash of Redis loses accepted "
			    "orders");
	} else {
		return;
	}
	put(known, &finding);
}

static void emptied_make(const struct finding_case *known)
{
	const struct finding_memory_stream *stream = &known->memory->streams[0];
	int64_t added = known->look->has_stream ? known->look->added : 0;
	int64_t lines = 0;
	struct finding finding;

	if (stream->emptied_msecs == 0)
		return;
	for (int64_t i = 0; i < stream->ledger_count; i++)
		lines += stream->ledgers[i].lines;
	finding_set(&finding, FINDING_REDIS_EMPTIED, NULL, stream->added,
		    "Redis was emptied: of %" PRId64 " entries that %s ever "
		    "had it knows %" PRId64 "; there were %" PRId64 " lines in "
		    "ledgers",
		    stream->added, stream->key, added, lines);
	finding.since_msecs = stream->emptied_msecs;
	put(known, &finding);
}

static void clock_make(const struct finding_case *known)
{
	int64_t skew = known->look->skew_msecs;
	struct finding finding;

	if (skew > -SKEW_MSECS && skew < SKEW_MSECS)
		return;
	finding_set(&finding, FINDING_CLOCK, NULL,
		    (skew < 0 ? -skew : skew) / SECS,
		    "the clock of Redis is %" PRId64 " s %s that of this host",
		    (skew < 0 ? -skew : skew) / SECS,
		    skew < 0 ? "behind" : "ahead of");
	put(known, &finding);
}

static void ids_make(const struct finding_case *known)
{
	const struct finding_look *look = known->look;
	int64_t ahead = look->last_msecs - look->now_msecs;
	char buf[NUM_TEXT_MAX];
	struct finding finding;

	if (look->added <= 0 ||
	    redis_numbers_is_of_now(look->last_msecs, look->now_msecs))
		return;
	if (ahead > 0 && ahead / HOURS < 24 * 366)
		finding_set(&finding, FINDING_IDS_OF_ANOTHER_CLOCK, NULL,
			    ahead / SECS,
			    "the last id of the stream is %s ahead of the "
			    "clock of Redis: ages are not known",
			    finding_age(ahead, buf));
	else
		finding_set(&finding, FINDING_IDS_OF_ANOTHER_CLOCK, NULL, -1,
			    "the last id of the stream, %" PRId64 "-..., is "
			    "not a time in milliseconds: ages are not known",
			    look->last_msecs);
	put(known, &finding);
}

void finding_make_stream(const struct finding_case *known)
{
	for (int64_t i = 0; i < known->look->other_count; i++)
		other_make(known, &known->look->others[i]);
	left_make(known);
	silence_make(known);
	if (known->server != NULL) {
		full_make(known);
		durable_make(known);
	}
	if (known->memory != NULL)
		emptied_make(known);
	clock_make(known);
	ids_make(known);
}
