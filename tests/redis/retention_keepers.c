/* Both keepers of tests/redis/retention, and what must hold when they have
   trimmed. */

#include "config.h"

#include "tests/redis/retention_keepers.h"

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/redis/redis.h"
#include "lib/redis/reply.h"
#include "supervisor/keeper/keep_round.h"
#include "tests/redis/retention_model.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* A keeper in a process of its own, which trims while we do. */
struct other {
	struct settings settings;
	int64_t trimmed; /* -1: it failed */
	int64_t dropped;
	int64_t wrong; /* skipped, or more than was due */
};
static struct redis *redis;
static struct settings ours;
static struct keep_round keep;
static struct err err;
static struct other *other;
static pid_t other_pid;
static int other_fd;

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

	for (int g = 0; g < model.group_count; g++)
		has = has || model.groups[g].is_there;
	return has;
}

static bool is_needed(int e, unsigned int host)
{
	bool needed = !has_group();

	for (int g = 0; g < model.group_count; g++)
		needed = needed || is_needed_by(&model.groups[g], e, host);
	return needed;
}

/* The keeper leaves what a group was given last, or begins behind. */
static bool is_last_of_some(int e, unsigned int host)
{
	for (int g = 0; g < model.group_count; g++) {
		const struct stream_group *group = &model.groups[g];
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

	for (int i = e; i < model.count; i++)
		behind += model.entries[i].is_there;
	return (retention->max_age_msecs > 0 &&
		model.entries[e].msecs <
			model.now_msecs - retention->max_age_msecs) ||
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
		if ((trimming & model_host(h)) != 0 &&
		    is_surplus(e, model_hosts[h]) &&
		    (drops(model_hosts[h]) || !is_needed(e, model_host(h))))
			return true;
	}
	return false;
}

/* Must one of them? */
static bool must_go(int e, unsigned int trimming)
{
	for (int h = 0; h < 2; h++) {
		if ((trimming & model_host(h)) != 0 &&
		    is_surplus(e, model_hosts[h]) &&
		    (drops(model_hosts[h]) ||
		     (!is_needed(e, model_host(h)) &&
		      !is_last_of_some(e, model_host(h)))))
			return true;
	}
	return false;
}

/* Who needs it? To tell. */
static const char *who_needs(int e)
{
	for (int g = 0; g < model.group_count; g++) {
		if (is_needed_by(&model.groups[g], e, 1) ||
		    is_needed_by(&model.groups[g], e, 2))
			return model.groups[g].name;
	}
	return "retention";
}

static void count_held(unsigned int trimming)
{
	for (int e = 0; e < model.count; e++)
		model_sum.held +=
			model.entries[e].is_there && !may_go(e, trimming) &&
			((trimming & 1) == 0 ||
			 is_surplus(e, model_hosts[0])) &&
			((trimming & 2) == 0 || is_surplus(e, model_hosts[1]));
}

/* What has gone may; and the first one of what is left must not. */
static void check_stream(unsigned int trimming, int64_t trimmed)
{
	const struct reply *entries;
	bool is_there[MODEL_ENTRIES_MAX] = { false };
	int first = -1;

	model_begin("XRANGE", NULL);
	command_word(&model_command, "-");
	command_word(&model_command, "+");
	entries = model_run();
	for (size_t i = 0; i < reply_count(entries); i++)
		is_there[model_entry_of(
			reply_text(reply_at(reply_at(entries, i), 0)))] = true;
	for (int e = 0; e < model.count; e++) {
		if (model.entries[e].is_there && !is_there[e]) {
			if (!may_go(e, trimming))
				wrong("%s has gone, and %s needs it",
				      model.entries[e].id, who_needs(e));
			trimmed--;
		}
		if (first < 0 && is_there[e])
			first = e;
	}
	if (trimmed != 0)
		wrong("the keepers miscount by %" PRId64, trimmed);
	for (int e = 0; e < model.count; e++)
		model.entries[e].is_there = is_there[e];
	if (model.node_entries == 1 && first >= 0 &&
	    !model.entries[first].is_long && must_go(first, trimming))
		wrong("%s is left, and nobody needs it",
		      model.entries[first].id);
}

