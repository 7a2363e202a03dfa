/* Findings as JSON objects, for whoever shows them: what finding.c holds, and
   before that the keeper and ordermqd have made. */
#include "config.h"

#include "supervisor/common/finding_json.h"

#include "lib/base/when.h"
#include "supervisor/common/json_line.h"

#include <stdio.h>
#include <string.h>

json_t *finding_json(const struct finding *finding)
{
	char remedy[FINDING_TEXT_BYTES];

	return json_pack("{s:s,s:s,s:s,s:o,s:o,s:o,s:o,s:o,s:o}", "kind",
			 "finding", "id", finding_kind(finding->id)->word,
			 "severity", finding_severity_word(finding->severity),
			 "group", json_line_text_or_null(finding->group),
			 "instance", json_line_text_or_null(finding->instance),
			 "since", json_line_time(finding->since_msecs),
			 "number", json_line_count(finding->number), "text",
			 json_line_text(finding->text), "remedy",
			 json_line_text(finding_remedy(finding, remedy)));
}

static void text_take(const json_t *object, const char *key, char *buf,
		      size_t bytes)
{
	const char *value = json_string_value(json_object_get(object, key));

	(void)snprintf(buf, bytes, "%s", value == NULL ? "" : value);
}

static int64_t time_take(const json_t *object)
{
	const char *value = json_string_value(json_object_get(object, "since"));
	int64_t msecs;

	return value != NULL && when_parse(value, &msecs) == 0 ? msecs : -1;
}

int finding_from_json(const json_t *object, struct finding *finding_r)
{
	const char *kind = json_string_value(json_object_get(object, "kind"));
	const char *word = json_string_value(json_object_get(object, "id"));
	const char *severity =
		json_string_value(json_object_get(object, "severity"));
	const json_t *number = json_object_get(object, "number");
	int id = word == NULL ? -1 : finding_id_of(word);

	if (kind == NULL || strcmp(kind, "finding") != 0 || id < 0)
		return -1;
	finding_set(finding_r, (enum finding_id)id, NULL,
		    json_is_integer(number) ? json_integer_value(number) : -1,
		    "%s", "");
	if (severity != NULL)
		finding_r->severity = strcmp(severity, "critical") == 0
					      ? FINDING_CRITICAL
					      : FINDING_WARNING;
	finding_r->since_msecs = time_take(object);
	text_take(object, "group", finding_r->group, sizeof(finding_r->group));
	text_take(object, "instance", finding_r->instance,
		  sizeof(finding_r->instance));
	text_take(object, "text", finding_r->text, sizeof(finding_r->text));
	return 0;
}
