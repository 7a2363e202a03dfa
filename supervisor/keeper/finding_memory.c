/* The notes of the keeper on disk: each look (finding_look.c) is compared with
   them, and finding_make.c tells a loss. */
#include "config.h"

#include "supervisor/keeper/finding_memory.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define SAVE_MSECS 5000

/* ---- the file ---- */

static int64_t number_get(const json_t *object, const char *name)
{
	int64_t number = json_integer_value(json_object_get(object, name));

	return number < 0 ? 0 : number;
}

static void text_get(const char *value, char *buf, size_t bytes)
{
	(void)snprintf(buf, bytes, "%s", value == NULL ? "" : value);
}

static void stream_get(const json_t *object,
		       struct finding_memory_stream *stream)
{
	json_t *ledgers = json_object_get(object, "ledgers");
	const char *name;
	json_t *lines;

	memset(stream, 0, sizeof(*stream));
	text_get(json_string_value(json_object_get(object, "key")), stream->key,
		 sizeof(stream->key));
	stream->added = number_get(object, "added");
	stream->emptied_msecs = number_get(object, "emptied");
	json_object_foreach(ledgers, name, lines)
	{
		struct finding_ledger *ledger =
			&stream->ledgers[stream->ledger_count];

		if (stream->ledger_count == SETTINGS_GROUPS_MAX)
			return;
		text_get(name, ledger->name, sizeof(ledger->name));
		ledger->lines = json_integer_value(lines);
		stream->ledger_count++;
	}
}

static json_t *stream_put(const struct finding_memory_stream *stream)
{
	json_t *ledgers = json_object();

	for (int64_t i = 0; i < stream->ledger_count; i++)
		(void)json_object_set_new(
			ledgers, stream->ledgers[i].name,
			json_integer(stream->ledgers[i].lines));
	return json_pack("{s:s,s:I,s:I,s:o}", "key", stream->key, "added",
			 (json_int_t)stream->added, "emptied",
			 (json_int_t)stream->emptied_msecs, "ledgers", ledgers);
}

static void file_read(struct finding_memory *memory)
{
	json_t *file = json_load_file(memory->path, 0, NULL);
	json_t *object;
	size_t i;

	json_array_foreach(json_object_get(file, "streams"), i, object)
	{
		if (memory->count < FINDING_MEMORY_STREAMS)
			stream_get(object, &memory->streams[memory->count++]);
	}
	json_decref(file);
}

/* Whole or not at all, however this ends. */
static int file_write(const struct finding_memory *memory)
{
	char path[sizeof(memory->path) + 8];
	json_t *streams = json_array();
	json_t *file;
	int ret;

	for (size_t i = 0; i < memory->count; i++)
		(void)json_array_append_new(streams,
					    stream_put(&memory->streams[i]));
	file = json_pack("{s:o}", "streams", streams);
	(void)snprintf(path, sizeof(path), "%s.new", memory->path);
	ret = json_dump_file(file, path, JSON_INDENT(1));
	json_decref(file);
	return ret == 0 ? rename(path, memory->path) : -1;
}

/* ---- the streams ---- */

static int place_of(const struct finding_memory *memory, const char *key)
{
	for (size_t i = 0; i < memory->count; i++) {
		if (strcmp(memory->streams[i].key, key) == 0)
			return (int)i;
	}
	return -1;
}

/* The stream of that key becomes the first; the last one may be forgotten. */
static void use(struct finding_memory *memory, const char *key)
{
	struct finding_memory_stream stream = { .added = 0 };
	int place = place_of(memory, key);
	size_t before = place < 0 ? memory->count : (size_t)place;

	if (place >= 0)
		stream = memory->streams[place];
	else if (memory->count < FINDING_MEMORY_STREAMS)
		memory->count++;
	else
		before--;
	memmove(&memory->streams[1], &memory->streams[0],
		before * sizeof(memory->streams[0]));
	memory->streams[0] = stream;
	text_get(key, memory->streams[0].key, sizeof(stream.key));
	memory->is_changed = memory->is_changed || place != 0;
}

void finding_memory_open(struct finding_memory *memory, const char *dir,
			 const char *key)
{
	memset(memory, 0, sizeof(*memory));
	(void)snprintf(memory->path, sizeof(memory->path), "%s/%s", dir,
		       FINDING_MEMORY_FILE);
	file_read(memory);
	use(memory, key);
}

/* ---- the comparison ---- */

static int64_t lines_of(const struct finding_look *look, const char *name)
{
	for (int64_t i = 0; i < look->group_count; i++) {
		if (strcmp(look->groups[i].name, name) == 0)
			return look->groups[i].ledger;
	}
	return -1;
}

/* Is at least one part-th of each ledger there? Those of groups that are not
   configured any more are not looked at. */
static bool ledgers_hold(const struct finding_memory_stream *stream,
			 const struct finding_look *look, int64_t part)
{
	for (int64_t i = 0; i < stream->ledger_count; i++) {
		int64_t lines = lines_of(look, stream->ledgers[i].name);

		if (lines >= 0 && lines * part < stream->ledgers[i].lines)
			return false;
	}
	return true;
}

static bool is_emptied(const struct finding_memory_stream *stream,
		       const struct finding_look *look)
{
	int64_t added = look->has_stream ? look->added : 0;

	return added < (stream->added + 1) / 2 ||
	       !ledgers_hold(stream, look, 2);
}

static bool is_back(const struct finding_memory_stream *stream,
		    const struct finding_look *look)
{
	return look->has_stream && look->added >= stream->added &&
	       ledgers_hold(stream, look, 1);
}

static void remember(struct finding_memory *memory,
		     const struct finding_look *look)
{
	struct finding_memory_stream *stream = &memory->streams[0];
	struct finding_memory_stream now = { .added = look->added };

	text_get(stream->key, now.key, sizeof(now.key));
	for (int64_t i = 0; i < look->group_count; i++) {
		struct finding_ledger *ledger = &now.ledgers[now.ledger_count];

		if (look->groups[i].ledger <= 0)
			continue;
		text_get(look->groups[i].name, ledger->name,
			 sizeof(ledger->name));
		ledger->lines = look->groups[i].ledger;
		now.ledger_count++;
	}
	if (memcmp(stream, &now, sizeof(now)) == 0)
		return;
	*stream = now;
	memory->is_changed = true;
}

void finding_memory_note(struct finding_memory *memory,
			 const struct finding_look *look)
{
	struct finding_memory_stream *stream = &memory->streams[0];

	if (stream->emptied_msecs == 0 && is_emptied(stream, look)) {
		stream->emptied_msecs = look->now_msecs;
		memory->is_changed = true;
	}
	if (stream->emptied_msecs != 0 && !is_back(stream, look) &&
	    look->now_msecs - stream->emptied_msecs < FINDING_MEMORY_TOLD_MSECS)
		return;
	if (look->has_stream || stream->emptied_msecs != 0)
		remember(memory, look);
}

void finding_memory_save(struct finding_memory *memory)
{
	int64_t now_msecs = clock_msecs();

	if (!memory->is_changed ||
	    (memory->saved_msecs != 0 &&
	     now_msecs - memory->saved_msecs < SAVE_MSECS))
		return;
	memory->saved_msecs = now_msecs;
	if (file_write(memory) == 0) {
		memory->is_changed = false;
		memory->has_failed = false;
	} else if (!memory->has_failed) {
		memory->has_failed = true;
		log_line(LOG_WARNING,
			 "%s: %s: what was in Redis is not remembered",
			 memory->path, strerror(errno));
	}
}
