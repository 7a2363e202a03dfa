/* Random schedules of reading, acknowledging, claiming, crashing and trimming
   on a small stream with some groups, held against a model that knows of each
   group what it has not settled. Nothing of that may ever go, and what nobody
   needs must.

   RETENTION_SEED=n repeats schedule n alone, and tells every command.
   RETENTION_SCHEDULES=n runs so many; 1,000 otherwise. */

#include "config.h"

#include "lib/base/arena.h"
#include "lib/redis/command.h"
#include "lib/base/err.h"
#include "lib/base/num.h"
#include "lib/redis/redis.h"
#include "lib/settings/settings.h"
#include "supervisor/keeper/keep_round.h"
#include "tests/fixtures/redis_fixture.h"

#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define SCHEDULES 1000
#define STEPS_MIN 40
#define STEPS_MAX 80
#define ENTRIES_MAX 64
#define GROUPS_MAX 4
#define CONSUMERS 3
#define WORDS_MAX (ENTRIES_MAX + 16)

/* From one entry to the next; far more than a schedule takes. */
#define SPAN_MSECS 100000

/* Fewer than the script passes over at once. */
#define DELETED_MAX 10

enum place {
	UNREAD,
	PENDING,
	SETTLED, /* or none of its business */
};

struct entry {
	char id[KEEP_ROUND_ID_BYTES];
	int64_t msecs;
	bool is_there;
	bool is_long; /* its second part is beyond what Lua counts exactly */
};

struct stream_group {
	const char *name;
	bool is_there;
	bool is_slow;          /* it is far behind */
	unsigned int declared; /* by which hosts */
	unsigned int ignored;
	int start; /* where it begins, as an entry's number */
	int next;  /* behind the last one delivered */
	enum place places[ENTRIES_MAX];
	int consumers[ENTRIES_MAX];
	bool is_dead[CONSUMERS];
};

/* A keeper in a process of its own, which trims while we do. */
struct other {
	struct settings settings;
	int64_t trimmed; /* -1: it failed */
	int64_t dropped;
};

static struct redis_fixture *server;
static struct redis *redis;
static struct command command;
static struct settings ours;
static struct keep_round keep;
static struct err err;
static struct other *other;
static pid_t other_pid;
static int other_fd;

/* The settings of both hosts, as the keepers obey them. Sets of hosts have a
   bit for each. */
static struct settings *hosts[2];

static unsigned int bit(int h)
{
	return 1U << h;
}

static struct {
	unsigned int seed;
	uint32_t random;
	int step;
	int64_t now_msecs;
	int node_entries;
	unsigned int stopped; /* hosts */
	bool drops;           /* retention may take what is not settled */
	bool is_plain;        /* Redis counts what a group has read */
	int deleted;
	struct entry entries[ENTRIES_MAX];
	int count;
	struct stream_group groups[GROUPS_MAX];
	int group_count;
} now;

static bool is_told;
static struct {
	int64_t published, delivered, settled, claimed, crashed, deleted;
	int64_t set, trims, removed, held, dropped;
} sum;

#define wrong(...)                                                             \
	do {                                                                   \
		print_error("RETENTION_SEED=%u, step %d\n", now.seed,          \
			    now.step);                                         \
		fail_msg(__VA_ARGS__);                                         \
	} while (0)

/* Xorshift: the same on every machine. */
static unsigned int pick(unsigned int below)
{
	now.random ^= now.random << 13;
	now.random ^= now.random >> 17;
	now.random ^= now.random << 5;
	return now.random % below;
}

static bool one_in(unsigned int many)
{
	return pick(many) == 0;
}

static const struct reply *run(void)
{
	const struct reply *reply =
		redis_fixture_call(server, command.words, command.count);

	if (is_told) {
		printf("# %d:", now.step);
		for (size_t i = 0; i < command.count; i++)
			printf(" %s", command.words[i].data);
		printf("\n");
	}
	if (reply_is_error(reply))
		wrong("%s: %s", command.words[0].data, reply_text(reply).data);
	return reply;
}