/* What goes unread because one host ignores a group, the other one counts. */
static bool is_any_ignored(void)
{
	unsigned int ignored = 0;

	for (int g = 0; g < model.group_count; g++)
		ignored |= model.groups[g].ignored;
	return ignored != 0;
}

static int64_t dropped_of(const struct keep_round_result *result)
{
	int64_t dropped = 0;

	for (size_t i = 0; i < result->group_count; i++)
		dropped += result->groups[i].dropped;
	return dropped;
}

/* Only others can do that, and in a plain schedule nobody does. */
static int64_t wrong_of(const struct keep_round_result *result)
{
	int64_t count = 0;

	for (size_t i = 0; i < result->group_count; i++)
		count += result->groups[i].skipped + result->groups[i].moved;
	return count;
}

/* The keepers of these hosts trim, at the same time. */
void keepers_trim_by(unsigned int trimming)
{
	int64_t trimmed = 0, dropped = 0, others = 0;
	char answer = 0;

	count_held(trimming);
	if (model_is_told)
		for (int h = 0; h < 2; h++)
			printf("# %d: %s %d: age %" PRId64 ", entries %" PRId64
			       "%s\n",
			       model.step,
			       (trimming & model_host(h)) != 0 ? "keeper"
							       : "no keeper",
			       h, model_hosts[h]->retention.max_age_msecs,
			       model_hosts[h]->retention.max_entries,
			       drops(model_hosts[h]) ? ", drop" : "");
	if ((trimming & 2) != 0)
		assert_int_equal(write(other_fd, "t", 1), 1);
	if ((trimming & 1) != 0) {
		if (keep_round_trim(&keep, redis, false, &err) < 0)
			wrong("%s", err.text);
		trimmed = keep.result.trimmed;
		dropped = dropped_of(&keep.result);
		others = wrong_of(&keep.result);
	}
	if ((trimming & 2) != 0) {
		assert_int_equal(read(other_fd, &answer, 1), 1);
		if (other->trimmed < 0)
			wrong("the other keeper fails");
		trimmed += other->trimmed;
		dropped += other->dropped;
		others += other->wrong;
	}
	check_stream(trimming, trimmed);
	if (model.is_plain && !model.drops && !is_any_ignored() && dropped != 0)
		wrong("%" PRId64 " are said to be dropped", dropped);
	if (model.is_plain && !model.drops && others != 0)
		wrong("%" PRId64 " are said to be skipped, or too many",
		      others);
	model_sum.trims++;
	model_sum.removed += trimmed;
	model_sum.dropped += dropped;
}

static void retention_choose(struct settings_retention *retention)
{
	retention->max_age_msecs =
		model_one_in(4)
			? 0
			: MODEL_SPAN_MSECS *
				  (int64_t)(MODEL_ENTRIES_MAX -
					    model_pick(
						    (unsigned int)model.count +
						    1));
	retention->max_entries =
		model_one_in(3) ? 0 : 1 + model_pick(MODEL_ENTRIES_MAX / 2);
	retention->unread = model.drops && model_one_in(3)
				    ? SETTINGS_UNREAD_DROP
				    : SETTINGS_UNREAD_KEEP;
}

void keepers_trim(void)
{
	unsigned int trimming = (1 + model_pick(3)) & ~model.stopped;

	retention_choose(&model_hosts[0]->retention);
	retention_choose(&model_hosts[1]->retention);
	if (trimming != 0)
		keepers_trim_by(trimming);
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
			other->wrong = wrong_of(&its.result);
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
	redis_fixture_settings(model_server, &other->settings);
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

void keepers_open(void)
{
	redis_fixture_settings(model_server, &ours);
	other_start();
	model_hosts[0] = &ours;
	model_hosts[1] = &other->settings;
	keep.settings = &ours;
	keep.arena = arena_open(65536);
	assert_non_null(keep.arena);
	assert_int_equal(redis_open(&ours.redis, -1, &redis, &err), 0);
}

void keepers_close(void)
{
	(void)close(other_fd);
	(void)waitpid(other_pid, NULL, 0);
	(void)munmap(other, sizeof(*other));
	redis_close(&redis);
	arena_close(&keep.arena);
}
