#include "config.h"

#include "tests/fuzz/fuzz.h"

#include "consumers/template.h"
#include "lib/base/arena.h"
#include "lib/consumer/delivery.h"
#include "lib/base/err.h"
#include "lib/consumer/in_flight.h"
#include "lib/stream/order.h"
#include "lib/redis/reply.h"
#include "lib/redis/resp.h"
#include "lib/settings/settings.h"
#include "lib/settings/settings_check.h"

#include <string.h>

/* What Redis sends, on its way from the socket to a handler: replies, batches,
   orders, event keys, notifications. Each input is read once as it is and once
   in small pieces, and both must come to the same. One that begins with "=" is
   an entry in short, a line NAME=VALUE a field: the lengths that the protocol
   has everywhere are hard to guess. */

#define PIECE_BYTES_MAX 7
#define WAITING_SIZE 4
#define KEEP_BYTES ((size_t)256 * 1024)

/* What a reply of few bytes may take, whatever it announces. */
#define ARENA_BYTES_MAX ((size_t)128 * 1024 * 1024)

/* A reader, and what it has come across. */
struct walk {
	struct resp *resp;
	struct in_flight in_flight;
	const struct settings_fields *fields;
	bool replays; /* dead letters that came back */
	uint64_t print;
};

static void check_part(struct text text, size_t most)
{
	FUZZ_CHECK(text.length <= most);
	FUZZ_CHECK(!text_has_control(text));
	FUZZ_CHECK(text.length == 0 ||
		   memchr(text.data, ':', text.length) == NULL);
}

static void check_key(struct walk *walk, const struct order *order)
{
	char buf[ORDER_KEY_BYTES];
	struct text key;

	if (!order_is_event(order))
		return;
	key = order_key(order, buf);
	FUZZ_CHECK(key.data == buf && key.length < sizeof(buf));
	FUZZ_CHECK(strlen(buf) == key.length);
	FUZZ_CHECK(memcmp(buf, order->orderno.data, order->orderno.length) ==
		   0);
	FUZZ_CHECK(buf[order->orderno.length] == ':');
	walk->print = fuzz_mix_text(walk->print, key);
}

static void render(struct walk *walk, const char *template,
		   const struct order *order)
{
	struct template_buf buf = { 0 };
	struct text text;

	FUZZ_CHECK(template_render(template, order, &buf) == 0);
	text = (struct text){ buf.data, buf.used };
	FUZZ_CHECK(buf.used <= buf.size);
	FUZZ_CHECK(fuzz_is_utf8(text));
	FUZZ_CHECK(!text_has_control(text));
	walk->print = fuzz_mix_text(walk->print, text);
	free(buf.data);
}

/* Also a template that the order brings along: nothing of what stands in one
   may do harm, not even what the configuration refuses. */
static void check_templates(struct walk *walk, const struct order *order)
{
	struct text own = order_field(order, text_of("template"));
	struct err err;

	render(walk,
	       "{orderno} {userid} {type} {eventno} {amount} {{{product}}}",
	       order);
	walk->print += settings_check_template(own.data, &err) == 0;
	render(walk, own.data, order);
}

static void check_order(struct walk *walk, const struct order *order)
{
	FUZZ_CHECK(order->orderno.length >= 1);
	check_part(order->orderno, ORDER_NUMBER_BYTES_MAX);
	check_part(order->eventno, ORDER_EVENTNO_BYTES_MAX);
	FUZZ_CHECK(!text_has_control(order->userid));
	FUZZ_CHECK(order->amount >= 0);
	FUZZ_CHECK(order->fields.count >= 2 &&
		   order->fields.count <= 2 * ORDER_FIELDS_MAX);
	walk->print =
		fuzz_mix(walk->print, &order->amount, sizeof(order->amount));
	check_key(walk, order);
	check_templates(walk, order);
}

/* What a handler may do with an entry, by turns: its effect, its
   acknowledgement, its rejection, another try, or a wait. */