static void begin(const char *name, const struct stream_group *group)
{
	command_begin(&command, name);
	command_word(&command, "ordermq");
	if (group != NULL)
		command_word(&command, group->name);
}

static const char *const consumer_names[CONSUMERS] = { "c1", "c2", "c3" };

static int entry_of(struct text id)
{
	for (int e = 0; e < now.count; e++) {
		if (text_is(id, now.entries[e].id))
			return e;
	}
	wrong("nobody has published %s", id.data);
	return -1;
}

/* The id behind which a group begins that has this entry as its first one. */
static const char *id_behind(int next)
{
	return next == 0 ? "0" : now.entries[next - 1].id;
}

/* NULL: there is no such one. */
static struct stream_group *some_group(bool is_there)
{
	unsigned int count = (unsigned int)now.group_count;
	unsigned int from = pick(count);

	for (unsigned int i = 0; i < count; i++) {
		struct stream_group *group = &now.groups[(from + i) % count];

		if (group->is_there == is_there)
			return group;
	}
	return NULL;
}

/* A consumer of the group that is dead, or is not; -1: there is none. */
static int some_consumer(const struct stream_group *group, bool is_dead)
{
	unsigned int from = pick(CONSUMERS);

	for (unsigned int i = 0; i < CONSUMERS; i++) {
		unsigned int consumer = (from + i) % CONSUMERS;

		if (group->is_dead[consumer] == is_dead)
			return (int)consumer;
	}
	return -1;
}

/* A group whose instances run, and one of them; or NULL. */
static struct stream_group *some_work(int *consumer_r)
{
	struct stream_group *group = some_group(true);

	if (group == NULL || (group->is_slow && !one_in(16)) ||
	    (group->declared != 0 && (group->declared & ~now.stopped) == 0))
		return NULL;
	*consumer_r = some_consumer(group, false);
	return *consumer_r < 0 ? NULL : group;
}

static void publish_one(void)
{
	struct entry *entry = &now.entries[now.count];
	const struct entry *last = now.count > 0 ? entry - 1 : NULL;
	bool same = last != NULL && one_in(4);

	if (now.count == ENTRIES_MAX)
		return;
	entry->msecs = now.now_msecs - SPAN_MSECS / 2 -
		       (ENTRIES_MAX - now.count) * (int64_t)SPAN_MSECS;
	entry->is_long = same && (last->is_long || one_in(4));
	if (same)
		entry->msecs = last->msecs;
	/* Ids of one millisecond, which only the second part tells apart. */
	(void)snprintf(entry->id, sizeof(entry->id), "%" PRId64 "-%s%d",
		       entry->msecs, entry->is_long ? "90071992547409" : "",
		       entry->is_long ? 1000 + now.count : now.count);
	entry->is_there = true;
	begin("XADD", NULL);
	command_word(&command, entry->id);
	command_word(&command, "orderno");
	command_word(&command, "A");
	(void)run();
	for (int g = 0; g < now.group_count; g++)
		now.groups[g].places[now.count] = UNREAD;
	now.count++;
	sum.published++;
}

static void publish(void)
{
	for (unsigned int n = 1 + pick(4); n > 0; n--)
		publish_one();
}

/* Everything is there that the group has not been given, and in turn. */
static void take_some(struct stream_group *group, int consumer, int count)
{
	const struct reply *entries;
	size_t got = 0;

	command_begin(&command, "XREADGROUP");
	command_word(&command, "GROUP");
	command_word(&command, group->name);
	command_word(&command, consumer_names[consumer]);
	command_word(&command, "COUNT");
	command_number(&command, count);
	command_word(&command, "STREAMS");
	command_word(&command, "ordermq");
	command_word(&command, ">");
	entries = reply_at(reply_at(run(), 0), 1);
	for (int e = group->next; e < now.count && count > 0; e++) {
		if (!now.entries[e].is_there)
			continue;
		if (!text_is(reply_text(reply_at(reply_at(entries, got), 0)),
			     now.entries[e].id))
			wrong("%s is not given %s", group->name,
			      now.entries[e].id);
		group->places[e] = PENDING;
		group->consumers[e] = consumer;
		group->next = e + 1;
		got++;
		count--;
	}
	if (got != reply_count(entries))
		wrong("%s is given too much", group->name);
	sum.delivered += (int64_t)got;
}

