/* Reads one dead letter, and makes its record. view_range.c brings the
   letters; the verbs of dead and order_trail_letters.c use them. */

#include "config.h"

#include "supervisor/ctl/redis/dead_letter.h"

#include "lib/settings/settings.h"
#include "supervisor/ctl/redis/packed.h"
#include "supervisor/common/json_line.h"
#include "supervisor/ctl/redis/view.h"

enum note_type {
	NOTE_TEXT,
	NOTE_COUNT,
	NOTE_TIME, /* milliseconds since 1970 */
	NOTE_NONE, /* said otherwise */
};

static const struct note {
	const char *name;
	const char *key; /* of the record */
	enum note_type type;
} notes[] = {
	{ "group", "group", NOTE_TEXT },
	{ "id", "entry", NOTE_TEXT },
	{ "reason", "reason", NOTE_TEXT },
	{ "class", "class", NOTE_TEXT },
	{ "consumer", "consumer", NOTE_TEXT },
	{ "deliveries", "deliveries", NOTE_COUNT },
	{ "attempts", "attempts", NOTE_COUNT },
	{ "crashes", "crashes", NOTE_COUNT },
	{ "first", "first", NOTE_TIME },
	{ "last", "last", NOTE_TIME },
	{ "time", "time", NOTE_TIME },
	{ "fields", NULL, NOTE_NONE },
};

#define NOTES (sizeof(notes) / sizeof(notes[0]))

static struct reply part_of(const struct reply *all, size_t first, size_t count)
{
	struct reply part = { .type = REPLY_ARRAY };

	part.array.elements = all->array.elements + first;
	part.array.count = count;
	return part;
}

/* The letter has fewer fields than the entry had: they are packed, or were left
   out. */
static void fields_complete(struct dead_letter *letter, struct arena *arena)
{
	int64_t fields =
		reply_integer(reply_field(&letter->notes, "fields"), 0);
	size_t count = reply_count(&letter->fields);

	letter->cut = fields > 0 && count == 0;
	if (count == 0)
		letter->fields.type = REPLY_NIL;
	if (count == 2 && fields > 1 &&
	    text_is(reply_text(reply_at(&letter->fields, 0)), "packed"))
		(void)packed_read(reply_text(reply_at(&letter->fields, 1)),
				  arena, &letter->fields);
}

/* The notes end with "fields"; the names behind it are the entry's. */
void dead_letter_read(const struct reply *entry, struct arena *arena,
		      struct dead_letter *letter_r)
{
	const struct reply *all = reply_at(entry, 1);
	size_t count = reply_count(all), noted = 0;

	while (noted + 1 < count &&
	       !text_is(reply_text(reply_at(all, noted)), "fields"))
		noted += 2;
	noted = noted + 2 <= count ? noted + 2 : count;
	*letter_r =
		(struct dead_letter){ .id = reply_text(reply_at(entry, 0)) };
	if (count == 0)
		return;
	letter_r->notes = part_of(all, 0, noted);
	letter_r->fields = part_of(all, noted, count - noted);
	fields_complete(letter_r, arena);
}

const char *dead_letter_lacks(const struct dead_letter *letter)
{
	if (letter->cut)
		return "its fields are larger than redis.max_reply";
	return letter->fields.type == REPLY_NIL
		       ? "its fields were not kept, since the entry was larger "
			 "than redis.max_reply"
		       : NULL;
}

struct text dead_letter_note(const struct dead_letter *letter, const char *name)
{
	return reply_text(reply_field(&letter->notes, name));
}

static json_t *note_value(const struct note *note, const struct reply *value)
{
	if (value->type == REPLY_NIL)
		return json_null();
	switch (note->type) {
	case NOTE_COUNT:
		return json_line_count(reply_integer(value, -1));
	case NOTE_TIME:
		return json_line_time(reply_integer(value, -1));
	case NOTE_TEXT:
	case NOTE_NONE:
		break;
	}
	return json_line_shown(reply_text(value));
}

static bool is_known(struct text name)
{
	for (size_t i = 0; i < NOTES; i++) {
		if (text_is(name, notes[i].name))
			return true;
	}
	return false;
}

static void add_unknown(const struct dead_letter *letter, json_t *record)
{
	for (size_t i = 0; i + 1 < reply_count(&letter->notes); i += 2) {
		struct text name = reply_text(reply_at(&letter->notes, i));

		if (!is_known(name) &&
		    json_object_get(record, name.data) == NULL)
			(void)json_object_set_new(
				record, name.data,
				json_line_bytes(reply_text(
					reply_at(&letter->notes, i + 1))));
	}
}

json_t *dead_letter_record(const struct view *view,
			   const struct dead_letter *letter)
{
	int64_t time_msecs =
		reply_integer(reply_field(&letter->notes, "time"), -1);
	json_t *record = json_pack("{s:s,s:o}", "kind", "dead", "id",
				   json_line_shown(letter->id));

	for (size_t i = 0; i < NOTES; i++) {
		if (notes[i].type != NOTE_NONE)
			(void)json_object_set_new(
				record, notes[i].key,
				note_value(&notes[i],
					   reply_field(&letter->notes,
						       notes[i].name)));
	}
	(void)json_object_set_new(record, "age_seconds",
				  json_line_count(view_age(view, time_msecs)));
	(void)json_object_set_new(
		record, "orderno",
		view_field(&letter->fields, view->settings->fields.orderno));
	add_unknown(letter, record);
	return record;
}
