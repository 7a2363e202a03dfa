/* A look into Redis: connection, commands, records printed. Every verb of
   this folder opens one; view_range.c walks through a stream with it. */

#include "config.h"

#include "supervisor/ctl/redis/view.h"

#include "lib/base/arena.h"
#include "lib/stream/keys.h"
#include "lib/base/num.h"
#include "lib/redis/redis.h"
#include "lib/redis/redis_error.h"
#include "lib/settings/settings.h"
#include "supervisor/ctl/ctl.h"
#include "supervisor/common/json_line.h"

#include <inttypes.h>
#include <string.h>
#include <sysexits.h>

#define ARENA_BYTES (1024 * 1024)

/* At most this many words a command has beside the ids of a page. */
#define WORDS_MAX 16

static const char orders_lua[] =
#include "lib/scripts/dead_letter.inc"
#include "supervisor/ctl/redis/orders.inc"
	;

int view_connect(struct view *view)
{
	redis_close(&view->redis);
	return redis_open(&view->settings->redis, view->wake_fd, &view->redis,
			  &view->err);
}

static int read_clock(struct view *view)
{
	const struct reply *time = redis_command(view->redis, view->arena,
						 &view->err, "TIME", NULL);

	if (time == NULL)
		return -1;
	view->now_msecs = reply_integer(reply_at(time, 0), 0) * 1000 +
			  reply_integer(reply_at(time, 1), 0) / 1000;
	return 0;
}

int view_failed(const struct view *view)
{
	ctl_say("%s", view->err.text);
	return view->err.class == ERR_FATAL ? EX_CONFIG : EX_UNAVAILABLE;
}

int view_open(struct view *view, struct ctl *ctl, int wake_fd)
{
	memset(view, 0, sizeof(*view));
	view->settings = &ctl->settings;
	view->as_json = ctl->as_json;
	view->wake_fd = wake_fd;
	if (ctl_load(ctl) < 0)
		return ctl->status;
	view->arena = arena_open(ARENA_BYTES);
	if (view->arena == NULL) {
		(void)err_set(&view->err, ERR_RETRY, "out of memory");
		return view_failed(view);
	}
	if (view_connect(view) < 0 || read_clock(view) < 0)
		return view_failed(view);
	return EX_OK;
}

void view_close(struct view *view)
{
	redis_close(&view->redis);
	arena_close(&view->arena);
}

const struct reply *view_call(struct view *view, const struct text *words,
			      size_t count)
{
	const struct reply *reply = redis_call(view->redis, view->arena, words,
					       count, 0, &view->err);

	if (reply == NULL) {
		(void)err_wrap(&view->err, "%s", words[0].data);
		return NULL;
	}
	if (!reply_is_error(reply))
		return reply;
	(void)err_set(&view->err,
		      redis_error_class(reply->text) == REDIS_REFUSED
			      ? ERR_FATAL
			      : ERR_RETRY,
		      "%s: %.*s", words[0].data, (int)reply->text.length,
		      reply->text.data);
	return NULL;
}

static const struct reply *groups_of(struct view *view, const char *stream)
{
	const struct reply *there = redis_command(
		view->redis, view->arena, &view->err, "EXISTS", stream, NULL);

	if (there == NULL || reply_integer(there, 0) == 0)
		return there;
	return redis_command(view->redis, view->arena, &view->err, "XINFO",
			     "GROUPS", stream, NULL);
}

const struct reply *view_groups(struct view *view)
{
	return groups_of(view, view->settings->stream_key);
}

const struct reply *view_group(struct view *view, const char *stream,
			       const char *group)
{
	const struct reply *groups = groups_of(view, stream);
	size_t i = 0;

	if (groups == NULL)
		return NULL;
	while (i < reply_count(groups) &&
	       !text_is(reply_text(reply_field(reply_at(groups, i), "name")),
			group))
		i++;
	return reply_at(groups, i);
}

/* Write the names of the groups, such as "a, b", into buf. */
static const char *group_names(const struct reply *groups, char *buf,
			       size_t bytes)
{
	size_t used = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < reply_count(groups) && used + 4 < bytes; i++) {
		struct text name =
			reply_text(reply_field(reply_at(groups, i), "name"));

		if (i > 0)
			used += (size_t)snprintf(buf + used, bytes - used,
						 ", ");
		(void)text_show(name, buf + used, bytes - used);
		used += strlen(buf + used);
	}
	return buf;
}