static void take(void)
{
	int consumer;
	struct stream_group *group = some_work(&consumer);

	if (group != NULL)
		take_some(group, consumer, 1 + (int)pick(8));
}

/* Acknowledge one of so many of what the living hold. */
static void settle_some(struct stream_group *group, unsigned int one_of)
{
	int64_t count = 0;

	begin("XACK", group);
	for (int e = 0; e < now.count; e++) {
		if (!now.entries[e].is_there || group->places[e] != PENDING ||
		    group->is_dead[group->consumers[e]] || !one_in(one_of))
			continue;
		command_word(&command, now.entries[e].id);
		group->places[e] = SETTLED;
		count++;
	}
	if (count > 0 && reply_integer(run(), 0) != count)
		wrong("of %s something is not pending any more", group->name);
	sum.settled += count;
}

static void settle(void)
{
	int consumer;
	struct stream_group *group = some_work(&consumer);

	if (group != NULL)
		settle_some(group, 1 + pick(3));
}

/* Whatever is pending, whoever has it. */
static void claim_any(void)
{
	int consumer;
	struct stream_group *group = some_work(&consumer);
	const struct reply *ids;

	if (group == NULL)
		return;
	begin("XAUTOCLAIM", group);
	command_word(&command, consumer_names[consumer]);
	command_word(&command, "0");
	command_word(&command, id_behind((int)pick((unsigned int)now.count)));
	command_word(&command, "COUNT");
	command_number(&command, 1 + (int)pick(8));
	command_word(&command, "JUSTID");
	ids = reply_at(run(), 1);
	for (size_t i = 0; i < reply_count(ids); i++) {
		int e = entry_of(reply_text(reply_at(ids, i)));

		if (group->places[e] != PENDING)
			wrong("%s was pending", now.entries[e].id);
		group->consumers[e] = consumer;
	}
	sum.claimed += (int64_t)reply_count(ids);
}

static void consumer_delete(struct stream_group *group, int consumer)
{
	command_begin(&command, "XGROUP");
	command_word(&command, "DELCONSUMER");
	command_word(&command, "ordermq");
	command_word(&command, group->name);
	command_word(&command, consumer_names[consumer]);
	(void)run();
	group->is_dead[consumer] = false;
}

/* All that a dead one holds goes to a living one; then there is no such
   consumer any more, until somebody comes under its name. */
static void claim_of_the_dead(void)
{
	int consumer, dead;
	struct stream_group *group = some_work(&consumer);
	size_t count = 0;

	dead = group == NULL ? -1 : some_consumer(group, true);
	if (dead < 0)
		return;
	begin("XCLAIM", group);
	command_word(&command, consumer_names[consumer]);
	command_word(&command, "0");
	for (int e = 0; e < now.count; e++) {
		if (!now.entries[e].is_there || group->places[e] != PENDING ||
		    group->consumers[e] != dead)
			continue;
		command_word(&command, now.entries[e].id);
		group->consumers[e] = consumer;
		count++;
	}
	if (count > 0 && reply_count(run()) != count)
		wrong("%s cannot be claimed", consumer_names[dead]);
	sum.claimed += (int64_t)count;
	consumer_delete(group, dead);
}

/* What it holds stays with it. */
static void crash(void)
{
	int consumer;
	struct stream_group *group = some_work(&consumer);

	if (group == NULL)
		return;
	group->is_dead[consumer] = true;
	sum.crashed++;
}

