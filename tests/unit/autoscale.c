#include "config.h"

#include "supervisor/ordermqd/autoscale.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct settings_scale scale = { 1, 16, 5000 };

/* A group whose instances each settle per_second entries, seen once a second as
   ordermqd sees it. */
static struct {
	struct autoscale autoscale;
	double time;  /* seconds */
	double total; /* came in */
	double done;  /* settled */
	double rate;  /* comes in, a second */
	double per_second;
	double all_per_second; /* more than that they do not get; 0: no limit */
	int wanted;
	int working; /* follows a second later */
	int up_count, down_count, short_count;
	int most, least; /* wanted since reset_marks() */
	char why[AUTOSCALE_WHY_BYTES];
} group;

static void reset_marks(void)
{
	group.up_count = group.down_count = group.short_count = 0;
	group.most = group.least = group.wanted;
}

static int begin(void **state)
{
	(void)state;
	memset(&group, 0, sizeof(group));
	group.wanted = group.working = 1;
	group.per_second = 50;
	reset_marks();
	return 0;
}

static struct autoscale_look look(void)
{
	double lag = group.total - group.done;

	return (struct autoscale_look){
		.msecs = (int64_t)(group.time * 1000) + 1,
		/* What waits came in at the pace of now. */
		.age_msecs = lag < 1 ? 0 : (int64_t)(lag / group.rate) * 1000,
		.lag = (int64_t)lag,
		.settled = (int64_t)group.done,
		.arrived = (int64_t)group.total,
		.wanted = group.wanted,
		.able = group.wanted,
		.working = group.working,
	};
}

static void decide(const struct autoscale_look *seen)
{
	struct autoscale_verdict verdict =
		autoscale_decide(&group.autoscale, &scale, seen);

	assert_in_range(verdict.wanted, scale.min, scale.max);
	assert_int_equal(verdict.what == AUTOSCALE_UP,
			 verdict.wanted > group.wanted);
	assert_int_equal(verdict.what == AUTOSCALE_DOWN,
			 verdict.wanted < group.wanted);
	assert_int_equal(verdict.what == AUTOSCALE_STAY,
			 verdict.why[0] == '\0');
	group.up_count += verdict.what == AUTOSCALE_UP;
	group.down_count += verdict.what == AUTOSCALE_DOWN;
	group.short_count += verdict.what == AUTOSCALE_SHORT;
	if (verdict.what != AUTOSCALE_STAY) {
		memcpy(group.why, verdict.why, sizeof(group.why));
		print_message("# %3.0fs: %d -> %d: %s\n", group.time,
			      group.wanted, verdict.wanted, verdict.why);
	}
	group.wanted = verdict.wanted;
	if (group.wanted > group.most)
		group.most = group.wanted;
	if (group.wanted < group.least)
		group.least = group.wanted;
}

/* Let the world go on for a second. */
static void second(void)
{
	double able = group.working * group.per_second;

	if (group.all_per_second > 0 && able > group.all_per_second)
		able = group.all_per_second;
	group.working = group.wanted;
	group.total += group.rate;
	group.done = group.total - group.done < able ? group.total
						     : group.done + able;
	group.time += 1;
}

static void run(int seconds)
{
	for (int i = 0; i < seconds; i++) {
		struct autoscale_look seen;

		second();
		seen = look();
		decide(&seen);
	}
}

static void a_load_is_met_in_few_steps_and_left_alone(void **state)
{
	(void)state;
	group.rate = 400;
	run(60);
	assert_in_range(group.wanted, 9, 12);
	assert_in_range(group.up_count, 1, 3);
	assert_int_equal(group.down_count, 0);
	reset_marks();
	run(1000);
	assert_in_range(group.least, 9, 12);
	assert_int_equal(group.up_count + group.down_count, 0);
	assert_int_equal(group.short_count, 0);
}

static void what_is_left_over_goes_in_halves(void **state)
{
	int before;

	(void)state;
	group.rate = 400;
	run(100);
	before = group.wanted;
	group.rate = 0;
	run(AUTOSCALE_CALM * 5 - 5);
	assert_int_equal(group.wanted, before);
	run(10);
	assert_in_range(group.wanted, (before + 1) / 2, before - 1);
	assert_int_equal(group.down_count, 1);
	run(150);
	assert_int_equal(group.wanted, 1);
	assert_int_equal(group.up_count, 1);
	assert_non_null(strstr(group.why, "fewer were enough for 30s"));
}

static void loads_of_every_size_are_met_without_swinging(void **state)
{
	(void)state;
	for (int rate = 10; rate <= 760; rate += 25) {
		(void)begin(NULL);
		group.rate = rate;
		run(600);
		assert_true(group.wanted * group.per_second >= rate);
		assert_true(group.wanted <= rate / 50 / 0.8 + 2);
		reset_marks();
		run(600);
		assert_int_equal(group.up_count + group.down_count, 0);
	}
}