static void handle(struct walk *walk, struct delivery *delivery)
{
	static const enum delivery_state fates[] = {
		DELIVERY_EFFECT, DELIVERY_DONE,    DELIVERY_REJECT,
		DELIVERY_RETRY,  DELIVERY_WAITING,
	};

	FUZZ_CHECK(delivery->state == DELIVERY_WITH_HANDLER);
	FUZZ_CHECK(delivery->attempts >= 0 && delivery->attempts < INT64_MAX);
	check_order(walk, &delivery->order);
	delivery->state =
		fates[delivery->id_seq % (sizeof(fates) / sizeof(fates[0]))];
	in_flight_finish(&walk->in_flight, delivery);
}

static void settle(struct walk *walk, struct delivery_queue *queue)
{
	struct delivery *delivery;

	while ((delivery = delivery_queue_take(queue)) != NULL) {
		FUZZ_CHECK(delivery->state != DELIVERY_REJECT ||
			   delivery->outcome != OUTCOME_REJECTED ||
			   delivery->reason != NULL);
		in_flight_settle(&walk->in_flight, delivery);
	}
}

static void retry(struct walk *walk)
{
	struct delivery *delivery;

	while ((delivery = delivery_queue_take(&walk->in_flight.retry)) != NULL)
		in_flight_wait(&walk->in_flight, delivery);
}

static void check_ids(const struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++) {
		const struct delivery *delivery = &batch->deliveries[i];
		int64_t msecs;
		uint64_t seq;

		FUZZ_CHECK(delivery_parse_id(delivery->id, &msecs, &seq) == 0);
		FUZZ_CHECK(msecs == delivery->id_msecs && msecs >= 0);
		FUZZ_CHECK(seq == delivery->id_seq);
	}
}

/* Everything that is in hand at the end must be settled. */
static void take_batch(struct walk *walk, struct batch *batch, bool may_repeat)
{
	struct in_flight *in_flight = &walk->in_flight;
	struct delivery **list = calloc(batch->count + 1, sizeof(*list));
	size_t count;

	FUZZ_CHECK(list != NULL);
	check_ids(batch);
	walk->print += batch->count;
	count = in_flight_accept(in_flight, batch, may_repeat, list);
	for (size_t i = 0; i < count; i++)
		handle(walk, list[i]);
	free(list);
	settle(walk, &in_flight->effect);
	settle(walk, &in_flight->done);
	settle(walk, &in_flight->reject);
	retry(walk);
	FUZZ_CHECK(in_flight->open_count == 0 && in_flight->handler_count == 0);
	FUZZ_CHECK(!in_flight_has_decided(in_flight) && !batch->in_use);
	FUZZ_CHECK(in_flight->waiting.count <= in_flight->waiting.size);
}

/* Every element must be there to be read. */
static uint64_t print_reply(uint64_t print, const struct reply *reply)
{
	int64_t integer = reply_integer(reply, -1);

	print = fuzz_mix(print, &reply->type, sizeof(reply->type));
	print = fuzz_mix(print, &integer, sizeof(integer));
	print = fuzz_mix_text(print, reply_text(reply));
	print = fuzz_mix_text(print, reply_error_word(reply));
	for (size_t i = 0; i < reply_count(reply); i++)
		print = print_reply(print, reply_at(reply, i));
	return print;
}

/* Entries as XREADGROUP has them, [[stream, entries]], or as our scripts do,
   [status, entries]. */
static void take_reply(struct walk *walk, struct batch *batch,
		       const struct reply *reply)
{
	const struct reply *nested = reply_at(reply_at(reply, 0), 1);
	bool is_read = reply_count(nested) > 0;
	const struct reply *entries = is_read ? nested : reply_at(reply, 1);

	walk->print = print_reply(walk->print, reply);
	(void)reply_field(reply, "name");
	if (batch_fill(batch, entries, walk->fields, walk->replays) == 0)
		take_batch(walk, batch, !is_read);
	else
		FUZZ_CHECK(batch->count == 0 && batch->open_count == 0);
	arena_reset(batch->arena);
}