/* It finds all that it had. */
static void come_back_as(struct stream_group *group, int consumer)
{
	const struct reply *entries;
	size_t at = 0;

	command_begin(&command, "XREADGROUP");
	command_word(&command, "GROUP");
	command_word(&command, group->name);
	command_word(&command, consumer_names[consumer]);
	command_word(&command, "STREAMS");
	command_word(&command, "ordermq");
	command_word(&command, "0");
	entries = reply_at(reply_at(run(), 0), 1);
	for (int e = 0; e < now.count; e++) {
		if (!now.entries[e].is_there || group->places[e] != PENDING ||
		    group->consumers[e] != consumer)
			continue;
		/* Of what was deleted there is the id alone. */
		while (at < reply_count(entries) &&
		       reply_count(reply_at(reply_at(entries, at), 1)) == 0)
			at++;
		if (!text_is(reply_text(reply_at(reply_at(entries, at), 0)),
			     now.entries[e].id))
			wrong("%s has lost %s", consumer_names[consumer],
			      now.entries[e].id);
		at++;
	}
	group->is_dead[consumer] = false;
}

static void come_back(void)
{
	struct stream_group *group = some_group(true);
	int consumer = group == NULL ? -1 : some_consumer(group, true);

	if (consumer >= 0)
		come_back_as(group, consumer);
}

/* Another program does that. */
static void delete_one(void)
{
	struct entry *entry = &now.entries[pick((unsigned int)now.count)];

	if (now.is_plain || now.deleted == DELETED_MAX || !entry->is_there)
		return;
	begin("XDEL", NULL);
	command_word(&command, entry->id);
	if (reply_integer(run(), 0) != 1)
		wrong("%s was not there", entry->id);
	entry->is_there = false;
	now.deleted++;
	sum.deleted++;
}

/* Where a group stands: before it all is settled that is not pending. */
static void place_group(struct stream_group *group, int next)
{
	for (int e = 0; e < ENTRIES_MAX; e++) {
		if (group->places[e] != PENDING)
			group->places[e] = e < next ? SETTLED : UNREAD;
	}
	group->next = next;
}

/* Somebody has it skip some, or read some again. */
static void set_group(void)
{
	struct stream_group *group = some_group(true);

	if (now.is_plain || group == NULL)
		return;
	place_group(group, (int)pick((unsigned int)now.count + 1));
	command_begin(&command, "XGROUP");
	command_word(&command, "SETID");
	command_word(&command, "ordermq");
	command_word(&command, group->name);
	command_word(&command, id_behind(group->next));
	(void)run();
	sum.set++;
}

static void make_group(struct stream_group *group)
{
	memset(group->places, 0, sizeof(group->places));
	memset(group->is_dead, 0, sizeof(group->is_dead));
	place_group(group, group->start);
	group->is_there = true;
	command_begin(&command, "XGROUP");
	command_word(&command, "CREATE");
	command_word(&command, "ordermq");
	command_word(&command, group->name);
	command_word(&command, id_behind(group->next));
	(void)run();
}

/* A late one begins where its configuration says, or anywhere. */
static void make(void)
{
	struct stream_group *group = some_group(false);

	if (group == NULL)
		return;
	if (group->declared == 0)
		group->start = (int)pick((unsigned int)now.count + 1);
	make_group(group);
}

/* Only where it is known what that means: who declares it wants all again. */
static void destroy(void)
{
	struct stream_group *group = some_group(true);

	if (group == NULL || !one_in(3) ||
	    (group->declared != 0 && group->start != 0))
		return;
	command_begin(&command, "XGROUP");
	command_word(&command, "DESTROY");
	command_word(&command, "ordermq");
	command_word(&command, group->name);
	(void)run();
	group->is_there = false;
}

/* An ordermqd ends, with its keeper and its instances, or is back. */
static void stop_or_start_host(void)
{
	if (now.stopped != 0)
		now.stopped = 0;
	else if (one_in(3))
		now.stopped = 1 + pick(2);
}

