/* The numbers of groups and of the stream as members of JSON objects, and
   back. figures.c brings them to ordermqd; ordermqd/status.c and
   ctl/overview.c write and read the objects. */

#include "config.h"

#include "supervisor/common/numbers_json.h"

#include "supervisor/common/json_line.h"

#include <stddef.h>

static const struct {
	const char *key;
	size_t offset;
} numbers_keys[] = {
#define KEY(name, member)                                                      \
	{                                                                      \
		name, offsetof(struct redis_numbers, member)                   \
	}
	KEY("lag", lag),
	KEY("lag_seconds", lag_secs),
	KEY("pending", pending),
	KEY("oldest_pending_seconds", oldest_pending_secs),
	KEY("handled", handled),
	KEY("dead", dead),
	KEY("dead_letters", letters),
	KEY("dead_letters_bytes", letters_bytes),
	KEY("oldest_dead_letter_seconds", oldest_letter_secs),
	KEY("dropped", dropped),
	KEY("skipped", skipped),
};

#define KEYS_COUNT (sizeof(numbers_keys) / sizeof(numbers_keys[0]))

void numbers_put(json_t *group, const struct redis_numbers *numbers)
{
	for (size_t i = 0; i < KEYS_COUNT; i++) {
		const char *at = (const char *)numbers + numbers_keys[i].offset;

		(void)json_object_set_new(
			group, numbers_keys[i].key,
			json_line_count(*(const int64_t *)at));
	}
}

void numbers_get(const json_t *group, struct redis_numbers *numbers_r)
{
	for (size_t i = 0; i < KEYS_COUNT; i++) {
		const json_t *value =
			json_object_get(group, numbers_keys[i].key);
		char *at = (char *)numbers_r + numbers_keys[i].offset;

		*(int64_t *)at =
			json_is_integer(value) ? json_integer_value(value) : -1;
	}
}

json_t *numbers_stream(const char *key, const struct figures_stream *stream,
		       int64_t age_secs)
{
	static const struct figures_stream unknown = { -1, -1, -1, -1, -1 };

	if (stream == NULL)
		stream = &unknown;
	return json_pack("{s:s,s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "kind", "stream",
			 "key", json_line_text(key), "entries",
			 json_line_count(stream->entries), "added",
			 json_line_count(stream->added), "added_per_second",
			 json_line_real(stream->added_per_sec), "first_seconds",
			 json_line_count(stream->first_secs), "last_seconds",
			 json_line_count(stream->last_secs),
			 "numbers_age_seconds", json_line_count(age_secs));
}

json_t *numbers_other(const struct figures_other *other)
{
	return json_pack(
		"{s:s,s:o,s:o,s:o,s:o,s:o,s:o}", "kind", "other_group", "name",
		json_line_text(other->name), "lag", json_line_count(other->lag),
		"lag_seconds", json_line_count(other->lag_secs), "pending",
		json_line_count(other->pending), "oldest_pending_seconds",
		json_line_count(other->oldest_pending_secs), "silent_seconds",
		json_line_count(other->silent_secs));
}

json_t *numbers_pause(const struct pause *pause)
{
	if (pause->msecs <= 0)
		return json_null();
	return json_pack("{s:o,s:o,s:o}", "who", json_line_text(pause->who),
			 "when", json_line_time(pause->msecs), "why",
			 json_line_text(pause->why));
}
