/* The push log, held against the stream by ordermqctl verify. All else that it
   tells is in verify.c. */

#include "config.h"

#include "tests/fixtures/verify_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void what_push_has_not_told_is_named(void **state)
{
	struct shop *shop = *state;

	verify_leave_pending(shop, "push");
	(void)redis_fixture_command(shop->redis, "XGROUP", "DELCONSUMER",
				    "ordermq", "push", "stranger", NULL);
	verify_expect(70, verify_push_log(shop));
	verify_says("3 entries were due and are nowhere");
	verify_says("A-301:paid is acknowledged, and in no push log");
	verify_says("A-303:paid is acknowledged, and in no push log");
}

/* Write lines first to last of the push log anew, and text behind them. */
static void log_keep(const struct shop *shop, int first, int last,
		     const char *text)
{
	FILE *file = fopen(shop->push_file, "re");
	char *content = calloc(1, 1 << 20);
	char *line = NULL;
	size_t size = 0;

	assert_non_null(file);
	assert_non_null(content);
	for (int n = 1; getline(&line, &size, file) > 0; n++)
		if (n >= first && n <= last)
			(void)strcat(content, line);
	(void)fclose(file);
	file = fopen(shop->push_file, "we");
	assert_non_null(file);
	(void)fputs(content, file);
	(void)fputs(text, file);
	assert_int_equal(fclose(file), 0);
	free(line);
	free(content);
}

static void a_notification_that_is_gone_is_named(void **state)
{
	struct shop *shop = *state;

	verify_work(shop);
	verify_expect(0, verify_push_log(shop));
	/* The first ten have a second line. */
	log_keep(shop, 12, 10000, "");
	verify_expect(70, verify_push_log(shop));
	verify_says("A-11:paid is acknowledged, and in no push log");
	assert_null(strstr(ctl.out, "A-10:paid"));
}

static void a_torn_line_is_named(void **state)
{
	struct shop *shop = *state;
	char place[2 * SHOP_PATH_BYTES];

	verify_work(shop);
	verify_rest();
	log_keep(shop, 1, 50, "{\"key\":\"A-51:pa");
	verify_expect(70, verify_push_log(shop));
	(void)snprintf(place, sizeof(place), "%s:51: no notification, a torn",
		       shop->push_file);
	verify_says(place);
	verify_says("A-51:paid is acknowledged, and in no push log");
}

static void a_key_that_no_entry_has_is_told(void **state)
{
	struct shop *shop = *state;

	verify_work(shop);
	log_keep(shop, 1, 10000, "{\"key\":\"Z-9:paid\"}\n");
	verify_expect(0, verify_push_log(shop));
	verify_says("1 event keys of the push logs are of no entry");
}

static void expired_notifications_are_not_missed(void **state)
{
	struct shop *shop = *state;

	(void)strcpy(shop->push, "max_age = \"1h\";");
	shop_configure(shop, "", "", "");
	(void)redis_fixture_command(shop->redis, "XADD", "ordermq",
				    "1714060800000-0", "orderno", "OLD", NULL);
	verify_work(shop);
	verify_expect(0, verify_push_log(shop));
	verify_says("expired                 1");
}

#define in_shop(test)                                                          \
	cmocka_unit_test_setup_teardown(test, shop_open, ctl_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_shop(what_push_has_not_told_is_named),
		in_shop(a_notification_that_is_gone_is_named),
		in_shop(a_torn_line_is_named),
		in_shop(a_key_that_no_entry_has_is_told),
		in_shop(expired_notifications_are_not_missed),
	};

	if (redis_fixture_skip_all())
		return 0;
	return cmocka_run_group_tests_name("verify_push", tests, NULL, NULL);
}