/* Has this group not settled the entry, as that host sees it? */
static bool is_needed_by(const struct stream_group *group, int e,
			 unsigned int host)
{
	if ((group->ignored & host) != 0)
		return false;
	if (group->is_there)
		return group->places[e] != SETTLED;
	return (group->declared & host) != 0 && e >= group->start;
}

static bool has_group(void)
{
	bool has = false;

	for (int g = 0; g < now.group_count; g++)
		has = has || now.groups[g].is_there;
	return has;
}

static bool is_needed(int e, unsigned int host)
{
	bool needed = !has_group();

	for (int g = 0; g < now.group_count; g++)
		needed = needed || is_needed_by(&now.groups[g], e, host);
	return needed;
}

/* The keeper leaves what a group was given last, or begins behind. */
static bool is_last_of_some(int e, unsigned int host)
{
	for (int g = 0; g < now.group_count; g++) {
		const struct stream_group *group = &now.groups[g];
		bool counts = group->is_there || (group->declared & host) != 0;

		if (counts && (group->ignored & host) == 0 &&
		    (group->is_there ? group->next : group->start) == e + 1)
			return true;
	}
	return false;
}

/* Is it too old, or are there too many behind it? */
static bool is_surplus(int e, const struct settings *settings)
{
	const struct settings_retention *retention = &settings->retention;
	int64_t behind = 0;

	for (int i = e; i < now.count; i++)
		behind += now.entries[i].is_there;
	return (retention->max_age_msecs > 0 &&
		now.entries[e].msecs <
			now.now_msecs - retention->max_age_msecs) ||
	       (retention->max_entries > 0 && behind > retention->max_entries);
}

static bool drops(const struct settings *settings)
{
	return settings->retention.unread == SETTINGS_UNREAD_DROP;
}

/* May one of the hosts that trim remove it? */
static bool may_go(int e, unsigned int trimming)
{
	for (int h = 0; h < 2; h++) {
		if ((trimming & bit(h)) != 0 && is_surplus(e, hosts[h]) &&
		    (drops(hosts[h]) || !is_needed(e, bit(h))))
			return true;
	}
	return false;
}

/* Must one of them? */
static bool must_go(int e, unsigned int trimming)
{
	for (int h = 0; h < 2; h++) {
		if ((trimming & bit(h)) != 0 && is_surplus(e, hosts[h]) &&
		    (drops(hosts[h]) ||
		     (!is_needed(e, bit(h)) && !is_last_of_some(e, bit(h)))))
			return true;
	}
	return false;
}

/* Who needs it? To tell. */
static const char *who_needs(int e)
{
	for (int g = 0; g < now.group_count; g++) {
		if (is_needed_by(&now.groups[g], e, 1) ||
		    is_needed_by(&now.groups[g], e, 2))
			return now.groups[g].name;
	}
	return "retention";
}

static void count_held(unsigned int trimming)
{
	for (int e = 0; e < now.count; e++)
		sum.held += now.entries[e].is_there && !may_go(e, trimming) &&
			    ((trimming & 1) == 0 || is_surplus(e, hosts[0])) &&
			    ((trimming & 2) == 0 || is_surplus(e, hosts[1]));
}

/* What has gone may; and the first one of what is left must not. */
static void check_stream(unsigned int trimming, int64_t trimmed)
{
	const struct reply *entries;
	bool is_there[ENTRIES_MAX] = { false };
	int first = -1;

	begin("XRANGE", NULL);
	command_word(&command, "-");
	command_word(&command, "+");
	entries = run();
	for (size_t i = 0; i < reply_count(entries); i++)
		is_there[entry_of(
			reply_text(reply_at(reply_at(entries, i), 0)))] = true;
	for (int e = 0; e < now.count; e++) {
		if (now.entries[e].is_there && !is_there[e]) {
			if (!may_go(e, trimming))
				wrong("%s has gone, and %s needs it",
				      now.entries[e].id, who_needs(e));
			trimmed--;
		}
		if (first < 0 && is_there[e])
			first = e;
	}
	if (trimmed != 0)
		wrong("the keepers miscount by %" PRId64, trimmed);
	for (int e = 0; e < now.count; e++)
		now.entries[e].is_there = is_there[e];
	if (now.node_entries == 1 && first >= 0 &&
	    !now.entries[first].is_long && must_go(first, trimming))
		wrong("%s is left, and nobody needs it", now.entries[first].id);
}