static void instances_of_every_speed_are_measured(void **state)
{
	static const double speeds[] = { 0.2, 1, 7, 300, 20000 };

	(void)state;
	for (size_t i = 0; i < sizeof(speeds) / sizeof(speeds[0]); i++) {
		(void)begin(NULL);
		group.per_second = speeds[i];
		group.rate = 8.2 * speeds[i];
		run(900);
		assert_in_range(group.wanted, 9, 14);
		reset_marks();
		run(300);
		assert_int_equal(group.up_count, 0);
	}
}

static void a_load_that_wavers_moves_nothing(void **state)
{
	(void)state;
	srand(1);
	group.rate = 400;
	run(120);
	reset_marks();
	for (int i = 0; i < 1000; i++) {
		group.rate = 340 + rand() % 120;
		run(1);
	}
	assert_in_range(group.least, 9, 12);
	assert_in_range(group.most, 9, 12);
	assert_in_range(group.up_count + group.down_count, 0, 2);
}

static void a_lull_shorter_than_the_calm_costs_nothing(void **state)
{
	int before;

	(void)state;
	group.rate = 400;
	run(120);
	before = group.wanted;
	reset_marks();
	for (int i = 0; i < 10; i++) {
		group.rate = 1;
		run(25);
		group.rate = 400;
		run(10);
	}
	assert_int_equal(group.wanted, before);
	assert_int_equal(group.up_count + group.down_count, 0);
}

static void more_than_the_most_is_told_once(void **state)
{
	(void)state;
	group.rate = 2000;
	run(300);
	assert_int_equal(group.wanted, 16);
	assert_int_equal(group.short_count, 1);
	assert_non_null(strstr(group.why, "with the most instances"));
	group.rate = 1;
	group.done = group.total;
	run(2);
	group.rate = 2000;
	run(60);
	assert_int_equal(group.short_count, 2);
}

/* All of them together get no more than two would. */
static void more_that_do_not_help_are_not_started(void **state)
{
	(void)state;
	group.rate = 400;
	group.all_per_second = 100;
	run(20);
	assert_int_equal(group.up_count, 1);
	assert_in_range(group.short_count, 1, 1);
	assert_non_null(strstr(group.why, "more do not help"));
	reset_marks();
	run(10);
	assert_int_equal(group.up_count, 0);
}

static void nothing_goes_up_before_the_last_step_shows(void **state)
{
	int steps = 0;

	(void)state;
	group.rate = 400;
	while (group.up_count == 0 && steps++ < 60)
		run(1);
	assert_int_equal(group.up_count, 1);
	/* Ever worse, but nobody can know yet. */
	group.rate = 5000;
	run(5);
	assert_int_equal(group.up_count, 1);
	run(3);
	assert_int_equal(group.up_count, 2);
}

static void an_age_within_its_target_is_no_reason(void **state)
{
	(void)state;
	for (int i = 1; i < 200; i++) {
		struct autoscale_look seen = {
			.msecs = i * 1000,
			.age_msecs = 5000,
			.lag = 200,
			.settled = i * 10,
			.arrived = 200 + i * 10,
			.wanted = 1,
			.able = 1,
			.working = 1,
		};

		decide(&seen);
	}
	assert_int_equal(group.up_count, 0);
}

static void nothing_is_decided_on_what_is_unknown(void **state)
{
	(void)state;
	for (int i = 1; i < 300; i++) {
		struct autoscale_look seen = {
			.msecs = i * 1000,
			.age_msecs = -1,
			.lag = -1,
			.settled = -1,
			.arrived = -1,
			.wanted = 7,
			.able = 7,
			.working = 7,
		};

		group.wanted = 7;
		decide(&seen);
		assert_int_equal(group.wanted, 7);
	}
	/* The whole group is held back. */
	group.rate = 0;
	group.wanted = 7;
	group.time = 300;
	for (int i = 0; i < 100; i++) {
		struct autoscale_look seen;

		second();
		seen = look();
		seen.able = seen.working = 0;
		decide(&seen);
	}
	assert_int_equal(group.wanted, 7);
	/* One unknown look ends the calm. */
	group.rate = 0;
	run(29);
	autoscale_forget(&group.autoscale);
	run(20);
	assert_int_equal(group.wanted, 7);
	run(20);
	assert_int_equal(group.wanted, 4);
}

