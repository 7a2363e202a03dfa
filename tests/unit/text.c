#include "config.h"

#include "lib/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Bytes, and the length of the character at their beginning. */
struct example {
	const char *bytes;
	size_t length;
};

static void check(const struct example *examples)
{
	for (const struct example *e = examples; e->bytes != NULL; e++)
		assert_int_equal(text_utf8_length(text_of(e->bytes)),
				 e->length);
}

static void utf8_takes_one_to_four_bytes(void **state)
{
	static const struct example examples[] = {
		{ "a", 1 },
		{ "\x7f", 1 },
		{ "\xc2\x80", 2 },
		{ "\xdf\xbf", 2 },
		{ "\xe0\xa0\x80", 3 },
		{ "\xed\x9f\xbf", 3 },
		{ "\xee\x80\x80", 3 },
		{ "\xef\xbf\xbf", 3 },
		{ "\xf0\x90\x80\x80", 4 },
		{ "\xf4\x8f\xbf\xbf", 4 },
		{ "\xc3\xa9tat", 2 },
		{ NULL, 0 },
	};

	(void)state;
	check(examples);
	assert_int_equal(text_utf8_length((struct text){ "\0", 1 }), 1);
}

static void utf8_is_refused_where_rfc_3629_says_so(void **state)
{
	static const struct example examples[] = {
		{ "", 0 },
		{ "\x80", 0 }, /* a continuation alone */
		{ "\xbf", 0 },
		{ "\xc0\x80", 0 }, /* overlong */
		{ "\xc1\xbf", 0 },
		{ "\xe0\x9f\xbf", 0 },
		{ "\xf0\x8f\xbf\xbf", 0 },
		{ "\xed\xa0\x80", 0 }, /* a surrogate */
		{ "\xed\xbf\xbf", 0 },
		{ "\xf4\x90\x80\x80", 0 }, /* above U+10FFFF */
		{ "\xf5\x80\x80\x80", 0 },
		{ "\xff", 0 },
		{ "\xc3", 0 }, /* cut off */
		{ "\xe2\x82", 0 },
		{ "\xf0\x9f\x98", 0 },
		{ "\xc3(", 0 }, /* no continuation */
		{ "\xe2\x28\xa1", 0 },
		{ NULL, 0 },
	};

	(void)state;
	check(examples);
}

static void utf8_never_looks_beyond_the_text(void **state)
{
	const char euro[] = "\xe2\x82\xac";

	(void)state;
	for (size_t length = 0; length < 3; length++)
		assert_int_equal(
			text_utf8_length((struct text){ euro, length }), 0);
	assert_int_equal(text_utf8_length((struct text){ euro, 3 }), 3);
}

static void a_shown_text_is_printable(void **state)
{
	char buf[64];

	(void)state;
	assert_string_equal(text_show(text_of("A-1 ok~"), buf, sizeof(buf)),
			    "A-1 ok~");
	assert_string_equal(
		text_show(text_of("a\nb\x7f\xc3\xa9"), buf, sizeof(buf)),
		"a\\x0ab\\x7f\\xc3\\xa9");
	assert_string_equal(
		text_show((struct text){ "a\0b", 3 }, buf, sizeof(buf)),
		"a\\x00b");
	assert_string_equal(text_show(text_of(NULL), buf, sizeof(buf)), "");
}

static void a_shown_text_is_cut_at_the_end_of_its_buffer(void **state)
{
	char long_text[200];
	char guarded[33];

	(void)state;
	for (int fill = 0; fill < 2; fill++) {
		memset(long_text, fill ? '\n' : 'x', sizeof(long_text));
		memset(guarded, '!', sizeof(guarded));
		text_show((struct text){ long_text, sizeof(long_text) },
			  guarded, sizeof(guarded) - 1);
		assert_true(strlen(guarded) < sizeof(guarded) - 1);
		assert_int_equal(guarded[sizeof(guarded) - 1], '!');
		assert_int_equal(strlen(guarded) % (fill ? 4 : 1), 0);
	}
}

static void control_bytes_are_found_anywhere(void **state)
{
	(void)state;
	assert_false(text_has_control(text_of("")));
	assert_false(text_has_control(text_of("caf\xc3\xa9 ~")));
	assert_true(text_has_control(text_of("a\n")));
	assert_true(text_has_control(text_of("\x7f")));
	assert_true(text_has_control((struct text){ "a\0b", 3 }));
}

/* Each byte at each place of texts of each length around that of a word. */
static void each_byte_is_looked_at_wherever_it_stands(void **state)
{
	(void)state;
	for (size_t length = 1; length <= 20; length++) {
		char bytes[20];
		const struct text text = { bytes, length };

		memset(bytes, 'x', sizeof(bytes));
		assert_true(text_is_plain(text));
		for (size_t at = 0; at < length; at++) {
			for (int c = 0; c < 256; c++) {
				bool control = c < 0x20 || c == 0x7f;

				bytes[at] = (char)c;
				assert_int_equal(text_has_control(text),
						 control);
				assert_int_equal(text_has_colon(text),
						 c == ':');
				assert_int_equal(text_is_plain(text),
						 !control && c < 0x7f &&
							 c != '"' && c != '\\');
			}
			bytes[at] = 'x';
		}
	}
}

static void texts_are_equal_byte_by_byte(void **state)
{
	(void)state;
	assert_true(text_is(text_of("paid"), "paid"));
	assert_false(text_is(text_of("paid"), "Paid"));
	assert_false(text_is(text_of("paid"), "pai"));
	assert_true(text_is((struct text){ NULL, 0 }, ""));
	assert_false(text_equal((struct text){ "a\0b", 3 },
				(struct text){ "a\0c", 3 }));
	for (size_t length = 1; length <= 40; length++) {
		char a[41], b[41];

		memset(a, 'x', sizeof(a));
		memset(b, 'x', sizeof(b));
		for (size_t at = 0; at < length; at++) {
			const struct text text = { a, length };

			assert_true(
				text_equal(text, (struct text){ b, length }));
			b[at] = 'y';
			assert_false(
				text_equal(text, (struct text){ b, length }));
			b[at] = 'x';
		}
		/* What stands behind them is of no matter. */
		b[length] = 'y';
		assert_true(text_equal((struct text){ a, length },
				       (struct text){ b, length }));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(utf8_takes_one_to_four_bytes),
		cmocka_unit_test(utf8_is_refused_where_rfc_3629_says_so),
		cmocka_unit_test(utf8_never_looks_beyond_the_text),
		cmocka_unit_test(a_shown_text_is_printable),
		cmocka_unit_test(a_shown_text_is_cut_at_the_end_of_its_buffer),
		cmocka_unit_test(control_bytes_are_found_anywhere),
		cmocka_unit_test(each_byte_is_looked_at_wherever_it_stands),
		cmocka_unit_test(texts_are_equal_byte_by_byte),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