/* What goes unread because one host ignores a group, the other one counts. */
static bool is_any_ignored(void)
{
	unsigned int ignored = 0;

	for (int g = 0; g < now.group_count; g++)
		ignored |= now.groups[g].ignored;
	return ignored != 0;
}

static int64_t dropped_of(const struct keep_round_result *result)
{
	int64_t dropped = 0;

	for (size_t i = 0; i < result->group_count; i++)
		dropped += result->groups[i].dropped;
	return dropped;
}

/* The keepers of these hosts trim, at the same time. */
static void trim_by(unsigned int trimming)
{
	int64_t trimmed = 0, dropped = 0;
	char answer = 0;

	count_held(trimming);
	if (is_told)
		for (int h = 0; h < 2; h++)
			printf("# %d: %s %d: age %" PRId64 ", entries %" PRId64
			       "%s\n",
			       now.step,
			       (trimming & bit(h)) != 0 ? "keeper"
							: "no keeper",
			       h, hosts[h]->retention.max_age_msecs,
			       hosts[h]->retention.max_entries,
			       drops(hosts[h]) ? ", drop" : "");
	if ((trimming & 2) != 0)
		assert_int_equal(write(other_fd, "t", 1), 1);
	if ((trimming & 1) != 0) {
		if (keep_round_trim(&keep, redis, false, &err) < 0)
			wrong("%s", err.text);
		trimmed = keep.result.trimmed;
		dropped = dropped_of(&keep.result);
	}
	if ((trimming & 2) != 0) {
		assert_int_equal(read(other_fd, &answer, 1), 1);
		if (other->trimmed < 0)
			wrong("the other keeper fails");
		trimmed += other->trimmed;
		dropped += other->dropped;
	}
	check_stream(trimming, trimmed);
	if (now.is_plain && !now.drops && !is_any_ignored() && dropped != 0)
		wrong("%" PRId64 " are said to be dropped", dropped);
	sum.trims++;
	sum.removed += trimmed;
	sum.dropped += dropped;
}

static void retention_choose(struct settings_retention *retention)
{
	retention->max_age_msecs =
		one_in(4)
			? 0
			: SPAN_MSECS *
				  (int64_t)(ENTRIES_MAX -
					    pick((unsigned int)now.count + 1));
	retention->max_entries = one_in(3) ? 0 : 1 + pick(ENTRIES_MAX / 2);
	retention->unread = now.drops && one_in(3) ? SETTINGS_UNREAD_DROP
						   : SETTINGS_UNREAD_KEEP;
}

static void trim(void)
{
	unsigned int trimming = (1 + pick(3)) & ~now.stopped;

	retention_choose(&hosts[0]->retention);
	retention_choose(&hosts[1]->retention);
	if (trimming != 0)
		trim_by(trimming);
}

static void (*const steps[])(void) = {
	publish,
	publish,
	publish,
	publish,
	take,
	take,
	take,
	take,
	take,
	settle,
	settle,
	settle,
	claim_any,
	claim_any,
	crash,
	come_back,
	claim_of_the_dead,
	claim_of_the_dead,
	make,
	destroy,
	set_group,
	delete_one,
	trim,
	trim,
	trim,
	trim,
	trim,
	stop_or_start_host,
};