int view_check_group(struct view *view, const char *group)
{
	const struct reply *groups = view_groups(view);
	char names[1024];

	if (groups == NULL)
		return view_failed(view);
	for (size_t i = 0; i < reply_count(groups); i++) {
		if (text_is(reply_text(
				    reply_field(reply_at(groups, i), "name")),
			    group))
			return EX_OK;
	}
	if (reply_count(groups) == 0)
		ctl_say("%s: no such group; the stream %s has none", group,
			view->settings->stream_key);
	else
		ctl_say("%s: no such group; there are: %s", group,
			group_names(groups, names, sizeof(names)));
	return EX_DATAERR;
}

int view_when(const struct view *view, const char *option, const char *text,
	      char *id_r)
{
	if (text == NULL || when_id(text, view->now_msecs, id_r) == 0)
		return EX_OK;
	ctl_say("%s %s: expected a time such as 2026-11-20T10:00:00Z, "
		"an age such as 2h, or an id",
		option, text);
	return EX_DATAERR;
}

const struct reply *view_orders(struct view *view, const struct keys *keys,
				bool replays, const struct text *ids,
				size_t count)
{
	struct text words[WORDS_MAX + VIEW_PAGE] = {
		text_of("EVAL_RO"),
		text_of(orders_lua),
		text_of("2"),
		text_of(replays ? keys->replay : keys->stream),
		text_of(keys->tries),
		text_of(view->settings->fields.orderno),
		text_of(replays ? "replay:" : ""),
	};

	memcpy(words + 7, ids, count * sizeof(ids[0]));
	return view_call(view, words, 7 + count);
}

/* A row has the attempts, four more numbers, and the last error: see
   lib/scripts/tries.lua. */
struct view_tries view_tries(const struct reply *row)
{
	struct view_tries tries = { .attempts = -1, .failure = text_of("") };
	struct text rest = reply_text(row);
	int column;

	if (row->type == REPLY_NIL)
		tries.attempts = 0;
	for (column = 0; column < 5; column++) {
		const char *tab = memchr(rest.data, '\t', rest.length);
		size_t length;

		if (tab == NULL)
			return tries;
		length = (size_t)(tab - rest.data);
		if (column == 0)
			(void)num_parse(rest.data, length, &tries.attempts);
		rest.data += length + 1;
		rest.length -= length + 1;
	}
	tries.failure = rest;
	return tries;
}

json_t *view_field(const struct reply *fields, const char *name)
{
	const struct reply *value = reply_field(fields, name);

	return value->type == REPLY_NIL ? json_null()
					: json_line_shown(reply_text(value));
}

json_t *view_fields(const struct reply *fields)
{
	json_t *list = json_array();

	if (fields->type == REPLY_NIL) {
		json_decref(list);
		return json_null();
	}
	for (size_t i = 0; i + 1 < reply_count(fields); i += 2)
		(void)json_array_append_new(
			list, json_pack("[o,o]",
					json_line_bytes(reply_text(
						reply_at(fields, i))),
					json_line_bytes(reply_text(
						reply_at(fields, i + 1)))));
	return list;
}

void view_put(struct view *view, const struct table_column *columns,
	      json_t *record)
{
	if (view->as_json) {
		json_line_write(stdout, record);
		return;
	}
	if (view->columns != columns) {
		if (view->columns != NULL)
			fputc('\n', stdout);
		table_head(stdout, columns);
	}
	view->columns = columns;
	table_row(stdout, columns, record);
	json_decref(record);
}

void view_print(struct text text)
{
	char shown[1024];

	for (size_t done = 0; done < text.length; done += 128) {
		size_t left = text.length - done;

		fputs(text_show((struct text){ text.data + done,
					       left < 128 ? left : 128 },
				shown, sizeof(shown)),
		      stdout);
	}
}

int64_t view_age(const struct view *view, int64_t msecs)
{
	if (msecs < 0)
		return -1;
	return msecs > view->now_msecs ? 0 : (view->now_msecs - msecs) / 1000;
}
