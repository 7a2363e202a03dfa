/* The source of orders in JSON Lines, parsed by jansson. input.c brings the
   bytes; order_job.c asks for the orders. */

#include "config.h"

#include "producers/sources/jsonl.h"

#include "lib/base/err.h"
#include "producers/sources/input.h"
#include "producers/sources/source.h"

#include <jansson.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JSONL_FIELDS_MAX 128

struct jsonl {
	struct source source; /* first */
	struct input input;
	bool started; /* a byte order mark was looked for */
	size_t line_bytes;
	bool complete; /* line_bytes is the length of a whole line */
	bool dropped;  /* too long: its bytes were thrown away */
	uint64_t line;
	json_t *object; /* owns the strings of the pairs */
	struct text pairs[2 * JSONL_FIELDS_MAX];
	char digits[JSONL_FIELDS_MAX][sizeof("-9223372036854775808")];
	char reason[512];
};

static int jsonl_reject(struct jsonl *jsonl, const char *what,
			const char *reason)
{
	(void)snprintf(jsonl->reason, sizeof(jsonl->reason), "%.200s: %s", what,
		       reason);
	return -1;
}

static struct text integer_text(struct jsonl *jsonl, size_t i, json_int_t value)
{
	(void)snprintf(jsonl->digits[i], sizeof(jsonl->digits[i]),
		       "%" JSON_INTEGER_FORMAT, value);
	return text_of(jsonl->digits[i]);
}

/* The text of member number i. Returns 0; or -1 with a reason. */
static int value_text(struct jsonl *jsonl, size_t i, const char *name,
		      const json_t *value, struct text *text_r)
{
	switch (json_typeof(value)) {
	case JSON_STRING:
		*text_r = (struct text){
			.data = json_string_value(value),
			.length = json_string_length(value),
		};
		return 0;
	case JSON_INTEGER:
		*text_r = integer_text(jsonl, i, json_integer_value(value));
		return 0;
	case JSON_TRUE:
		*text_r = text_of("true");
		return 0;
	case JSON_FALSE:
		*text_r = text_of("false");
		return 0;
	case JSON_REAL:
		return jsonl_reject(jsonl, name,
				    "a number with a fraction or an exponent");
	case JSON_OBJECT:
	case JSON_ARRAY:
	case JSON_NULL:
		break;
	}
	return jsonl_reject(jsonl, name, "a nested value");
}

/* Fill in the pairs. Returns their number, or -1 with a reason. */
static int object_pairs(struct jsonl *jsonl)
{
	const char *name;
	json_t *value;
	size_t count = 0;

	json_object_foreach(jsonl->object, name, value)
	{
		if (json_is_null(value))
			continue;
		if (count == JSONL_FIELDS_MAX)
			return jsonl_reject(jsonl, name,
					    "the field after 128 others");
		if (value_text(jsonl, count, name, value,
			       &jsonl->pairs[2 * count + 1]) < 0)
			return -1;
		jsonl->pairs[2 * count] = text_of(name);
		count++;
	}
	return (int)count;
}

static int line_parse(struct jsonl *jsonl)
{
	json_error_t error;

	json_decref(jsonl->object);
	jsonl->object = json_loadb(
		jsonl->input.data + jsonl->input.begin, jsonl->line_bytes,
		JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
	if (jsonl->object == NULL)
		return jsonl_reject(jsonl, "no valid JSON", error.text);
	if (!json_is_object(jsonl->object))
		return jsonl_reject(jsonl, "no order", "not a JSON object");
	return object_pairs(jsonl);
}

static enum source_event jsonl_line_take(struct jsonl *jsonl,
					 struct source_item *item_r)
{
	int count = -1;

	*item_r = (struct source_item){ .line = jsonl->line };
	if (jsonl->dropped)
		(void)jsonl_reject(jsonl, "no order", "line over 256 KiB");
	else
		count = line_parse(jsonl);
	if (count < 0) {
		item_r->reason = jsonl->reason;
		return SOURCE_REJECT;
	}
	item_r->pairs = jsonl->pairs;
	item_r->pair_count = (size_t)count;
	return SOURCE_ORDER;
}

/* Forget the last line, and begin the next one. */
static void line_begin(struct jsonl *jsonl)
{
	struct input *input = &jsonl->input;

	input->begin += jsonl->line_bytes;
	if (input->begin < input->end)
		input->begin++;
	jsonl->line_bytes = 0;
	jsonl->line++;
	jsonl->complete = false;
	jsonl->dropped = false;
}

/* Look for the end of the line in the bytes that were read. */
static bool line_scan(struct jsonl *jsonl)
{
	struct input *input = &jsonl->input;
	const char *begin, *end;

	if (!jsonl->started && !input_skip_bom(input))
		return false;
	jsonl->started = true;
	begin = input->data + input->begin + jsonl->line_bytes;
	end = memchr(begin, '\n', (size_t)(input->data + input->end - begin));
	if (end == NULL) {
		jsonl->line_bytes = input->end - input->begin;
		return false;
	}
	jsonl->line_bytes += (size_t)(end - begin);
	return true;
}

static void line_drop(struct jsonl *jsonl)
{
	jsonl->dropped = true;
	jsonl->input.begin = jsonl->input.end;
	jsonl->line_bytes = 0;
}

static enum input_event line_read(struct jsonl *jsonl, struct err *err)
{
	enum input_event event;

	if (jsonl->complete)
		line_begin(jsonl);
	while (!line_scan(jsonl)) {
		event = input_fill(&jsonl->input, err);
		if (event == INPUT_FULL)
			line_drop(jsonl);
		else if (event == INPUT_END &&
			 (jsonl->line_bytes > 0 || jsonl->dropped))
			break;
		else if (event != INPUT_MORE)
			return event;
	}
	jsonl->complete = true;
	return INPUT_MORE;
}

static bool line_is_blank(const struct jsonl *jsonl)
{
	const char *line = jsonl->input.data + jsonl->input.begin;

	for (size_t i = 0; i < jsonl->line_bytes; i++) {
		if (line[i] != ' ' && line[i] != '\t' && line[i] != '\r')
			return false;
	}
	return !jsonl->dropped;
}

static enum source_event jsonl_next(struct source *source,
				    struct source_item *item_r, struct err *err)
{
	struct jsonl *jsonl = (struct jsonl *)source;
	enum input_event event;

	do {
		event = line_read(jsonl, err);
	} while (event == INPUT_MORE && line_is_blank(jsonl));

	source->done = input_taken(&jsonl->input);
	if (event == INPUT_MORE)
		return jsonl_line_take(jsonl, item_r);
	return input_pass(event, source, err);
}

static void jsonl_close(struct source *source)
{
	struct jsonl *jsonl = (struct jsonl *)source;

	json_decref(jsonl->object);
	input_close(&jsonl->input);
	free(jsonl);
}

int jsonl_open(const char *path, struct source **source_r, struct err *err)
{
	struct jsonl *jsonl = calloc(1, sizeof(*jsonl));

	if (jsonl == NULL)
		return err_set(err, ERR_RETRY, "jsonl: out of memory");
	if (input_open(path, &jsonl->input, err) < 0) {
		free(jsonl);
		return -1;
	}
	jsonl->line = 1;
	jsonl->source.next = jsonl_next;
	jsonl->source.close = jsonl_close;
	input_describe(&jsonl->input, path, &jsonl->source);
	*source_r = &jsonl->source;
	return 0;
}
