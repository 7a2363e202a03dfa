#include "config.h"

#include "consumers/push_log.h"

#include "consumers/notification.h"

#include <jansson.h>

#include <stdlib.h>
#include <string.h>

static json_t *json_text(struct text text)
{
	return json_stringn_nocheck(text.data, text.length);
}

static json_t *notification_json(const struct notification *notification)
{
	json_t *json = json_pack("{s:o, s:o, s:o, s:o, s:o}", "key",
				 json_text(notification->key), "id",
				 json_text(notification->id), "account",
				 json_text(notification->account), "title",
				 json_text(notification->title), "body",
				 json_text(notification->body));

	if (json == NULL)
		return NULL;
	if (notification->trace.length > 0)
		(void)json_object_set_new(json, "traceparent",
					  json_text(notification->trace));
	if (notification->redelivered)
		(void)json_object_set_new(json, "redelivered", json_true());
	return json;
}

int push_log_put(struct append *file, const struct notification *notification)
{
	json_t *json = notification_json(notification);
	char *line = json == NULL ? NULL : json_dumps(json, JSON_COMPACT);
	size_t before = file->used;
	int ret = -1;

	if (line != NULL && append_put(file, text_of(line)) == 0 &&
	    append_put(file, text_of("\n")) == 0)
		ret = 0;
	if (ret < 0)
		file->used = before;
	free(line);
	json_decref(json);
	return ret;
}