/* Which host declares it, which one ignores it, where it begins. */
static void group_choose(struct stream_group *group, int number)
{
	static const char *const names[GROUPS_MAX] = { "points", "push", "mail",
						       "audit" };

	memset(group, 0, sizeof(*group));
	group->name = names[number];
	/* The first host has points; the others are on either, both or none. */
	group->declared = number == 0 ? 1 : number == 1 ? 2 : pick(4);
	group->ignored = number == 3 && one_in(3) ? 1 + pick(3) : 0;
	group->is_slow = number > 0 && one_in(8);
	if (one_in(3))
		group->start = (int)pick((unsigned int)now.count + 1);
}

static void declare(const struct stream_group *group, int h)
{
	struct settings *settings = hosts[h];
	struct settings_retention *retention = &settings->retention;

	if ((group->ignored & bit(h)) != 0)
		(void)strcpy(retention->ignore.names[retention->ignore.count++],
			     group->name);
	if ((group->declared & bit(h)) != 0) {
		struct settings_group *declared =
			&settings->groups[settings->group_count++];

		(void)strcpy(declared->name, group->name);
		(void)strcpy(declared->program, "points");
		(void)strcpy(declared->start, id_behind(group->start));
	}
}

static void schedule_begin(unsigned int seed)
{
	static const int node_entries[] = { 1, 1, 2, 5, 100 };
	char number[16];

	memset(&now, 0, sizeof(now));
	now.seed = seed;
	now.random = seed * 2654435761U + 1;
	if (now.random == 0)
		now.random = 1;
	now.drops = one_in(8);
	now.is_plain = one_in(2);
	now.node_entries = node_entries[pick(5)];
	(void)redis_fixture_command(server, "FLUSHALL", NULL);
	(void)snprintf(number, sizeof(number), "%d", now.node_entries);
	(void)redis_fixture_command(server, "CONFIG", "SET",
				    "stream-node-max-entries", number, NULL);
	now.now_msecs =
		1000 * reply_integer(reply_at(redis_fixture_command(
						      server, "TIME", NULL),
					      0),
				     0);
	for (unsigned int n = 1 + pick(ENTRIES_MAX / 4); n > 0; n--)
		publish_one();
	now.group_count = 2 + (int)pick(GROUPS_MAX - 1);
	for (int h = 0; h < 2; h++) {
		memset(hosts[h]->groups, 0, sizeof(hosts[h]->groups));
		memset(&hosts[h]->retention, 0, sizeof(hosts[h]->retention));
		hosts[h]->group_count = 0;
	}
	for (int g = 0; g < now.group_count; g++) {
		group_choose(&now.groups[g], g);
		declare(&now.groups[g], 0);
		declare(&now.groups[g], 1);
		if (g == 0 || !one_in(5))
			make_group(&now.groups[g]);
	}
}

/* All that are not ignored finish what they have to: it is there. Then nothing
   is needed any more. */
static void schedule_end(void)
{
	now.stopped = 0;
	for (int g = 0; g < now.group_count; g++) {
		struct stream_group *group = &now.groups[g];

		if (group->ignored != 0 ||
		    (!group->is_there && group->declared == 0))
			continue;
		if (!group->is_there)
			make_group(group);
		for (int c = 0; c < CONSUMERS; c++)
			come_back_as(group, c);
		take_some(group, 0, ENTRIES_MAX);
		settle_some(group, 1);
	}
	for (int h = 0; h < 2; h++) {
		hosts[h]->retention.max_age_msecs = 1;
		hosts[h]->retention.max_entries = 0;
		hosts[h]->retention.unread = SETTINGS_UNREAD_KEEP;
	}
	trim_by(3);
	begin("XLEN", NULL);
	if (reply_integer(run(), -1) > now.node_entries)
		wrong("all is settled and old, and too much is left");
}

static void schedule(unsigned int seed)
{
	int count;

	schedule_begin(seed);
	count = STEPS_MIN + (int)pick(STEPS_MAX - STEPS_MIN);
	while (now.step++ < count)
		steps[pick(sizeof(steps) / sizeof(steps[0]))]();
	schedule_end();
}

