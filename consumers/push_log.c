#include "config.h"

#include "consumers/push_log.h"

#include "consumers/notification.h"

#include <string.h>

static const char *const names[PUSH_LOG_TEXTS] = {
	[PUSH_LOG_KEY] = "key",         [PUSH_LOG_ID] = "id",
	[PUSH_LOG_ACCOUNT] = "account", [PUSH_LOG_TITLE] = "title",
	[PUSH_LOG_BODY] = "body",
};

int push_log_open(struct push_log *log, const char *path)
{
	memset(log, 0, sizeof(*log));
	append_open(&log->file, path);
	log->json = json_object();
	for (int i = 0; i < PUSH_LOG_TEXTS; i++) {
		log->texts[i] = json_string("");
		if (json_object_set_new(log->json, names[i], log->texts[i]) < 0)
			return -1;
	}
	return 0;
}

void push_log_close(struct push_log *log)
{
	append_close(&log->file);
	json_decref(log->json);
	log->json = NULL;
}

/* What most notifications do not have. A missing one is deleted in vain. */
static int set_rare(struct push_log *log,
		    const struct notification *notification)
{
	struct text trace = notification->trace;
	int ret = 0;

	(void)json_object_del(log->json, "traceparent");
	(void)json_object_del(log->json, "redelivered");
	if (trace.length > 0)
		ret = json_object_set_new(
			log->json, "traceparent",
			json_stringn_nocheck(trace.data, trace.length));
	if (notification->redelivered && ret == 0)
		ret = json_object_set_new(log->json, "redelivered",
					  json_true());
	return ret;
}

static int put_piece(const char *bytes, size_t length, void *file)
{
	return append_put(file, (struct text){ bytes, length });
}

static int put_line(struct push_log *log,
		    const struct notification *notification)
{
	const struct text texts[PUSH_LOG_TEXTS] = {
		[PUSH_LOG_KEY] = notification->key,
		[PUSH_LOG_ID] = notification->id,
		[PUSH_LOG_ACCOUNT] = notification->account,
		[PUSH_LOG_TITLE] = notification->title,
		[PUSH_LOG_BODY] = notification->body,
	};

	for (int i = 0; i < PUSH_LOG_TEXTS; i++) {
		if (json_string_setn_nocheck(log->texts[i], texts[i].data,
					     texts[i].length) < 0)
			return -1;
	}
	if (set_rare(log, notification) < 0 ||
	    json_dump_callback(log->json, put_piece, &log->file, JSON_COMPACT) <
		    0)
		return -1;
	return append_put(&log->file, text_of("\n"));
}

int push_log_put(struct push_log *log, const struct notification *notification)
{
	size_t before = log->file.used;

	if (put_line(log, notification) == 0)
		return 0;
	log->file.used = before;
	return -1;
}
