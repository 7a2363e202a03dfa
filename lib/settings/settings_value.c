/* One value on its way into a struct settings: text to number, range, rules.
   conf_tree.c and the options --redis and --stream set values here; the row of
   the settings table says how. */

#include "config.h"

#include "lib/settings/settings_value.h"

#include "lib/base/err.h"
#include "lib/base/num.h"
#include "lib/settings/settings.h"
#include "lib/settings/settings_table.h"
#include "lib/base/text.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define VALUE_RANGE_BYTES 128

static void *place(const struct setting *key, void *base)
{
	return (char *)base + key->offset;
}

bool setting_is_text(const struct setting *key)
{
	return key->kind != SETTING_INTEGER && key->kind != SETTING_POWER &&
	       key->kind != SETTING_FACTORS && key->kind != SETTING_NAMES;
}

static bool is_utf8(const char *text)
{
	struct text rest = text_of(text);

	while (rest.length > 0) {
		size_t length = text_utf8_length(rest);

		if (length == 0)
			return false;
		rest.data += length;
		rest.length -= length;
	}
	return true;
}

static bool has_control(const struct setting *key, const char *text)
{
	for (; *text != '\0'; text++) {
		bool line_break = *text == '\n' || *text == '\t';

		if (text_has_control((struct text){ text, 1 }) &&
		    !(line_break && key->kind == SETTING_TEMPLATE))
			return true;
	}
	return false;
}

/* The rules for all texts, then the rule of the row. */
static int check_text(const struct setting *key, const char *text,
		      struct err *err)
{
	int64_t length = (int64_t)strlen(text);
	char range[VALUE_RANGE_BYTES];

	if (length < key->min && length == 0)
		return err_set(err, ERR_FATAL, "must not be empty");
	if (length < key->min || length > key->max)
		return err_set(err, ERR_FATAL, "%" PRId64 " bytes; expected %s",
			       length,
			       setting_range(key, range, sizeof(range)));
	if (!is_utf8(text))
		return err_set(err, ERR_FATAL, "no valid UTF-8");
	if (has_control(key, text))
		return err_set(err, ERR_FATAL, "no control bytes here");
	if (length == 0 || key->check == NULL)
		return 0;
	return key->check(text, err);
}

static int set_string(const struct setting *key, void *base, const char *text,
		      struct err *err)
{
	if (check_text(key, text, err) < 0)
		return -1;
	memset(place(key, base), 0, key->bytes);
	memcpy(place(key, base), text, strlen(text));
	return 0;
}

/* The place of word among the comma-separated words, counted from 0; -1: it is
   none of them. */
static int word_number(const char *words, const char *word)
{
	size_t length = strlen(word);

	for (int i = 0; length > 0; i++) {
		size_t end = strcspn(words, ",");

		if (end == length && strncmp(words, word, length) == 0)
			return i;
		if (words[end] == '\0')
			return -1;
		words += end + strspn(words + end, ", ");
	}
	return -1;
}

static int refuse(const struct setting *key, const char *text, struct err *err)
{
	char shown[48];
	char range[VALUE_RANGE_BYTES];

	return err_set(err, ERR_FATAL, "\"%s\"; expected %s",
		       text_show(text_of(text), shown, sizeof(shown)),
		       setting_range(key, range, sizeof(range)));
}

static int set_word(const struct setting *key, void *base, const char *text,
		    struct err *err)
{
	if (word_number(key->words, text) < 0)
		return refuse(key, text, err);
	return set_string(key, base, text, err);
}

static int set_choice(const struct setting *key, void *base, const char *text,
		      struct err *err)
{
	int number = word_number(key->words, text);

	if (number < 0)
		return refuse(key, text, err);
	*(int64_t *)place(key, base) =
		key->find == NULL ? number : key->find(text);
	return 0;
}

static int set_number(const struct setting *key, void *base, int64_t value,
		      const char *text, struct err *err)
{
	if (value < key->min || value > key->max)
		return refuse(key, text, err);
	*(int64_t *)place(key, base) = value;
	return 0;
}

static int set_duration(const struct setting *key, void *base, const char *text,
			struct err *err)
{
	int64_t msecs;

