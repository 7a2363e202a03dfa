#include "config.h"

#include "lib/base/err.h"
#include "lib/redis/reply.h"
#include "producers/publish/lag.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct reply string(const char *text)
{
	return (struct reply){ .type = REPLY_STRING, .text = text_of(text) };
}

static struct reply integer(int64_t value)
{
	return (struct reply){ .type = REPLY_INTEGER, .integer = value };
}

static struct reply error(const char *text)
{
	return (struct reply){ .type = REPLY_ERROR, .text = text_of(text) };
}

static struct reply array(struct reply *elements, size_t count)
{
	return (struct reply){ .type = REPLY_ARRAY,
			       .array = { elements, count } };
}

static const struct reply nil = { .type = REPLY_NIL };

/* Two groups, in a stream of so many entries. */
static void take(struct lag *lag, int64_t length, struct reply first,
		 struct reply second)
{
	struct reply a[] = { string("name"), string("a"), string("lag"),
			     first };
	struct reply b[] = { string("name"), string("b"), string("lag"),
			     second };
	struct reply groups[] = { array(a, 4), array(b, 4) };
	const struct reply replies[] = { integer(length), array(groups, 2) };
	struct err err;

	assert_int_equal(lag_take(lag, 0, &replies[0], &err), 0);
	assert_int_equal(lag_take(lag, 1, &replies[1], &err), 0);
	assert_true(lag->is_known);
}

static void the_slowest_group_counts(void **state)
{
	struct lag lag;

	(void)state;
	lag_begin(&lag, 100, NULL);
	assert_true(lag_holds(&lag, 1));
	take(&lag, 1000, integer(30), integer(40));
	assert_string_equal(lag.group, "b");
	assert_int_equal(lag.behind, 40);
	assert_false(lag_holds(&lag, 60));
	assert_true(lag_holds(&lag, 61));
	lag_add(&lag, 60);
	assert_true(lag_holds(&lag, 1));
	take(&lag, 1000, integer(0), integer(0));
	assert_false(lag_holds(&lag, 100));
}

static void an_unknown_lag_is_at_most_the_stream(void **state)
{
	struct lag lag;

	(void)state;
	lag_begin(&lag, 100, NULL);
	take(&lag, 70, nil, integer(40));
	assert_string_equal(lag.group, "a");
	assert_int_equal(lag.behind, 70);
	assert_false(lag.is_exact);
	/* So is one that counts what was removed. */
	take(&lag, 50, integer(40), integer(90));
	assert_string_equal(lag.group, "b");
	assert_int_equal(lag.behind, 50);
	assert_false(lag.is_exact);
	take(&lag, 50, integer(40), integer(20));
	assert_true(lag.is_exact);
}

static void an_ignored_group_does_not_count(void **state)
{
	static const struct settings_names ignore = {
		.names = { "c", "b" },
		.count = 2,
	};
	struct lag lag;

	(void)state;
	lag_begin(&lag, 100, &ignore);
	take(&lag, 1000, integer(30), integer(400));
	assert_string_equal(lag.group, "a");
	assert_int_equal(lag.behind, 30);
}

static void take_error(struct lag *lag, int64_t length, const char *text,
		       int expected, enum err_class class)
{
	const struct reply replies[] = { integer(length), error(text) };
	struct err err = { .class = ERR_REJECT };

	assert_int_equal(lag_take(lag, 0, &replies[0], &err), 0);
	assert_int_equal(lag_take(lag, 1, &replies[1], &err), expected);
	assert_int_equal(err.class, expected == 0 ? ERR_REJECT : class);
	assert_int_equal(lag->is_known, expected == 0);
}

static void no_answer_is_no_lag(void **state)
{
	struct lag lag;

	(void)state;
	lag_begin(&lag, 100, NULL);
	take_error(&lag, 0, "ERR no such key", 0, ERR_RETRY);
	assert_int_equal(lag.behind, 0);
	assert_string_equal(lag.group, "");
	take_error(&lag, 5, "ERR unknown command 'XINFO'", -1, ERR_RETRY);
	assert_true(lag_holds(&lag, 1));
	take_error(&lag, 0, "NOPERM no permission", -1, ERR_FATAL);
	take_error(&lag, 0, "LOADING", -1, ERR_RETRY);
}

static void without_a_limit_nothing_is_asked(void **state)
{
	struct lag lag;

	(void)state;
	lag_begin(&lag, 0, NULL);
	lag_add(&lag, 1000);
	assert_false(lag_holds(&lag, 1000));
	assert_false(lag_is_due(&lag, 1000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_slowest_group_counts),
		cmocka_unit_test(an_unknown_lag_is_at_most_the_stream),
		cmocka_unit_test(an_ignored_group_does_not_count),
		cmocka_unit_test(no_answer_is_no_lag),
		cmocka_unit_test(without_a_limit_nothing_is_asked),
	};

	return cmocka_run_group_tests_name("lag", tests, NULL, NULL);
}
