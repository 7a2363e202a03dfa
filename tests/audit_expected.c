#include "config.h"

#include "tests/audit_expected.h"

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/stream/order.h"
#include "lib/redis/redis.h"
#include "lib/redis/reply.h"
#include "lib/settings/settings.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAIRS_MAX 256
#define PAGE "500"

/* What tests/trial_worker.c does to an order, and what is then told of it. */
static const struct {
	const char *act;
	const char *reason;
} marks[] = {
	{ "fail", "it always fails" },
	{ "crash", "signal 11" },
	{ "kill", "was killed" },
	{ "loop", "signal 6" },
};

static const struct settings_group *group_of(const struct settings *settings,
					     const char *name)
{
	for (int64_t i = 0; i < settings->group_count; i++) {
		if (strcmp(settings->groups[i].name, name) == 0)
			return &settings->groups[i];
	}
	return NULL;
}

static void letter_expect(struct expected *expected, const char *group,
			  const char *id, const char *reason)
{
	char key[128];

	(void)snprintf(key, sizeof(key), "%s %s", group, id);
	(void)json_object_set_new(expected->letters, key, json_string(reason));
}

/* Every group refuses it, whatever it does. */
static void reject_expect(const struct settings *settings,
			  struct expected *expected, const char *id,
			  const char *reason)
{
	for (int64_t i = 0; i < settings->group_count; i++)
		letter_expect(expected, settings->groups[i].name, id, reason);
}

static void mark_expect(struct expected *expected, const struct order *order,
			const char *id)
{
	struct text act = order_field(order, text_of("act"));

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		if (text_is(act, marks[i].act))
			letter_expect(expected, "trial", id, marks[i].reason);
	}
}

static void event_expect(const struct settings_group *group,
			 struct expected *expected, const struct order *order,
			 const char *key)
{
	const struct settings_points *rule = &group->points;
	int64_t points = order->amount * rule->earn / rule->per + rule->flat;
	char account[256], row[512];
	json_t *before;

	if (order->userid.length == 0 ||
	    json_object_get(expected->events, key) != NULL)
		return;
	if (order->type == ORDER_REFUNDED)
		points = -points;
	(void)snprintf(account, sizeof(account), "%.*s",
		       (int)order->userid.length, order->userid.data);
	(void)snprintf(row, sizeof(row), "%s\t%" PRId64 "\t%" PRId64 "\t",
		       account, order->amount, points);
	(void)json_object_set_new(expected->events, key, json_string(row));
	before = json_object_get(expected->balances, account);
	(void)json_object_set_new(
		expected->balances, account,
		json_integer(json_integer_value(before) + points));
}

static void order_expect(const struct settings *settings,
			 struct expected *expected, const struct order *order,
			 const char *id)
{
	const struct settings_group *points = group_of(settings, "points");
	char key[ORDER_KEY_BYTES], number[256];

	(void)snprintf(number, sizeof(number), "%.*s",
		       (int)order->orderno.length, order->orderno.data);
	(void)json_object_set_new(expected->orders, number, json_true());
	if (group_of(settings, "trial") != NULL)
		mark_expect(expected, order, id);
	if (order->type == ORDER_OTHER)
		return;
	(void)order_key(order, key);
	(void)json_object_set_new(expected->pushes, key, json_true());
	if (points != NULL)
		event_expect(points, expected, order, key);
}

static void entry_expect(const struct settings *settings,
			 struct expected *expected, const struct reply *entry)
{
	const char *id = reply_text(reply_at(entry, 0)).data;
	const struct reply *fields = reply_at(entry, 1);
	struct order order;
	struct err err;

	expected->entry_count++;
	if (order_parse_entry(&settings->fields, fields, &order, &err) == 0)
		order_expect(settings, expected, &order, id);
	else
		reject_expect(settings, expected, id,
			      reply_count(fields) > PAIRS_MAX ? "" : err.text);
}

void expected_read(const struct settings *settings, struct redis *redis,
		   struct arena *arena, struct expected *expected_r)
{
	const struct reply *page;
	char after[64] = "-";
	struct err err;

	*expected_r = (struct expected){
		.orders = json_object(),
		.events = json_object(),
		.balances = json_object(),
		.pushes = json_object(),
		.letters = json_object(),
	};
	do {
		arena_reset(arena);
		page = redis_command(redis, arena, &err, "XRANGE",
				     settings->stream_key, after, "+", "COUNT",
				     PAGE, NULL);
		if (page == NULL) {
			fprintf(stderr, "%s\n", err.text);
			exit(EXIT_FAILURE);
		}
		for (size_t i = 0; i < reply_count(page); i++) {
			entry_expect(settings, expected_r, reply_at(page, i));
			(void)snprintf(
				after, sizeof(after), "(%s",
				reply_text(reply_at(reply_at(page, i), 0))
					.data);
		}
	} while (reply_count(page) > 0);
}

void expected_close(struct expected *expected)
{
	json_decref(expected->orders);
	json_decref(expected->events);
	json_decref(expected->balances);
	json_decref(expected->pushes);
	json_decref(expected->letters);
}
