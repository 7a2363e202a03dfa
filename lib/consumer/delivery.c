/* An entry of a reply becomes a delivery. Before this comes the reply of
   lib/redis/, after it in_flight.c. */

#include "config.h"

#include "lib/consumer/delivery.h"

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/num.h"
#include "lib/redis/reply.h"

#include <string.h>

static const char *const outcome_books[OUTCOME_COUNT] = {
	[OUTCOME_APPLIED] = "applied", [OUTCOME_DUPLICATE] = "duplicate",
	[OUTCOME_GUEST] = "guest",     [OUTCOME_OTHER] = "other",
	[OUTCOME_IGNORED] = "ignored", [OUTCOME_EXPIRED] = "expired",
	[OUTCOME_LOST] = "lost",       [OUTCOME_REJECTED] = "rejected",
	[OUTCOME_DEAD] = "dead",
};

const char *outcome_book(enum outcome outcome)
{
	return outcome_books[outcome];
}

int delivery_parse_id(struct text id, int64_t *msecs_r, uint64_t *seq_r)
{
	uint64_t msecs, seq;
	size_t head = num_read(id.data, id.length, &msecs);
	size_t rest = id.length - head;

	/* Sequence numbers use all 64 bits. */
	if (head == 0 || rest < 2 || id.data[head] != '-' ||
	    msecs > INT64_MAX ||
	    num_read(id.data + head + 1, rest - 1, &seq) != rest - 1)
		return -1;
	*msecs_r = (int64_t)msecs;
	*seq_r = seq;
	return 0;
}

static int delivery_reject_reason(struct delivery *delivery, const char *reason)
{
	size_t bytes = strlen(reason) + 1;
	char *copy = arena_take(delivery->batch->arena, bytes);

	if (copy == NULL)
		return -1;
	memcpy(copy, reason, bytes);
	delivery->state = DELIVERY_REJECT;
	delivery->outcome = OUTCOME_REJECTED;
	delivery->class = "reject";
	delivery->reason = copy;
	return 0;
}

/* What came back has its dead letter around it: what we said about it, and
   behind "fields N" its own fields. Those of an entry that has too many for any
   order may be packed: see lib/scripts/dead_letter.lua. Their count is taken as
   it is noted then. */
static int letter_open(struct delivery *delivery, struct text_run *fields)
{
	int64_t noted;

	for (size_t i = 0; i + 1 < fields->count; i += 2) {
		struct text name = text_run_at(fields, i);
		struct text value = text_run_at(fields, i + 1);

		if (text_is(name, "id"))
			delivery->origin = value;
		if (!text_is(name, "fields"))
			continue;
		text_run_skip(fields, i + 2);
		if (fields->count == 2 &&
		    text_is(text_run_at(fields, 0), "packed") &&
		    num_parse(value.data, value.length, &noted) == 0 &&
		    noted > ORDER_FIELDS_MAX)
			fields->count = 2 * (size_t)noted;
		return 0;
	}
	return -1;
}

/* A number of an answer is counted up, or added to a time: it is cut to what
   leaves room for that. Whatever has waited for that long asks again. */
static int64_t number_cut(int64_t number, int64_t least)
{
	return number < least ? least : number > INT32_MAX ? INT32_MAX : number;
}

/* Note how large an entry is. */
static void size_note(struct batch *batch, const struct text_run *fields)
{
	size_t bytes = 0;

	for (size_t i = 0; i < fields->count; i++)
		bytes += text_run_at(fields, i).length;
	if (bytes > batch->largest_bytes)
		batch->largest_bytes = bytes;
}

static int delivery_read_order(struct delivery *delivery,
			       const struct reply *entry_fields,
			       struct order_names *names)
{
	struct text_run fields;
	struct err err;

	if (entry_fields->type == REPLY_NIL) {
		delivery->state = DELIVERY_DONE;
		delivery->outcome = OUTCOME_LOST;
		return 0;
	}
	if (entry_fields->type == REPLY_INTEGER) {
		delivery->state = DELIVERY_WAITING;
		delivery->wait_msecs = number_cut(entry_fields->integer, -1);
		return 0;
	}
	if (reply_strings(entry_fields, &fields) < 0 || fields.count % 2 != 0)
		return -1;
	if (fields.count == 0) {
		delivery->contentless = true;
		return delivery_reject_reason(delivery,
					      "larger than redis.max_reply");
	}
	size_note(delivery->batch, &fields);
	if (delivery->replays && letter_open(delivery, &fields) < 0)
		return delivery_reject_reason(delivery, "no dead letter");
	if (order_read(names, &fields, &delivery->order, &err) < 0)
		return delivery_reject_reason(delivery, err.text);
	if (delivery->order.type == ORDER_IGNORED) {
		delivery->state = DELIVERY_DONE;
		delivery->outcome = OUTCOME_IGNORED;
	}
	return 0;
}

static int delivery_fill(struct delivery *delivery, const struct reply *entry,
			 struct order_names *names)
{
	const struct text id = reply_text(reply_at(entry, 0));

	delivery->id = id;
	delivery->origin = id;
	delivery->count = 1;
	if (reply_count(entry) > 2) {
		delivery->count = (unsigned int)number_cut(
			reply_integer(reply_at(entry, 2), 1), 0);
		delivery->attempts =
			number_cut(reply_integer(reply_at(entry, 3), 0), 0);
	}
	delivery->state = DELIVERY_WITH_HANDLER;
	if (delivery_parse_id(id, &delivery->id_msecs, &delivery->id_seq) < 0)
		return -1;
	return delivery_read_order(delivery, reply_at(entry, 1), names);
}

int batch_fill(struct batch *batch, const struct reply *entries,
	       const struct settings_fields *fields, bool replays)
{
	size_t count = reply_count(entries);
	struct delivery *deliveries;
	struct order_names names;

	order_names_set(&names, fields);
	batch->count = 0;
	batch->open_count = 0;
	batch->largest_bytes = 0;
	if (count > BATCH_ENTRIES_MAX)
		return -1;
	deliveries =
		arena_take(batch->arena, (count + 1) * sizeof(*deliveries));
	if (deliveries == NULL)
		return -1;
	memset(deliveries, 0, count * sizeof(*deliveries));
	for (size_t i = 0; i < count; i++) {
		deliveries[i].batch = batch;
		deliveries[i].replays = replays;
		if (delivery_fill(&deliveries[i], reply_at(entries, i),
				  &names) < 0)
			return -1;
	}
	batch->deliveries = deliveries;
	batch->count = count;
	batch->open_count = count;
	return 0;
}
