#include "config.h"

#include "lib/base/when.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define NOW INT64_C(1763640000000) /* 2025-11-20T12:00:00Z */

static void a_moment_is_rfc_3339_in_utc(void **state)
{
	char text[WHEN_TEXT_BYTES];

	(void)state;
	assert_string_equal(when_format(NOW + 7, text),
			    "2025-11-20T12:00:00.007Z");
	assert_string_equal(when_format(0, text), "1970-01-01T00:00:00.000Z");
	assert_string_equal(when_format(WHEN_MSECS_MAX, text),
			    "9999-12-31T23:59:59.999Z");
}

static void a_place_is_a_time_an_age_or_an_id(void **state)
{
	static const char *const good[][2] = {
		{ "2025-11-20T12:00:00Z", "1763640000000" },
		{ "2025-11-20T12:00Z", "1763640000000" },
		{ "2025-11-20T14:00:00.25+02:00", "1763640000250" },
		{ "2025-11-20T06:30:00.0019-05:30", "1763640000001" },
		{ "2024-02-29T00:00:00Z", "1709164800000" },
		{ "1h", "1763636400000" },
		{ "-1h", "1763636400000" },
		{ "99999d", "0" },
		{ "0", "0" },
		{ "1763640251023", "1763640251023" },
		{ "1763640251023-17", "1763640251023-17" },
	};
	char id[WHEN_ID_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(when_id(good[i][0], NOW, id), 0);
		assert_string_equal(id, good[i][1]);
	}
}

static void anything_else_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"-",
		"+",
		"$",
		"now",
		"1x",
		"1-",
		"-1",
		"1-2-3",
		"1 h",
		"2025-11-20",
		"2025-11-20T12:00:00",
		"2025-11-20T12:00:00z",
		"2025-11-20 12:00:00Z",
		"2025-11-20T12:00:00.Z",
		"2025-11-20T12:00:00+0200",
		"2025-11-20T12:00:00+24:00",
		"2025-11-20T12:00:00Z ",
		"2025-02-30T00:00:00Z",
		"2025-13-01T00:00:00Z",
		"2025-00-01T00:00:00Z",
		"2025-11-20T25:00:00Z",
		"2025-11-20T12:60:00Z",
		"1969-12-31T23:59:59Z",
		"1970-01-01T00:00:00+01:00",
		"+025-11-20T12:00:00Z",
		"99999999999999999999-0",
		"1111111111111111111111111111111111111111111111111111111",
	};
	char id[WHEN_ID_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (when_id(bad[i], NOW, id) == 0)
			fail_msg("'%s' is '%s'", bad[i], id);
	}
}

static void an_id_has_its_time(void **state)
{
	(void)state;
	assert_int_equal(when_of_id("1763640000000-3"), NOW);
	assert_int_equal(when_of_id("1763640000000"), NOW);
	assert_int_equal(when_of_id("x-1"), -1);
	assert_int_equal(when_of_id(""), -1);
	assert_int_equal(when_of_id("9223372036854775807-0"), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_moment_is_rfc_3339_in_utc),
		cmocka_unit_test(a_place_is_a_time_an_age_or_an_id),
		cmocka_unit_test(anything_else_is_refused),
		cmocka_unit_test(an_id_has_its_time),
	};

	return cmocka_run_group_tests_name("when", tests, NULL, NULL);
}
