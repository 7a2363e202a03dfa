#include "config.h"

#include "consumers/push_log.h"

#include "consumers/notification.h"

#include <jansson.h>

void push_log_open(struct push_log *log, const char *path)
{
	append_open(&log->file, path);
}

void push_log_close(struct push_log *log)
{
	append_close(&log->file);
}

static int put(struct push_log *log, const char *bytes)
{
	return append_put(&log->file, text_of(bytes));
}

static int put_piece(const char *bytes, size_t length, void *file)
{
	return append_put(file, (struct text){ bytes, length });
}

/* A text with something in it that JSON has its own way to write. */
static int put_special(struct push_log *log, struct text text)
{
	json_t *json = json_stringn(text.data, text.length);
	int ret = json_dump_callback(json, put_piece, &log->file,
				     JSON_ENCODE_ANY);

	json_decref(json);
	return ret;
}

/* Most texts stand in JSON as they are, and are not made to objects first: it
   would be half of the work of push. */
static int put_member(struct push_log *log, const char *head, struct text text)
{
	if (put(log, head) < 0)
		return -1;
	if (!text_is_plain(text))
		return put_special(log, text);
	return put(log, "\"") < 0 || append_put(&log->file, text) < 0 ||
			       put(log, "\"") < 0
		       ? -1
		       : 0;
}

static int put_line(struct push_log *log, const struct notification *n)
{
	if (put_member(log, "{\"key\":", n->key) < 0 ||
	    put_member(log, ",\"id\":", n->id) < 0 ||
	    put_member(log, ",\"account\":", n->account) < 0 ||
	    put_member(log, ",\"title\":", n->title) < 0 ||
	    put_member(log, ",\"body\":", n->body) < 0 ||
	    (n->trace.length > 0 &&
	     put_member(log, ",\"traceparent\":", n->trace) < 0))
		return -1;
	return put(log, n->redelivered ? ",\"redelivered\":true}\n" : "}\n");
}

int push_log_put(struct push_log *log, const struct notification *notification)
{
	size_t before = log->file.used;

	if (put_line(log, notification) == 0)
		return 0;
	log->file.used = before;
	return -1;
}
