/* The steps of tests/redis/retention, but for trimming: see
   retention_keepers.c, and retention.c, which picks them. */

#include "config.h"

#include "tests/redis/retention_steps.h"

#include "lib/redis/reply.h"
#include "tests/redis/retention_model.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Fewer than the script of the keeper passes over at once. */
#define DELETED_MAX 10

void step_publish_one(void)
{
	struct entry *entry = &model.entries[model.count];
	const struct entry *last = model.count > 0 ? entry - 1 : NULL;
	bool same = last != NULL && model_one_in(4);

	if (model.count == MODEL_ENTRIES_MAX)
		return;
	entry->msecs =
		model.now_msecs - MODEL_SPAN_MSECS / 2 -
		(MODEL_ENTRIES_MAX - model.count) * (int64_t)MODEL_SPAN_MSECS;
	entry->is_long = same && (last->is_long || model_one_in(4));
	if (same)
		entry->msecs = last->msecs;
	/* Ids of one millisecond, which only the second part tells apart. */
	(void)snprintf(entry->id, sizeof(entry->id), "%" PRId64 "-%s%d",
		       entry->msecs, entry->is_long ? "90071992547409" : "",
		       entry->is_long ? 1000 + model.count : model.count);
	entry->is_there = true;
	model_begin("XADD", NULL);
	command_word(&model_command, entry->id);
	command_word(&model_command, "orderno");
	command_word(&model_command, "A");
	(void)model_run();
	for (int g = 0; g < model.group_count; g++)
		model.groups[g].places[model.count] = UNREAD;
	model.count++;
	model_sum.published++;
}

void step_publish(void)
{
	for (unsigned int n = 1 + model_pick(4); n > 0; n--)
		step_publish_one();
}

/* Everything is there that the group has not been given, and in turn. */
void step_take_some(struct stream_group *group, int consumer, int count)
{
	const struct reply *entries;
	size_t got = 0;

	command_begin(&model_command, "XREADGROUP");
	command_word(&model_command, "GROUP");
	command_word(&model_command, group->name);
	command_word(&model_command, model_consumers[consumer]);
	command_word(&model_command, "COUNT");
	command_number(&model_command, count);
	command_word(&model_command, "STREAMS");
	command_word(&model_command, "ordermq");
	command_word(&model_command, ">");
	entries = reply_at(reply_at(model_run(), 0), 1);
	for (int e = group->next; e < model.count && count > 0; e++) {
		if (!model.entries[e].is_there)
			continue;
		if (!text_is(reply_text(reply_at(reply_at(entries, got), 0)),
			     model.entries[e].id))
			wrong("%s is not given %s", group->name,
			      model.entries[e].id);
		group->places[e] = PENDING;
		group->consumers[e] = consumer;
		group->next = e + 1;
		got++;
		count--;
	}
	if (got != reply_count(entries))
		wrong("%s is given too much", group->name);
	model_sum.delivered += (int64_t)got;
}

void step_take(void)
{
	int consumer;
	struct stream_group *group = model_some_work(&consumer);

	if (group != NULL)
		step_take_some(group, consumer, 1 + (int)model_pick(8));
}

static void book_count(const struct stream_group *group, int64_t count)
{
	char key[64];

	(void)snprintf(key, sizeof(key), "{ordermq}:%s:books", group->name);
	command_begin(&model_command, "HINCRBY");
	command_word(&model_command, key);
	command_word(&model_command, "applied");
	command_number(&model_command, count);
	(void)model_run();
}

/* Acknowledge one of so many of what the living hold. */
void step_settle_some(struct stream_group *group, unsigned int one_of)
{
	int64_t count = 0;

	model_begin("XACK", group);
	for (int e = 0; e < model.count; e++) {
		if (!model.entries[e].is_there || group->places[e] != PENDING ||
		    group->is_dead[group->consumers[e]] ||
		    !model_one_in(one_of))
			continue;
		command_word(&model_command, model.entries[e].id);
		group->places[e] = SETTLED;
		count++;
	}
	if (count > 0 && reply_integer(model_run(), 0) != count)
		wrong("of %s something is not pending any more", group->name);
	if (count > 0)
		book_count(group, count);
	model_sum.settled += count;
}

