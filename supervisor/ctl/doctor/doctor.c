/* Runs the checks of doctor one after the other. verb_doctor.c takes the
   options; doctor_server.c to doctor_groups.c are the checks. */

#include "config.h"

#include "supervisor/ctl/doctor/doctor.h"

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/redis/redis.h"
#include "lib/settings/settings.h"
#include "supervisor/ctl/doctor/doctor_state.h"

#include <stdio.h>

#define ARENA_BYTES (256 * 1024)

static const int exit_statuses[] = {
	[DOCTOR_OK] = DOCTOR_EXIT_OK,
	[DOCTOR_UNKNOWN] = DOCTOR_EXIT_WARN,
	[DOCTOR_WARN] = DOCTOR_EXIT_WARN,
	[DOCTOR_FAIL] = DOCTOR_EXIT_FAIL,
};

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

int doctor_run(const struct settings *settings, const char *status_path,
	       bool as_json)
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
		doctor_findings(&doctor, status_path);
	if (doctor.redis != NULL && redis_is_open(doctor.redis))
		status = exit_statuses[doctor.worst];
	else
		fprintf(stderr, "ordermqctl: %s\n", err.text);
	redis_close(&doctor.redis);
	arena_close(&doctor.arena);
	return status;
}
