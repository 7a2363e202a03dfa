#include "config.h"

#include "supervisor/ctl/doctor/doctor.h"

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/num.h"
#include "lib/redis/redis.h"
#include "lib/settings/settings.h"
#include "supervisor/ctl/doctor/doctor_state.h"
#include "supervisor/common/json_line.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define ARENA_BYTES (256 * 1024)

static const struct {
	const char *shown;
	const char *word; /* for programs */
	int exit_status;
} states[] = {
	[DOCTOR_OK] = { "ok", "ok", DOCTOR_EXIT_OK },
	[DOCTOR_UNKNOWN] = { "?", "unknown", DOCTOR_EXIT_WARN },
	[DOCTOR_WARN] = { "warn", "warn", DOCTOR_EXIT_WARN },
	[DOCTOR_FAIL] = { "FAIL", "fail", DOCTOR_EXIT_FAIL },
};

void doctor_say(struct doctor *doctor, enum doctor_state state,
		const char *subject, const char *remedy, const char *fmt, ...)
{
	char text[1024];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (state > doctor->worst)
		doctor->worst = state;
	if (doctor->as_json) {
		json_line_write(
			stdout,
			json_pack("{s:s,s:o,s:s,s:o,s:o}", "kind", "finding",
				  "subject", json_line_text(subject), "state",
				  states[state].word, "text",
				  json_line_text(text), "remedy",
				  remedy == NULL ? json_null()
						 : json_line_text(remedy)));
		return;
	}
	printf("%-4s  %s: %s\n", states[state].shown, subject, text);
	if (remedy != NULL)
		printf("      -> %s\n", remedy);
}

void doctor_unknown(struct doctor *doctor, const char *subject)
{
	if (redis_is_open(doctor->redis))
		doctor_say(doctor, DOCTOR_UNKNOWN, subject,
			   "allow it, or look for yourself", "not told: %s",
			   doctor->err->text);
}

struct text doctor_info(struct text info, const char *name)
{
	const size_t length = strlen(name);
	const char *end = info.data + info.length;

	for (const char *line = info.data; line != NULL && line < end;) {
		const char *stop = memchr(line, '\r', (size_t)(end - line));

		if (stop == NULL)
			stop = end;
		if ((size_t)(stop - line) > length && line[length] == ':' &&
		    memcmp(line, name, length) == 0)
			return (struct text){ line + length + 1,
					      (size_t)(stop - line) - length -
						      1 };
		line = stop + 2 > end ? end : stop + 2;
	}
	return text_of(NULL);
}

int64_t doctor_info_number(struct text info, const char *name, int64_t fallback)
{
	struct text text = doctor_info(info, name);
	int64_t number;

	return num_parse(text.data, text.length, &number) < 0 ? fallback
							      : number;
}

static void examine(struct doctor *doctor)
{
	static void (*const checks[])(struct doctor *) = {
		doctor_server,
		doctor_rights,
		doctor_stream,
		doctor_groups,
	};

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		if (redis_is_open(doctor->redis))
			checks[i](doctor);
}

int doctor_run(const struct settings *settings, bool as_json)
{
	struct err err;
	struct doctor doctor = { .settings = settings,
				 .err = &err,
				 .as_json = as_json,
				 .max_memory_bytes = -1 };
	int status = DOCTOR_EXIT_SILENT;

	doctor.arena = arena_open(ARENA_BYTES);
	if (doctor.arena == NULL)
		(void)err_set(&err, ERR_RETRY, "out of memory");
	else if (redis_open(&settings->redis, -1, &doctor.redis, &err) == 0)
		examine(&doctor);
	if (doctor.redis != NULL && redis_is_open(doctor.redis))
		status = states[doctor.worst].exit_status;
	else
		fprintf(stderr, "ordermqctl: %s\n", err.text);
	redis_close(&doctor.redis);
	arena_close(&doctor.arena);
	return status;
}