	if (num_parse_duration(text, &msecs) < 0)
		return refuse(key, text, err);
	return set_number(key, base, msecs, text, err);
}

static int set_size(const struct setting *key, void *base, const char *text,
		    struct err *err)
{
	int64_t bytes;

	if (num_parse_size(text, &bytes) < 0)
		return refuse(key, text, err);
	return set_number(key, base, bytes, text, err);
}

static int set_amount(const struct setting *key, void *base, const char *text,
		      struct err *err)
{
	struct settings_fields *fields = place(key, base);

	if (setting_set_list(key, base, &text, 1, err) < 0)
		return -1;
	fields->amount_scale = 1;
	return 0;
}

static int (*const text_setters[SETTING_KIND_COUNT])(const struct setting *key,
						     void *base,
						     const char *text,
						     struct err *err) = {
	[SETTING_TEXT] = set_string,       [SETTING_TEMPLATE] = set_string,
	[SETTING_WORD] = set_word,         [SETTING_CHOICE] = set_choice,
	[SETTING_DURATION] = set_duration, [SETTING_SIZE] = set_size,
	[SETTING_AMOUNT] = set_amount,
};

int setting_set_text(const struct setting *key, void *base, const char *text,
		     struct err *err)
{
	assert(text_setters[key->kind] != NULL);
	return text_setters[key->kind](key, base, text, err);
}

static bool is_power_of_ten(int64_t value)
{
	while (value > 1 && value % 10 == 0)
		value /= 10;
	return value == 1;
}

int setting_set_integer(const struct setting *key, void *base, int64_t value,
			struct err *err)
{
	char range[VALUE_RANGE_BYTES];

	if (value < key->min || value > key->max ||
	    (key->kind == SETTING_POWER && !is_power_of_ten(value)))
		return err_set(err, ERR_FATAL, "%" PRId64 "; expected %s",
			       value, setting_range(key, range, sizeof(range)));
	*(int64_t *)place(key, base) = value;
	return 0;
}

int setting_set_list(const struct setting *key, void *base,
		     const char *const *texts, size_t count, struct err *err)
{
	bool is_names = key->kind == SETTING_NAMES;
	size_t most = is_names ? SETTINGS_NAMES_MAX : SETTINGS_FACTORS_MAX;
	struct settings_fields *fields = place(key, base);
	struct settings_names *names = place(key, base);
	char(*list)[SETTINGS_NAME_BYTES] =
		is_names ? names->names : fields->amount;
	char range[VALUE_RANGE_BYTES];

	if ((count < 1 && !is_names) || count > most)
		return err_set(err, ERR_FATAL, "expected %s",
			       setting_range(key, range, sizeof(range)));
	for (size_t i = 0; i < count; i++) {
		if (check_text(key, texts[i], err) < 0)
			return -1;
	}
	memset(list, 0, most * sizeof(list[0]));
	for (size_t i = 0; i < count; i++)
		memcpy(list[i], texts[i], strlen(texts[i]));
	*(is_names ? &names->count : &fields->amount_factor_count) =
		(int64_t)count;
	return 0;
}

const char *setting_range(const struct setting *key, char *buf, size_t bytes)
{
	char least[NUM_TEXT_MAX];
	char most[NUM_TEXT_MAX];

	switch (key->kind) {
	case SETTING_WORD:
	case SETTING_CHOICE:
		(void)snprintf(buf, bytes, "%s%s",
			       strchr(key->words, ',') ? "one of " : "",
			       key->words);
		return buf;
	case SETTING_POWER:
		(void)snprintf(buf, bytes,
			       "a power of ten from %" PRId64 " to %" PRId64,
			       key->min, key->max);
		return buf;
	case SETTING_DURATION:
		(void)snprintf(buf, bytes, "%s to %s",
			       num_format_duration(key->min, least),
			       num_format_duration(key->max, most));
		return buf;
	case SETTING_SIZE:
		(void)snprintf(buf, bytes, "%s to %s",
			       num_format_size(key->min, least),
			       num_format_size(key->max, most));
		return buf;
	case SETTING_INTEGER:
		(void)snprintf(buf, bytes, "%" PRId64 " to %" PRId64 " %s",
			       key->min, key->max, key->unit);
		return buf;
	case SETTING_FACTORS:
		(void)snprintf(buf, bytes, "1 to %d field names",
			       SETTINGS_FACTORS_MAX);
		return buf;
	case SETTING_NAMES:
		(void)snprintf(buf, bytes, "up to %d names",
			       SETTINGS_NAMES_MAX);
		return buf;
	default:
		(void)snprintf(buf, bytes, "%sup to %" PRId64 " bytes",
			       key->min > 0 ? "" : "empty or ", key->max);
		return buf;
	}
}

