#include "config.h"

#include "tests/ctl_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ARGS_MAX 16

struct program ctl;

static json_t *records;

static void words_take(const struct shop *shop, va_list words,
		       const char **args)
{
	size_t count = 0;

	args[count++] = "supervisor/ordermqctl";
	args[count++] = "-c";
	args[count++] = shop->conf;
	while ((args[count] = va_arg(words, const char *)) != NULL)
		assert_true(++count < ARGS_MAX);
}

/* One that was built to watch itself has found nothing. */
static int finished(void)
{
	if (strstr(ctl.err, "Sanitizer") != NULL ||
	    strstr(ctl.err, "runtime error") != NULL)
		fail_msg("%s", ctl.err);
	return ctl.status;
}

int ctl_run_on(const struct shop *shop, ...)
{
	const char *args[ARGS_MAX + 1];
	va_list words;

	va_start(words, shop);
	words_take(shop, words, args);
	va_end(words);
	program_run(&ctl, args, "");
	return finished();
}

int ctl_feed(const struct shop *shop, const char *input, ...)
{
	const char *args[ARGS_MAX + 1];
	va_list words;

	va_start(words, input);
	words_take(shop, words, args);
	va_end(words);
	program_run(&ctl, args, input);
	return finished();
}

void ctl_start(const struct shop *shop, ...)
{
	const char *args[ARGS_MAX + 1];
	va_list words;

	va_start(words, shop);
	words_take(shop, words, args);
	va_end(words);
	program_start(&ctl, args);
}

void ctl_forget(void)
{
	json_decref(records);
	records = NULL;
}

json_t *ctl_records(void)
{
	const char *line = ctl.out;

	ctl_forget();
	records = json_array();
	while (*line != '\0') {
		size_t length = strcspn(line, "\n");
		json_t *record =
			json_loadb(line, length, JSON_REJECT_DUPLICATES, NULL);

		if (record == NULL || line[length] != '\n' ||
		    !json_is_string(json_object_get(record, "kind")))
			fail_msg("no record: %s", line);
		(void)json_array_append_new(records, record);
		line += length + 1;
	}
	return records;
}

const char *ctl_value(size_t i, const char *name)
{
	static char *text;
	json_t *value = json_object_get(json_array_get(records, i), name);

	free(text);
	text = value == NULL
		       ? NULL
		       : json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
	return text == NULL ? "" : text;
}

/* An id of now ("1763640251023-0") as "ID" and blanks. */
static void ids_hide(char *text)
{
	for (char *at = text; *at != '\0'; at++) {
		size_t digits = strspn(at, "0123456789");

		if (digits == 13 && at[13] == '-') {
			digits += 1 + strspn(at + 14, "0123456789");
			memset(at, ' ', digits);
			memcpy(at, "ID", 2);
		}
		if (digits > 0)
			at += digits - 1;
	}
}

void ctl_says(const char *output)
{
	ids_hide(ctl.out);
	assert_string_equal(ctl.out, output);
}

int ctl_close(void **state)
{
	ctl_forget();
	return shop_close(state);
}