void step_settle(void)
{
	int consumer;
	struct stream_group *group = model_some_work(&consumer);

	if (group != NULL)
		step_settle_some(group, 1 + model_pick(3));
}

/* Whatever is pending, whoever has it. */
void step_claim_any(void)
{
	int consumer;
	struct stream_group *group = model_some_work(&consumer);
	const struct reply *ids;

	if (group == NULL)
		return;
	model_begin("XAUTOCLAIM", group);
	command_word(&model_command, model_consumers[consumer]);
	command_word(&model_command, "0");
	command_word(&model_command, model_id_behind((int)model_pick(
					     (unsigned int)model.count)));
	command_word(&model_command, "COUNT");
	command_number(&model_command, 1 + (int)model_pick(8));
	command_word(&model_command, "JUSTID");
	ids = reply_at(model_run(), 1);
	for (size_t i = 0; i < reply_count(ids); i++) {
		int e = model_entry_of(reply_text(reply_at(ids, i)));

		if (group->places[e] != PENDING)
			wrong("%s was pending", model.entries[e].id);
		group->consumers[e] = consumer;
	}
	model_sum.claimed += (int64_t)reply_count(ids);
}

static void consumer_delete(struct stream_group *group, int consumer)
{
	command_begin(&model_command, "XGROUP");
	command_word(&model_command, "DELCONSUMER");
	command_word(&model_command, "ordermq");
	command_word(&model_command, group->name);
	command_word(&model_command, model_consumers[consumer]);
	(void)model_run();
	group->is_dead[consumer] = false;
}

/* All that a dead one holds goes to a living one; then there is no such
   consumer any more, until somebody comes under its name. */
void step_claim_of_the_dead(void)
{
	int consumer, dead;
	struct stream_group *group = model_some_work(&consumer);
	size_t count = 0;

	dead = group == NULL ? -1 : model_some_consumer(group, true);
	if (dead < 0)
		return;
	model_begin("XCLAIM", group);
	command_word(&model_command, model_consumers[consumer]);
	command_word(&model_command, "0");
	for (int e = 0; e < model.count; e++) {
		if (!model.entries[e].is_there || group->places[e] != PENDING ||
		    group->consumers[e] != dead)
			continue;
		command_word(&model_command, model.entries[e].id);
		group->consumers[e] = consumer;
		count++;
	}
	if (count > 0 && reply_count(model_run()) != count)
		wrong("%s cannot be claimed", model_consumers[dead]);
	model_sum.claimed += (int64_t)count;
	consumer_delete(group, dead);
}

/* What it holds stays with it. */
void step_crash(void)
{
	int consumer;
	struct stream_group *group = model_some_work(&consumer);

	if (group == NULL)
		return;
	group->is_dead[consumer] = true;
	model_sum.crashed++;
}

/* It finds all that it had. */
void step_come_back_as(struct stream_group *group, int consumer)
{
	const struct reply *entries;
	size_t at = 0;

	command_begin(&model_command, "XREADGROUP");
	command_word(&model_command, "GROUP");
	command_word(&model_command, group->name);
	command_word(&model_command, model_consumers[consumer]);
	command_word(&model_command, "STREAMS");
	command_word(&model_command, "ordermq");
	command_word(&model_command, "0");
	entries = reply_at(reply_at(model_run(), 0), 1);
	for (int e = 0; e < model.count; e++) {
		if (!model.entries[e].is_there || group->places[e] != PENDING ||
		    group->consumers[e] != consumer)
			continue;
		/* Of what was deleted there is the id alone. */
		while (at < reply_count(entries) &&
		       reply_count(reply_at(reply_at(entries, at), 1)) == 0)
			at++;
		if (!text_is(reply_text(reply_at(reply_at(entries, at), 0)),
			     model.entries[e].id))
			wrong("%s has lost %s", model_consumers[consumer],
			      model.entries[e].id);
		at++;
	}
	group->is_dead[consumer] = false;
}

