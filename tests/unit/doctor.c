#include "config.h"

#include "supervisor/ctl/doctor/doctor_state.h"
#include "supervisor/keeper/info.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void releases_known_to_be_bad_are_told_from_the_rest(void **state)
{
	static const struct {
		const char *version;
		enum doctor_state state;
	} rows[] = {
		{ "6.2.14", DOCTOR_FAIL }, { "7.0.15", DOCTOR_OK },
		{ "7.4.1", DOCTOR_OK },    { "8.0.2", DOCTOR_OK },
		{ "8.2.0", DOCTOR_FAIL },  { "8.2.2", DOCTOR_FAIL },
		{ "8.2.3", DOCTOR_WARN },  { "8.2.9", DOCTOR_OK },
		{ "8.4.5", DOCTOR_WARN },  { "8.4.6", DOCTOR_OK },
		{ "8.6.1", DOCTOR_FAIL },  { "8.6.2", DOCTOR_WARN },
		{ "8.6.6", DOCTOR_OK },    { "8.8.1", DOCTOR_WARN },
		{ "8.10.0", DOCTOR_WARN }, { "8.10.1", DOCTOR_OK },
		{ "9.0.0", DOCTOR_OK },    { "", DOCTOR_UNKNOWN },
		{ "new", DOCTOR_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *why;

		if (doctor_judge(rows[i].version, &why) != rows[i].state)
			fail_msg("%s", rows[i].version);
		assert_int_equal(why != NULL, rows[i].state > DOCTOR_UNKNOWN);
	}
}

static void info_is_read_by_whole_names(void **state)
{
	const struct text info = text_of("# Server\r\nredis_version:7.0.15\r\n"
					 "used_memory_rss:7\r\n"
					 "used_memory:5\r\nrole:master");

	(void)state;
	assert_true(text_is(info_text(info, "redis_version"), "7.0.15"));
	assert_true(text_is(info_text(info, "role"), "master"));
	assert_int_equal(info_number(info, "used_memory", -1), 5);
	assert_int_equal(info_number(info, "role", -1), -1);
	assert_int_equal(info_number(info, "used", -1), -1);
	assert_int_equal(info_text(text_of(NULL), "role").length, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			releases_known_to_be_bad_are_told_from_the_rest),
		cmocka_unit_test(info_is_read_by_whole_names),
	};

	return cmocka_run_group_tests_name("doctor", tests, NULL, NULL);
}