static unsigned int number_of(const char *variable, unsigned int fallback)
{
	const char *text = getenv(variable);
	int64_t number;

	if (text == NULL)
		return fallback;
	if (num_parse(text, strlen(text), &number) < 0 || number > UINT32_MAX)
		fail_msg("%s: no number", variable);
	return (unsigned int)number;
}

/* Every kind of step took place, and retention was held up. */
static void check_sum(void)
{
	printf("# %" PRId64 " published, %" PRId64 " delivered, %" PRId64
	       " settled, %" PRId64 " claimed, %" PRId64 " crashes, %" PRId64
	       " deleted, %" PRId64 " times SETID\n",
	       sum.published, sum.delivered, sum.settled, sum.claimed,
	       sum.crashed, sum.deleted, sum.set);
	printf("# %" PRId64 " times trimmed, %" PRId64 " removed, %" PRId64
	       " times held, %" PRId64 " dropped\n",
	       sum.trims, sum.removed, sum.held, sum.dropped);
	assert_true(sum.claimed > 0 && sum.crashed > 0 && sum.deleted > 0);
	assert_true(sum.set > 0 && sum.removed > 0 && sum.held > 0);
}

static void in_random_schedules_nothing_goes_that_a_group_needs(void **state)
{
	unsigned int seed = number_of("RETENTION_SEED", 0);
	unsigned int count = number_of("RETENTION_SCHEDULES", SCHEDULES);

	(void)state;
	is_told = seed != 0;
	if (is_told) {
		schedule(seed);
		return;
	}
	printf("# RETENTION_SEED 1 to %u\n", count);
	while (seed < count)
		schedule(++seed);
	if (count >= SCHEDULES)
		check_sum();
}

/* Until the test ends. */
static void other_run(int fd)
{
	struct keep_round its = { .settings = &other->settings };
	struct redis *its_redis;
	struct err its_err;
	char word;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	its.arena = arena_open(65536);
	if (its.arena == NULL ||
	    redis_open(&other->settings.redis, -1, &its_redis, &its_err) < 0)
		_exit(1);
	while (read(fd, &word, 1) == 1) {
		other->trimmed = -1;
		if (keep_round_trim(&its, its_redis, false, &its_err) == 0) {
			other->trimmed = its.result.trimmed;
			other->dropped = dropped_of(&its.result);
		}
		(void)!write(fd, &word, 1);
	}
	_exit(0);
}

static void other_start(void)
{
	int fds[2];

	other = mmap(NULL, sizeof(*other), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(other != MAP_FAILED);
	redis_fixture_settings(server, &other->settings);
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	other_pid = fork();
	assert_true(other_pid >= 0);
	if (other_pid == 0) {
		(void)close(fds[0]);
		other_run(fds[1]);
	}
	(void)close(fds[1]);
	other_fd = fds[0];
}

static int open_all(void **state)
{
	(void)state;
	server = redis_fixture_start();
	redis_fixture_settings(server, &ours);
	other_start();
	hosts[0] = &ours;
	hosts[1] = &other->settings;
	keep.settings = &ours;
	keep.arena = arena_open(65536);
	assert_non_null(keep.arena);
	assert_int_equal(redis_open(&ours.redis, -1, &redis, &err), 0);
	assert_int_equal(command_open(&command, WORDS_MAX), 0);
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	(void)close(other_fd);
	(void)waitpid(other_pid, NULL, 0);
	(void)munmap(other, sizeof(*other));
	command_close(&command);
	redis_close(&redis);
	arena_close(&keep.arena);
	redis_fixture_stop(&server);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			in_random_schedules_nothing_goes_that_a_group_needs,
			open_all, close_all),
	};

	if (redis_fixture_skip_all())
		return 0;
	return cmocka_run_group_tests_name("retention", tests, NULL, NULL);
}