void step_come_back(void)
{
	struct stream_group *group = model_some_group(true);
	int consumer = group == NULL ? -1 : model_some_consumer(group, true);

	if (consumer >= 0)
		step_come_back_as(group, consumer);
}

/* Another program does that. */
void step_delete_one(void)
{
	struct entry *entry =
		&model.entries[model_pick((unsigned int)model.count)];

	if (model.is_plain || model.deleted == DELETED_MAX || !entry->is_there)
		return;
	model_begin("XDEL", NULL);
	command_word(&model_command, entry->id);
	if (reply_integer(model_run(), 0) != 1)
		wrong("%s was not there", entry->id);
	entry->is_there = false;
	model.deleted++;
	model_sum.deleted++;
}

/* Where a group stands: before it all is settled that is not pending. */
static void place_group(struct stream_group *group, int next)
{
	for (int e = 0; e < MODEL_ENTRIES_MAX; e++) {
		if (group->places[e] != PENDING)
			group->places[e] = e < next ? SETTLED : UNREAD;
	}
	group->next = next;
}

/* Somebody has it skip some, or read some again. */
void step_set_group(void)
{
	struct stream_group *group = model_some_group(true);

	if (model.is_plain || group == NULL)
		return;
	place_group(group, (int)model_pick((unsigned int)model.count + 1));
	command_begin(&model_command, "XGROUP");
	command_word(&model_command, "SETID");
	command_word(&model_command, "ordermq");
	command_word(&model_command, group->name);
	command_word(&model_command, model_id_behind(group->next));
	(void)model_run();
	model_sum.set++;
}

void step_make_group(struct stream_group *group)
{
	memset(group->places, 0, sizeof(group->places));
	memset(group->is_dead, 0, sizeof(group->is_dead));
	place_group(group, group->start);
	group->is_there = true;
	command_begin(&model_command, "XGROUP");
	command_word(&model_command, "CREATE");
	command_word(&model_command, "ordermq");
	command_word(&model_command, group->name);
	command_word(&model_command, model_id_behind(group->next));
	(void)model_run();
}

/* A late one begins where its configuration says, or anywhere. */
void step_make(void)
{
	struct stream_group *group = model_some_group(false);

	if (group == NULL)
		return;
	if (group->declared == 0)
		group->start = (int)model_pick((unsigned int)model.count + 1);
	step_make_group(group);
}

/* As if nobody had kept any. */
static void books_delete(const struct stream_group *group)
{
	static const char *const names[] = { "books", "start" };
	char key[64];

	for (int i = 0; i < 2; i++) {
		(void)snprintf(key, sizeof(key), "{ordermq}:%s:%s", group->name,
			       names[i]);
		command_begin(&model_command, "DEL");
		command_word(&model_command, key);
		(void)model_run();
	}
}

/* Only where it is known what that means: who declares it wants all again. */
void step_destroy(void)
{
	struct stream_group *group = model_some_group(true);

	if (group == NULL || !model_one_in(3) ||
	    (group->declared != 0 && group->start != 0))
		return;
	command_begin(&model_command, "XGROUP");
	command_word(&model_command, "DESTROY");
	command_word(&model_command, "ordermq");
	command_word(&model_command, group->name);
	(void)model_run();
	books_delete(group);
	group->is_there = false;
}

/* An ordermqd ends, with its keeper and its instances, or is back. */
void step_host(void)
{
	if (model.stopped != 0)
		model.stopped = 0;
	else if (model_one_in(3))
		model.stopped = 1 + model_pick(2);
}
