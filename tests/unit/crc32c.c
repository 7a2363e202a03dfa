#include "config.h"

#include "lib/base/crc32c.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* The examples of RFC 3720, appendix B.4, and the check value that everybody
   gives for it. */
static void the_known_sums_come_out(void **state)
{
	unsigned char bytes[32];

	(void)state;
	assert_int_equal(crc32c(0, "", 0), 0);
	assert_int_equal(crc32c(0, "123456789", 9), 0xe3069283);
	memset(bytes, 0, sizeof(bytes));
	assert_int_equal(crc32c(0, bytes, sizeof(bytes)), 0x8a9136aa);
	memset(bytes, 0xff, sizeof(bytes));
	assert_int_equal(crc32c(0, bytes, sizeof(bytes)), 0x62a8ab43);
	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)i;
	assert_int_equal(crc32c(0, bytes, sizeof(bytes)), 0x46dd794e);
}

static void pieces_add_up(void **state)
{
	static const char text[] = "orderno A-1 userid 7 amount 1299";

	(void)state;
	for (size_t i = 0; i <= sizeof(text); i++)
		assert_int_equal(
			crc32c(crc32c(0, text, i), text + i, sizeof(text) - i),
			crc32c(0, text, sizeof(text)));
}

static void every_flipped_bit_shows(void **state)
{
	char text[] = "orderno A-1 userid 7 amount 1299";
	const uint32_t sum = crc32c(0, text, sizeof(text));

	(void)state;
	for (size_t bit = 0; bit < 8 * sizeof(text); bit++) {
		text[bit / 8] ^= (char)(1 << bit % 8);
		assert_int_not_equal(crc32c(0, text, sizeof(text)), sum);
		text[bit / 8] ^= (char)(1 << bit % 8);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_known_sums_come_out),
		cmocka_unit_test(pieces_add_up),
		cmocka_unit_test(every_flipped_bit_shows),
	};

	return cmocka_run_group_tests_name("crc32c", tests, NULL, NULL);
}