static void an_age_alone_is_enough_to_go_up_in_doubles(void **state)
{
	static const int expected[] = { 2, 4, 8, 16 };
	size_t step = 0;

	(void)state;
	for (int i = 1; step < 4 && i < 100; i++) {
		struct autoscale_look seen = {
			.msecs = i * 1000,
			.age_msecs = 5000 + i * 1000,
			.lag = -1,
			.settled = -1,
			.arrived = -1,
			.wanted = group.wanted,
			.able = group.wanted,
			.working = group.wanted,
		};
		int before = group.wanted;

		decide(&seen);
		if (group.wanted == before)
			continue;
		assert_int_equal(group.wanted, expected[step++]);
	}
	assert_int_equal(step, 4);
}

static void a_look_that_was_seen_tells_nothing_new(void **state)
{
	struct autoscale_look seen;

	(void)state;
	group.rate = 400;
	for (int i = 0; i < 20; i++)
		second();
	seen = look();
	for (int i = 0; i < 100; i++)
		decide(&seen);
	assert_int_equal(group.up_count, 0);
}

static void another_redis_is_a_new_beginning(void **state)
{
	(void)state;
	group.rate = 400;
	run(60);
	reset_marks();
	/* All is gone. */
	group.total = group.done = 0;
	run(10);
	assert_int_equal(group.up_count + group.down_count, 0);
	assert_in_range(group.autoscale.rate, 49, 51);
}

/* What is pending is read a moment after what waits. */
static void counts_that_waver_by_a_few_do_not_end_the_calm(void **state)
{
	(void)state;
	group.wanted = group.working = 4;
	for (int i = 0; i < 33; i++) {
		struct autoscale_look seen;

		second();
		seen = look();
		seen.arrived += i % 2 == 0 ? 3 : 0;
		decide(&seen);
	}
	assert_int_equal(group.down_count, 1);
}

static void with_nobody_at_work_more_do_not_help(void **state)
{
	(void)state;
	for (int i = 1; i < 100; i++) {
		struct autoscale_look seen = {
			.msecs = i * 1000,
			.age_msecs = i * 1000,
			.lag = i * 400,
			.arrived = i * 400,
			.wanted = 3,
			.able = 3,
			.working = 0,
		};

		group.wanted = 3;
		decide(&seen);
	}
	assert_int_equal(group.up_count + group.short_count, 0);
}

/* The first 60 seconds under load with one of the instances missing. */
static void what_is_missing_is_not_made_up_for_one_by_one(void **state)
{
	(void)state;
	group.rate = 110;
	group.wanted = 3;
	group.working = 2;
	for (int i = 0; i < 60; i++) {
		struct autoscale_look seen;

		second();
		group.working = group.wanted - 1;
		seen = look();
		decide(&seen);
	}
	/* To what is needed, and no further. */
	assert_in_range(group.wanted, 3, 4);
}

static void nothing_goes_down_while_one_is_missing(void **state)
{
	(void)state;
	group.wanted = 4;
	for (int i = 0; i < 200; i++) {
		struct autoscale_look seen;

		second();
		seen = look();
		seen.working = 3;
		decide(&seen);
	}
	assert_int_equal(group.wanted, 4);
	/* But one that is held back is not missing. */
	for (int i = 0; i < 31; i++) {
		struct autoscale_look seen;

		second();
		seen = look();
		seen.able = 3;
		seen.working = 3;
		decide(&seen);
	}
	assert_int_equal(group.wanted, 2);
}

static void without_a_measure_it_goes_down_one_by_one(void **state)
{
	(void)state;
	group.wanted = group.working = 4;
	group.rate = 10;
	run(33);
	assert_int_equal(group.wanted, 3);
	run(65);
	assert_int_equal(group.wanted, 1);
	run(100);
	assert_int_equal(group.up_count, 0);
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_load_is_met_in_few_steps_and_left_alone),
		TEST(what_is_left_over_goes_in_halves),
		TEST(loads_of_every_size_are_met_without_swinging),
		TEST(instances_of_every_speed_are_measured),
		TEST(a_load_that_wavers_moves_nothing),
		TEST(a_lull_shorter_than_the_calm_costs_nothing),
		TEST(more_than_the_most_is_told_once),
		TEST(more_that_do_not_help_are_not_started),
		TEST(nothing_goes_up_before_the_last_step_shows),
		TEST(an_age_within_its_target_is_no_reason),
		TEST(nothing_is_decided_on_what_is_unknown),
		TEST(an_age_alone_is_enough_to_go_up_in_doubles),
		TEST(a_look_that_was_seen_tells_nothing_new),
		TEST(another_redis_is_a_new_beginning),
		TEST(counts_that_waver_by_a_few_do_not_end_the_calm),
		TEST(with_nobody_at_work_more_do_not_help),
		TEST(what_is_missing_is_not_made_up_for_one_by_one),
		TEST(nothing_goes_down_while_one_is_missing),
		TEST(without_a_measure_it_goes_down_one_by_one),
	};

	return cmocka_run_group_tests_name("autoscale", tests, NULL, NULL);
}
