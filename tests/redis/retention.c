/* Random schedules of reading, acknowledging, claiming, crashing and trimming
   on a small stream with some groups, held against a model that knows of each
   group what it has not settled. Nothing of that may ever go, and what nobody
   needs must.

   RETENTION_SEED=n repeats schedule n alone, and tells every command.
   RETENTION_SCHEDULES=n runs so many; 1,000 otherwise. */

#include "config.h"

#include "lib/base/num.h"
#include "lib/redis/reply.h"
#include "tests/redis/retention_keepers.h"
#include "tests/redis/retention_model.h"
#include "tests/redis/retention_steps.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCHEDULES 1000
#define STEPS_MIN 40
#define STEPS_MAX 80

static void (*const steps[])(void) = {
	step_publish,
	step_publish,
	step_publish,
	step_publish,
	step_take,
	step_take,
	step_take,
	step_take,
	step_take,
	step_settle,
	step_settle,
	step_settle,
	step_claim_any,
	step_claim_any,
	step_crash,
	step_come_back,
	step_claim_of_the_dead,
	step_claim_of_the_dead,
	step_make,
	step_destroy,
	step_set_group,
	step_delete_one,
	keepers_trim,
	keepers_trim,
	keepers_trim,
	keepers_trim,
	keepers_trim,
	step_host,
};

/* Which host declares it, which one ignores it, where it begins. */
static void group_choose(struct stream_group *group, int number)
{
	static const char *const names[MODEL_GROUPS_MAX] = { "points", "push",
							     "mail", "audit" };

	memset(group, 0, sizeof(*group));
	group->name = names[number];
	/* The first host has points; the others are on either, both or none. */
	group->declared = number == 0 ? 1 : number == 1 ? 2 : model_pick(4);
	group->ignored = number == 3 && model_one_in(3) ? 1 + model_pick(3) : 0;
	group->is_slow = number > 0 && model_one_in(8);
	if (model_one_in(3))
		group->start = (int)model_pick((unsigned int)model.count + 1);
}

static void declare(const struct stream_group *group, int h)
{
	struct settings *settings = model_hosts[h];
	struct settings_retention *retention = &settings->retention;

	if ((group->ignored & model_host(h)) != 0)
		(void)strcpy(retention->ignore.names[retention->ignore.count++],
			     group->name);
	if ((group->declared & model_host(h)) != 0) {
		struct settings_group *declared =
			&settings->groups[settings->group_count++];

		(void)strcpy(declared->name, group->name);
		(void)strcpy(declared->program, "points");
		(void)strcpy(declared->start, model_id_behind(group->start));
	}
}

static void schedule_begin(unsigned int seed)
{
	static const int node_entries[] = { 1, 1, 2, 5, 100 };
	char number[16];

	memset(&model, 0, sizeof(model));
	model.seed = seed;
	model.random = seed * 2654435761U + 1;
	if (model.random == 0)
		model.random = 1;
	model.drops = model_one_in(8);
	model.is_plain = model_one_in(2);
	model.node_entries = node_entries[model_pick(5)];
	(void)redis_fixture_command(model_server, "FLUSHALL", NULL);
	(void)snprintf(number, sizeof(number), "%d", model.node_entries);
	(void)redis_fixture_command(model_server, "CONFIG", "SET",
				    "stream-node-max-entries", number, NULL);
	model.now_msecs =
		1000 *
		reply_integer(reply_at(redis_fixture_command(model_server,
							     "TIME", NULL),
				       0),
			      0);
	for (unsigned int n = 1 + model_pick(MODEL_ENTRIES_MAX / 4); n > 0; n--)
		step_publish_one();
	model.group_count = 2 + (int)model_pick(MODEL_GROUPS_MAX - 1);
	for (int h = 0; h < 2; h++) {
		memset(model_hosts[h]->groups, 0,
		       sizeof(model_hosts[h]->groups));
		memset(&model_hosts[h]->retention, 0,
		       sizeof(model_hosts[h]->retention));
		model_hosts[h]->group_count = 0;
	}
	for (int g = 0; g < model.group_count; g++) {
		group_choose(&model.groups[g], g);
		declare(&model.groups[g], 0);
		declare(&model.groups[g], 1);
		if (g == 0 || !model_one_in(5))
			step_make_group(&model.groups[g]);
	}
}

/* All that are not ignored finish what they have to: it is there. Then nothing
   is needed any more. */
static void schedule_end(void)
{
	model.stopped = 0;
	for (int g = 0; g < model.group_count; g++) {
		struct stream_group *group = &model.groups[g];

		if (group->ignored != 0 ||
		    (!group->is_there && group->declared == 0))
			continue;
		if (!group->is_there)
			step_make_group(group);
		for (int c = 0; c < MODEL_CONSUMERS; c++)
			step_come_back_as(group, c);
		step_take_some(group, 0, MODEL_ENTRIES_MAX);
		step_settle_some(group, 1);
	}
	for (int h = 0; h < 2; h++) {
		model_hosts[h]->retention.max_age_msecs = 1;
		model_hosts[h]->retention.max_entries = 0;
		model_hosts[h]->retention.unread = SETTINGS_UNREAD_KEEP;
	}
	keepers_trim_by(3);
	model_begin("XLEN", NULL);
	if (reply_integer(model_run(), -1) > model.node_entries)
		wrong("all is settled and old, and too much is left");
}

static void schedule(unsigned int seed)
{
	int count;

	schedule_begin(seed);
	count = STEPS_MIN + (int)model_pick(STEPS_MAX - STEPS_MIN);
	while (model.step++ < count)
		steps[model_pick(sizeof(steps) / sizeof(steps[0]))]();
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
	       model_sum.published, model_sum.delivered, model_sum.settled,
	       model_sum.claimed, model_sum.crashed, model_sum.deleted,
	       model_sum.set);
	printf("# %" PRId64 " times trimmed, %" PRId64 " removed, %" PRId64
	       " times held, %" PRId64 " dropped\n",
	       model_sum.trims, model_sum.removed, model_sum.held,
	       model_sum.dropped);
	assert_true(model_sum.claimed > 0 && model_sum.crashed > 0 &&
		    model_sum.deleted > 0);
	assert_true(model_sum.set > 0 && model_sum.removed > 0 &&
		    model_sum.held > 0);
}

static void in_random_schedules_nothing_goes_that_a_group_needs(void **state)
{
	unsigned int seed = number_of("RETENTION_SEED", 0);
	unsigned int count = number_of("RETENTION_SCHEDULES", SCHEDULES);

	(void)state;
	model_is_told = seed != 0;
	if (model_is_told) {
		schedule(seed);
		return;
	}
	printf("# RETENTION_SEED 1 to %u\n", count);
	while (seed < count)
		schedule(++seed);
	if (count >= SCHEDULES)
		check_sum();
}

static int open_all(void **state)
{
	(void)state;
	model_open();
	keepers_open();
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	keepers_close();
	model_close();
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