/* Returns -1 when what was fed is no protocol of Redis. */
static int take_replies(struct walk *walk)
{
	struct batch *batch = in_flight_free_batch(&walk->in_flight);
	const struct reply *reply;
	int whole;

	FUZZ_CHECK(batch != NULL);
	while ((whole = resp_next(walk->resp, batch->arena, &reply)) > 0)
		take_reply(walk, batch, reply);
	FUZZ_CHECK(arena_used(batch->arena) <= ARENA_BYTES_MAX);
	FUZZ_CHECK(whole == 0 || resp_error(walk->resp)[0] != '\0');
	return whole;
}

static uint64_t walk_input(const struct settings_fields *fields, bool replays,
			   const uint8_t *data, size_t size, size_t most)
{
	struct walk walk = { .resp = resp_open(),
			     .fields = fields,
			     .replays = replays };
	int whole = 0;

	FUZZ_CHECK(walk.resp != NULL);
	FUZZ_CHECK(in_flight_open(&walk.in_flight, KEEP_BYTES, WAITING_SIZE) ==
		   0);
	while (size > 0 && whole == 0) {
		size_t piece = size < most ? size : most;

		FUZZ_CHECK(resp_feed(walk.resp, (const char *)data, piece) ==
			   0);
		data += piece;
		size -= piece;
		whole = take_replies(&walk);
	}
	in_flight_close(&walk.in_flight);
	resp_close(&walk.resp);
	return walk.print;
}

/* As in another program's stream: the amount is a product of decimals. */
static void foreign_fields(struct settings_fields *fields)
{
	(void)strcpy(fields->orderno, "order_id");
	(void)strcpy(fields->amount[0], "price");
	(void)strcpy(fields->amount[1], "quantity");
	fields->amount_factor_count = 2;
	fields->amount_scale = 100;
}

static void put_text(FILE *out, const char *data, size_t length)
{
	(void)fprintf(out, "$%zu\r\n", length);
	(void)fwrite(data, 1, length, out);
	(void)fputs("\r\n", out);
}

/* A line without "=" is a name with an empty value. */
static void put_field(FILE *out, const char *line, size_t length)
{
	const char *equals = memchr(line, '=', length);
	size_t name = equals == NULL ? length : (size_t)(equals - line);
	size_t value = equals == NULL ? length : name + 1;

	put_text(out, line, name);
	put_text(out, line + value, length - value);
}

static size_t line_length(const char *data, size_t size)
{
	const char *end = memchr(data, '\n', size);

	return end == NULL ? size : (size_t)(end - data);
}

static size_t count_lines(const char *data, size_t size)
{
	size_t count = 1;

	for (size_t i = 0; i < size; i++)
		count += data[i] == '\n';
	return count;
}

/* What XREADGROUP answers with that entry, for the caller to free. */
static char *spell_out(const char *data, size_t size, size_t *size_r)
{
	size_t count = count_lines(data, size);
	char *reply = NULL;
	FILE *out = open_memstream(&reply, size_r);

	FUZZ_CHECK(out != NULL);
	(void)fprintf(out, "*1\r\n*2\r\n$1\r\ns\r\n*1\r\n*2\r\n");
	(void)fprintf(out, "$3\r\n5-%zu\r\n*%zu\r\n", size % 10, 2 * count);
	for (size_t i = 0; i < count; i++) {
		size_t length = line_length(data, size);

		put_field(out, data, length);
		data += length + (length < size);
		size -= length + (length < size);
	}
	FUZZ_CHECK(fclose(out) == 0);
	return reply;
}

static void try_reply(const uint8_t *data, size_t size)
{
	static struct settings own, foreign;
	size_t piece = 1 + size % PIECE_BYTES_MAX;

	if (own.fields.orderno[0] == '\0') {
		settings_defaults(&own);
		settings_defaults(&foreign);
		foreign_fields(&foreign.fields);
	}
	FUZZ_CHECK(walk_input(&own.fields, false, data, size, size) ==
		   walk_input(&own.fields, false, data, size, piece));
	(void)walk_input(&own.fields, true, data, size, size);
	(void)walk_input(&foreign.fields, false, data, size, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t bytes;
	char *reply;

	if (size == 0 || data[0] != '=') {
		try_reply(data, size);
		return 0;
	}
	reply = spell_out((const char *)data + 1, size - 1, &bytes);
	try_reply((const uint8_t *)reply, bytes);
	free(reply);
	return 0;
}
