/* The table of the kinds of findings. finding.c makes lists of them; the manual
   ordermq-findings(7) has a section for each row. */
#include "config.h"

#include "supervisor/common/finding_kind.h"

#include <string.h>

#define SECS INT64_C(1000)

static const struct finding_kind kinds[FINDING_ID_COUNT] = {
	[FINDING_LOST] = { "lost", FINDING_CRITICAL, 0,
			   "entries were removed from the stream while they "
			   "were pending",
			   "publish without MAXLEN or MINID; ordermqctl verify "
			   "counts what is missing" },
	[FINDING_DROPPED] = { "dropped", FINDING_CRITICAL, 0,
			      "entries were removed from the stream before the "
			      "group was given them",
			      "publish without MAXLEN or MINID; look at "
			      "stream.retention" },
	[FINDING_SKIPPED] = { "skipped", FINDING_CRITICAL, 0,
			      "entries left the group without one of its "
			      "instances",
			      "see who sets it forward, or acknowledges; "
			      "ordermqctl replay %s" },
	[FINDING_DEAD_LETTERS] = { "dead-letters", FINDING_WARNING, 0,
				   "entries became dead letters in the last "
				   "hour",
				   "ordermqctl dead list %s; correct the "
				   "cause, "
				   "then replay or drop them" },
	[FINDING_WAITING] = { "waiting", FINDING_WARNING, 0,
			      "entries wait to be tried again, or are not "
			      "finished",
			      "ordermqctl pending %s; the log of the instance "
			      "has the reason" },
	[FINDING_UNKNOWN_TYPES] = { "unknown-types", FINDING_WARNING, 0,
				    "entries are of a type that the group does "
				    "not know",
				    "look at fields.type, and at what the "
				    "sender writes there" },
	[FINDING_NEW_GROUP] = { "new-group", FINDING_WARNING, 0,
				"the group is new on a stream that had been "
				"read before",
				"see that it begins where it should: "
				"ordermq.conf(5), start" },
	[FINDING_PAUSED] = { "paused", FINDING_WARNING, 0,
			     "the group reads nothing, as an operator wants it",
			     "ordermqctl resume %s" },
	[FINDING_HELD] = { "held", FINDING_WARNING, 0,
			   "instances are stopped, as an operator wants it",
			   "ordermqctl unhold %s" },
	[FINDING_BEYOND_END] = { "beyond-end", FINDING_CRITICAL, 0,
				 "the group stands beyond the last entry and "
				 "is given nothing new",
				 "XGROUP SETID it to where it was, or to 0 "
				 "where that does no harm" },
	[FINDING_STRANGERS] = { "strangers", FINDING_CRITICAL, 0,
				"a consumer that is not of ordermq reads in "
				"the group",
				"let it read with a group of its own, then "
				"XGROUP DELCONSUMER it" },
	[FINDING_NOBODY_READS] = { "nobody-reads", FINDING_WARNING, 20 * SECS,
				   "nobody reads for the group",
				   "start instances of it; or XGROUP DESTROY "
				   "it, when nobody misses it" },
	[FINDING_LEFT_STREAM] = { "left-stream", FINDING_CRITICAL, 0,
				  "entries wait in a stream that was used "
				  "before",
				  "set stream.key back until it is empty" },
	[FINDING_SILENT_SENDER] = { "silent-sender", FINDING_CRITICAL, 0,
				    "no entry has come for longer than "
				    "stream.silence",
				    "look at the sender" },
	[FINDING_REDIS_FULL] = { "redis-full", FINDING_WARNING, 0,
				 "the memory of Redis is full, or nearly full",
				 "raise maxmemory, or trim the stream" },
	[FINDING_REDIS_NOT_DURABLE] = { "redis-not-durable", FINDING_WARNING, 0,
					"a crash of Redis loses accepted "
					"orders",
					"appendonly yes in redis.conf; "
					"ordermqctl doctor says more" },
	[FINDING_REDIS_EMPTIED] = { "redis-emptied", FINDING_CRITICAL, 0,
				    "what was in Redis is there no more",
				    "restore a backup, or find out who "
				    "flushed it" },
	[FINDING_DEGRADED] = { "degraded", FINDING_WARNING, 3 * SECS,
			       "instances run and cannot work, or do not run",
			       "ordermqctl status --json has the reason of "
			       "each" },
	[FINDING_LAG_UNKNOWN] = { "lag-unknown", FINDING_WARNING, 15 * SECS,
				  "how far the group is behind is not known",
				  "look whether Redis and the keeper run" },
	[FINDING_CLOCK] = { "clock", FINDING_WARNING, 5 * SECS,
			    "the clocks of Redis and this host differ",
			    "let both hosts follow one time server" },
	[FINDING_IDS_OF_ANOTHER_CLOCK] = { "ids-of-another-clock",
					   FINDING_WARNING, 0,
					   "the ids of the stream are not of "
					   "the time of Redis",
					   "let the sender XADD with *" },
};

static const char *const severity_words[] = {
	[FINDING_WARNING] = "warning",
	[FINDING_CRITICAL] = "critical",
};

const struct finding_kind *finding_kind(int64_t id)
{
	return &kinds[id];
}

int finding_id_of(const char *word)
{
	for (int i = 0; i < FINDING_ID_COUNT; i++) {
		if (strcmp(kinds[i].word, word) == 0)
			return i;
	}
	return -1;
}

const char *finding_severity_word(int64_t severity)
{
	return severity_words[severity];
}