static void set_preset(const struct setting *key, void *base)
{
	struct err err;
	int64_t value = 0;
	int result;

	if (key->kind == SETTING_NAMES) {
		result = setting_set_list(key, base, NULL, 0, &err);
	} else if (key->kind == SETTING_FACTORS) {
		result = setting_set_list(key, base, &key->preset, 1, &err);
	} else if (setting_is_text(key)) {
		result = setting_set_text(key, base, key->preset, &err);
	} else {
		result = num_parse(key->preset, strlen(key->preset), &value);
		assert(result == 0);
		result = setting_set_integer(key, base, value, &err);
	}
	assert(result == 0);
	(void)result;
}

void settings_defaults(struct settings *settings_r)
{
	memset(settings_r, 0, sizeof(*settings_r));
	for (const struct setting *s = settings_table; s->path != NULL; s++) {
		if (s->preset != NULL && !setting_is_of_group(s))
			set_preset(s, settings_r);
	}
	(void)strcpy(settings_r->supervisor.programs, PKGLIBEXECDIR);
}

void settings_group_defaults(struct settings_group *group_r)
{
	memset(group_r, 0, sizeof(*group_r));
	for (const struct setting *s = settings_table; s->path != NULL; s++) {
		if (s->preset != NULL && setting_is_of_group(s))
			set_preset(s, group_r);
	}
}

int settings_complete(struct settings *settings, struct err *err)
{
	const struct setting *key = setting_find("node");
	char host[sizeof(settings->node) + 1] = "";

	if (settings->supervisor.programs[0] == '\0')
		(void)strcpy(settings->supervisor.programs, PKGLIBEXECDIR);
	if (settings->node[0] != '\0')
		return 0;
	if (gethostname(host, sizeof(host) - 1) < 0)
		host[0] = '\0';
	if (host[0] == '\0' || setting_set_text(key, settings, host, err) < 0)
		return err_set(err, ERR_FATAL,
			       "the host name cannot serve as one; set it");
	return 0;
}

static bool is_number(const struct setting *key)
{
	return key->kind == SETTING_INTEGER || key->kind == SETTING_POWER ||
	       key->kind == SETTING_DURATION || key->kind == SETTING_SIZE;
}

static bool is_sane(const struct setting *key, const void *base)
{
	const char *at = (const char *)base + key->offset;
	const struct settings_fields *fields = (const void *)at;
	const struct settings_names *names = (const void *)at;
	int64_t value;

	if (is_number(key)) {
		memcpy(&value, at, sizeof(value));
		return value >= key->min && value <= key->max;
	}
	if (key->kind == SETTING_CHOICE)
		return true;
	if (key->kind == SETTING_AMOUNT || key->kind == SETTING_FACTORS)
		return fields->amount_factor_count >= 1 &&
		       fields->amount_factor_count <= SETTINGS_FACTORS_MAX;
	if (key->kind == SETTING_NAMES)
		return names->count >= 0 && names->count <= SETTINGS_NAMES_MAX;
	return memchr(at, '\0', key->bytes) != NULL;
}

bool settings_are_sane(const struct settings *settings)
{
	if (settings->group_count < 0 ||
	    settings->group_count > SETTINGS_GROUPS_MAX)
		return false;
	for (const struct setting *s = settings_table; s->path != NULL; s++) {
		if (!setting_is_of_group(s) && !is_sane(s, settings))
			return false;
		for (int64_t i = 0; i < settings->group_count; i++) {
			if (setting_is_of_group(s) &&
			    !is_sane(s, &settings->groups[i]))
				return false;
		}
	}
	return true;
}
