#include "config.h"

#include "lib/delivery.h"

#include "lib/arena.h"
#include "lib/err.h"
#include "lib/num.h"
#include "lib/reply.h"

#include <string.h>

static const char *const outcome_books[OUTCOME_COUNT] = {
	[OUTCOME_APPLIED] = "applied",   [OUTCOME_DUPLICATE] = "duplicate",
	[OUTCOME_GUEST] = "guest",       [OUTCOME_OTHER] = "other",
	[OUTCOME_EXPIRED] = "expired",   [OUTCOME_LOST] = "lost",
	[OUTCOME_REJECTED] = "rejected", [OUTCOME_DEAD] = "dead",
};

const char *outcome_book(enum outcome outcome)
{
	return outcome_books[outcome];
}

void delivery_put(struct delivery_queue *queue, struct delivery *delivery)
{
	delivery->next = NULL;
	if (queue->last == NULL)
		queue->first = delivery;
	else
		queue->last->next = delivery;
	queue->last = delivery;
	queue->count++;
}

struct delivery *delivery_get(struct delivery_queue *queue)
{
	struct delivery *delivery = queue->first;

	if (delivery == NULL)
		return NULL;
	queue->first = delivery->next;
	if (queue->first == NULL)
		queue->last = NULL;
	queue->count--;
	delivery->next = NULL;
	return delivery;
}

void delivery_put_back(struct delivery_queue *queue,
		       struct delivery_queue *before)
{
	if (queue->first == NULL)
		return;
	queue->last->next = before->first;
	if (before->first == NULL)
		before->last = queue->last;
	before->first = queue->first;
	before->count += queue->count;
	*queue = (struct delivery_queue){ 0 };
}

int delivery_parse_id(struct text id, int64_t *msecs_r, uint64_t *seq_r)
{
	const char *dash = memchr(id.data, '-', id.length);
	size_t head = dash == NULL ? 0 : (size_t)(dash - id.data);
	int64_t msecs;
	uint64_t seq = 0;

	if (dash == NULL || head + 1 == id.length ||
	    num_parse(id.data, head, &msecs) < 0)
		return -1;
	/* Sequence numbers use all 64 bits. */
	for (size_t i = head + 1; i < id.length; i++) {
		if (id.data[i] < '0' || id.data[i] > '9' ||
		    __builtin_mul_overflow(seq, 10, &seq) ||
		    __builtin_add_overflow(seq, (uint64_t)(id.data[i] - '0'),
					   &seq))
			return -1;
	}
	*msecs_r = msecs;
	*seq_r = seq;
	return 0;
}

/* The fields of an entry as texts side by side. */
static const struct text *pairs_copy(struct arena *arena,
				     const struct reply *fields)
{
	size_t count = reply_count(fields);
	struct text *pairs = arena_take(arena, (count + 1) * sizeof(*pairs));

	for (size_t i = 0; pairs != NULL && i < count; i++)
		pairs[i] = reply_text(reply_at(fields, i));
	return pairs;
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
   order may be packed: see lib/scripts/letter.lua. Their count is taken as it
   is noted then. */
static int letter_open(struct delivery *delivery, const struct text **pairs,
		       size_t *count)
{
	int64_t noted;

	for (size_t i = 0; i < *count; i++) {
		const struct text *pair = *pairs + 2 * i;

		if (text_is(pair[0], "id"))
			delivery->origin = pair[1];
		if (!text_is(pair[0], "fields"))
			continue;
		*pairs = pair + 2;
		*count -= i + 1;
		if (*count == 1 && text_is(pair[2], "packed") &&
		    num_parse(pair[1].data, pair[1].length, &noted) == 0 &&
		    noted > ORDER_FIELDS_MAX)
			*count = (size_t)noted;
		return 0;
	}
	return -1;
}

/* A number of an answer is counted up, or added to a time: it is cut to what
   leaves room for that. Who has waited so long asks again. */
static int64_t number_cut(int64_t number, int64_t least)
{
	return number < least ? least : number > INT32_MAX ? INT32_MAX : number;
}

static int delivery_read_order(struct delivery *delivery,
			       const struct reply *entry_fields,
			       struct order_names *names)
{
	size_t words = reply_count(entry_fields);
	const struct text *pairs;
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
	if (entry_fields->type != REPLY_ARRAY || words % 2 != 0)
		return -1;
	if (words == 0) {
		delivery->contentless = true;
		return delivery_reject_reason(delivery,
					      "larger than redis.max_reply");
	}
	pairs = pairs_copy(delivery->batch->arena, entry_fields);
	if (pairs == NULL)
		return -1;
	words /= 2;
	if (delivery->replays && letter_open(delivery, &pairs, &words) < 0)
		return delivery_reject_reason(delivery, "no dead letter");
	if (order_read(names, pairs, words, &delivery->order, &err) < 0)
		return delivery_reject_reason(delivery, err.text);
	return 0;
}

static int delivery_fill(struct delivery *delivery, const struct reply *entry,
			 struct order_names *names)
{
	delivery->id = reply_text(reply_at(entry, 0));
	delivery->origin = delivery->id;
	delivery->count = (unsigned int)number_cut(
		reply_integer(reply_at(entry, 2), 1), 0);
	delivery->attempts =
		number_cut(reply_integer(reply_at(entry, 3), 0), 0);
	delivery->state = DELIVERY_IN_HAND;
	if (delivery_parse_id(delivery->id, &delivery->id_msecs,
			      &delivery->id_seq) < 0)
		return -1;
	return delivery_read_order(delivery, reply_at(entry, 1), names);
}

int batch_fill(struct batch *batch, const struct reply *entries,
	       const struct settings_fields *fields, bool replays)
{
	size_t count = reply_count(entries);
	struct delivery *deliveries =
		arena_take(batch->arena, (count + 1) * sizeof(*deliveries));
	struct order_names names;

	order_names_set(&names, fields);
	batch->count = 0;
	batch->open_count = 0;
	if (deliveries == NULL)
		return -1;
	for (size_t i = 0; i < count; i++) {
		deliveries[i] = (struct delivery){
			.batch = batch,
			.replays = replays,
		};
		if (delivery_fill(&deliveries[i], reply_at(entries, i),
				  &names) < 0)
			return -1;
	}
	batch->deliveries = deliveries;
	batch->count = count;
	batch->open_count = count;
	return 0;
}
