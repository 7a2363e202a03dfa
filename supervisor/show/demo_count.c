/* Counts the deliveries of each group and its instances. demo.c asks after all
   is settled; demo_table.c prints it. */

#include "config.h"

#include "supervisor/show/demo_count.h"

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/stream/keys.h"
#include "lib/stream/order.h"
#include "lib/redis/redis.h"
#include "supervisor/show/demo_sandbox.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT_PAGE "500"

static void instances_take(const json_t *status, struct demo_group *group)
{
	const json_t *object;
	size_t i;

	json_array_foreach(status, i, object)
	{
		const char *of =
			json_string_value(json_object_get(object, "group"));
		struct demo_instance *instance =
			&group->instances[group->instance_count];

		if (of == NULL || strcmp(of, group->name) != 0 ||
		    group->instance_count == DEMO_INSTANCES_MAX)
			continue;
		(void)snprintf(
			instance->name, sizeof(instance->name), "%s",
			json_string_value(json_object_get(object, "name")));
		instance->delivered = json_integer_value(
			json_object_get(object, "delivered"));
		group->deliveries += instance->delivered;
		group->instance_count++;
	}
}

/* The part of a line that tells it from others: the event key of a
   notification, or the id that an xread instance saw. */
static int line_key(const char *line, char *key, size_t bytes)
{
	json_t *json = json_loads(line, 0, NULL);
	const char *text = json_string_value(json_object_get(json, "key"));

	if (line[0] == '{')
		(void)snprintf(key, bytes, "%s", text == NULL ? "" : text);
	else
		(void)snprintf(key, bytes, "%.*s", (int)strcspn(line, " \n"),
			       line);
	json_decref(json);
	return key[0] == '\0' ? -1 : 0;
}

static int distinct_lines(const char *path, int64_t *distinct_r,
			  struct err *err)
{
	json_t *seen = json_object();
	FILE *in = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;
	int ret = in == NULL || seen == NULL ? -1 : 0;

	while (ret == 0 && getline(&line, &size, in) > 0) {
		char key[ORDER_KEY_BYTES];

		ret = line_key(line, key, sizeof(key));
		if (ret == 0)
			(void)json_object_set_new(seen, key, json_true());
	}
	*distinct_r = (int64_t)json_object_size(seen);
	json_decref(seen);
	free(line);
	if (in != NULL)
		(void)fclose(in);
	return ret < 0 ? err_set(err, ERR_RETRY, "%s: cannot be read", path)
		       : 0;
}

/* Each entry is counted in one book, once, by the script that acknowledges
   it. */
static int distinct_settled(struct demo_sandbox *sandbox, const char *group,
			    int64_t *distinct_r, struct err *err)
{
	const struct reply *reply;
	struct keys keys;

	keys_make(sandbox->settings.stream_key, group, &keys);
	arena_reset(sandbox->base.arena);
	reply = redis_command(sandbox->base.redis, sandbox->base.arena, err,
			      "HVALS", keys.books, NULL);
	if (reply == NULL)
		return -1;
	*distinct_r = 0;
	for (size_t i = 0; i < reply_count(reply); i++)
		*distinct_r += reply_integer(reply_at(reply, i), 0);
	return 0;
}

int demo_count_group(struct demo_sandbox *sandbox, const json_t *status,
		     const char *name, const char *file,
		     struct demo_group *group_r, struct err *err)
{
	char path[DEMO_PATH_BYTES];

	*group_r = (struct demo_group){ .name = name };
	instances_take(status, group_r);
	group_r->orders = demo_sandbox_integer(sandbox, err, "XLEN",
					       sandbox->settings.stream_key);
	if (group_r->orders < 0)
		return -1;
	if (file == NULL)
		return distinct_settled(sandbox, name, &group_r->distinct, err);
	(void)snprintf(path, sizeof(path), "%s/%s", sandbox->base.dir, file);
	return distinct_lines(path, &group_r->distinct, err);
}

static void balance_add(json_t *balances, const char *account, int64_t points)
{
	int64_t before = json_integer_value(json_object_get(balances, account));

	(void)json_object_set_new(balances, account,
				  json_integer(before + points));
}

/* One order as a person would reckon it: a point for each full 1.00, taken back
   by a refund. */
static void order_reckon(const struct settings *settings,
			 const struct reply *entry, json_t *balances)
{
	struct order order;
	struct err err;
	int64_t points;

	if (order_parse_entry(&settings->fields, reply_at(entry, 1), &order,
			      &err) < 0 ||
	    order.userid.length == 0 || !order_is_event(&order))
		return;
	points = order.amount / 100;
	balance_add(balances, order.userid.data,
		    order.type == ORDER_REFUNDED ? -points : points);
}

static int stream_reckon(struct demo_sandbox *sandbox, json_t *balances,
			 struct err *err)
{
	const char *key = sandbox->settings.stream_key;
	char start[64] = "-";
	const struct reply *page;

	do {
		arena_reset(sandbox->base.arena);
		page = redis_command(sandbox->base.redis, sandbox->base.arena,
				     err, "XRANGE", key, start, "+", "COUNT",
				     COUNT_PAGE, NULL);
		if (page == NULL)
			return -1;
		for (size_t i = 0; i < reply_count(page); i++) {
			const struct reply *entry = reply_at(page, i);

			order_reckon(&sandbox->settings, entry, balances);
			(void)snprintf(start, sizeof(start), "(%s",
				       reply_text(reply_at(entry, 0)).data);
		}
	} while (reply_count(page) > 0);
	return 0;
}

static int balances_compare(struct demo_sandbox *sandbox, json_t *expected,
			    struct demo_points *points, struct err *err)
{
	char key[KEYS_BYTES];
	const struct reply *reply;
	const char *account;
	json_t *value;

	arena_reset(sandbox->base.arena);
	reply = redis_command(sandbox->base.redis, sandbox->base.arena, err,
			      "HGETALL",
			      keys_of_group(sandbox->settings.stream_key,
					    "points", "balance", key),
			      NULL);
	if (reply == NULL)
		return -1;
	points->accounts = (int64_t)reply_count(reply) / 2;
	for (size_t i = 0; i + 1 < reply_count(reply); i += 2) {
		int64_t credited = reply_integer(reply_at(reply, i + 1), 0);
		const json_t *due = json_object_get(
			expected, reply_text(reply_at(reply, i)).data);

		points->credited += credited;
		points->wrong_accounts +=
			due == NULL || json_integer_value(due) != credited;
	}
	json_object_foreach(expected, account, value) points->expected +=
		json_integer_value(value);
	if (points->accounts != (int64_t)json_object_size(expected))
		points->wrong_accounts++;
	return 0;
}

int demo_count_points(struct demo_sandbox *sandbox,
		      struct demo_points *points_r, struct err *err)
{
	json_t *expected = json_object();
	int ret = -1;

	*points_r = (struct demo_points){ 0 };
	if (expected == NULL)
		return err_set(err, ERR_RETRY, "out of memory");
	if (stream_reckon(sandbox, expected, err) == 0)
		ret = balances_compare(sandbox, expected, points_r, err);
	json_decref(expected);
	return ret;
}
