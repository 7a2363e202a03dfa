#include "config.h"

#include "tests/fuzz/fuzz.h"

#include "lib/base/err.h"
#include "producers/seckill/seckill_queue.h"
#include "producers/seckill/seckill_line.h"

#include <jansson.h>

#include <stdlib.h>
#include <string.h>

/* A request for a flash sale, as a line, and what is answered to it: a line
   that says the same, whatever came of it. The first bytes say what that is;
   then comes what a server might give for a reason, and the request. */

_Static_assert(sizeof(((struct seckill_queue_entry *)NULL)->reason) > UINT8_MAX,
	       "there is room for any reason that is told here");

static void check_part(const char *part, size_t most)
{
	struct text text = text_of(part);

	FUZZ_CHECK(text.length >= 1 && text.length <= most);
	FUZZ_CHECK(!text_has_control(text) && fuzz_is_utf8(text));
}

static void check_request(const struct seckill_request *request)
{
	check_part(request->voucher, SECKILL_VOUCHER_BYTES_MAX);
	check_part(request->user, SECKILL_USER_BYTES_MAX);
	FUZZ_CHECK(strchr(request->voucher, ':') == NULL);
	if (request->orderno[0] == '\0')
		return;
	check_part(request->orderno, ORDER_NUMBER_BYTES_MAX);
	FUZZ_CHECK(strchr(request->orderno, ':') == NULL);
}

static void check_member(json_t *object, const char *name, const char *text)
{
	const char *value = json_string_value(json_object_get(object, name));

	FUZZ_CHECK(value != NULL && strcmp(value, text) == 0);
}

/* What is written is one line of JSON, in the room that is promised. */
static void check_answer(const struct seckill_queue_entry *entry,
			 bool is_request)
{
	char *line = malloc(SECKILL_LINE_BYTES);
	size_t length;
	json_t *object;

	FUZZ_CHECK(line != NULL);
	length = seckill_line_write(entry, line);
	FUZZ_CHECK(length <= SECKILL_LINE_BYTES);
	FUZZ_CHECK(memchr(line, '\n', length) == line + length - 1);
	object = json_loadb(line, length, JSON_REJECT_DUPLICATES, NULL);
	FUZZ_CHECK(object != NULL || (entry->state == SECKILL_QUEUE_FAILED &&
				      !fuzz_is_utf8(text_of(entry->reason))));
	if (object != NULL && is_request) {
		check_member(object, "voucher", entry->request.voucher);
		check_member(object, "user", entry->request.user);
	}
	if (object != NULL && entry->state == SECKILL_QUEUE_FAILED)
		check_member(object, "error", entry->reason);
	json_decref(object);
	free(line);
}

/* What came of it, by turns. */
static void answer(struct seckill_queue_entry *entry, unsigned int turn)
{
	struct seckill_decision *decision = &entry->decision;

	decision->result = (enum seckill_result)(turn % (SECKILL_TAKEN + 1));
	decision->moment_msecs = (int64_t)turn * 86400000;
	(void)strcpy(decision->id, "1700000000000-1");
	(void)strcpy(decision->orderno, entry->request.orderno);
	entry->state =
		turn % 2 == 0 ? SECKILL_QUEUE_FAILED : SECKILL_QUEUE_DECIDED;
	entry->in_doubt = turn % 3 == 0;
	entry->line = turn;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seckill_queue_entry entry = { 0 };
	unsigned int turn = fuzz_byte(&data, &size);
	size_t reason = fuzz_byte(&data, &size);
	bool is_request;
	struct err err;

	if (reason > size)
		reason = size;
	for (size_t i = 0; i < reason; i++)
		entry.reason[i] = (char)(data[i] == '\0' ? ' ' : data[i]);
	is_request =
		seckill_line_read((const char *)data + reason, size - reason,
				  &entry.request, &err) == 0;
	answer(&entry, turn);
	if (is_request) {
		check_request(&entry.request);
	} else {
		FUZZ_CHECK(err.class == ERR_REJECT && err.text[0] != '\0');
		FUZZ_CHECK(entry.request.user[0] == '\0');
		entry.state = SECKILL_QUEUE_FAILED;
	}
	check_answer(&entry, is_request);
	return 0;
}
