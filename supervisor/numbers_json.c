#include "config.h"

#include "supervisor/numbers_json.h"

#include "supervisor/record.h"

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
};

#define KEYS_COUNT (sizeof(numbers_keys) / sizeof(numbers_keys[0]))

void numbers_put(json_t *group, const struct redis_numbers *numbers)
{
	for (size_t i = 0; i < KEYS_COUNT; i++) {
		const char *at = (const char *)numbers + numbers_keys[i].offset;

		(void)json_object_set_new(group, numbers_keys[i].key,
					  record_count(*(const int64_t *)at));
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
