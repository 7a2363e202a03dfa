/* The restarts that an operator has asked for and that are under way.
   steer.c begins one; daemon.c goes on with it each turn; service.c replaces
   the instances. */

#include "config.h"

#include "supervisor/ordermqd/steer_restart.h"

#include "lib/base/log.h"
#include "supervisor/ordermqd/control.h"
#include "supervisor/ordermqd/events.h"
#include "supervisor/ordermqd/fleet.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

enum progress { UNDER_WAY, READY, FAILED };

/* How far is an instance that was told to start again? */
static enum progress progress_of(const struct instance *instance)
{
	switch (instance->state) {
	case INSTANCE_READY:
	case INSTANCE_FINISHED: /* it was quick */
		return READY;
	case INSTANCE_STARTING:
	case INSTANCE_RECYCLING:
		return UNDER_WAY;
	default:
		return FAILED;
	}
}

static void job_finish(struct steer_restart *restarts,
		       struct steer_restart_job *job, int code,
		       const char *text)
{
	char line[384];

	job->is_there = false;
	(void)snprintf(line, sizeof(line), "%s: %s", job->group, text);
	log_line(code == 0 ? LOG_NOTICE : LOG_ERR, "restart: %s", line);
	events_add(restarts->fleet->events, job->group, "restart: %s", text);
	control_finish(restarts->control, job, code, line);
}

static void job_finish_failed(struct steer_restart *restarts,
			      struct steer_restart_job *job,
			      const struct instance *instance)
{
	char text[320];
	int left = job->is_rolling ? job->end - job->next - 1 : 0;

	(void)snprintf(text, sizeof(text),
		       "%s did not become ready (%.100s); %d not restarted",
		       instance->name,
		       instance->last_exit[0] == '\0' ? "held or stopped"
						      : instance->last_exit,
		       left);
	job_finish(restarts, job, EX_SOFTWARE, text);
}

/* How many instances does the job restart? Held ones are left out. */
static int job_count(const struct service *service,
		     const struct steer_restart_job *job)
{
	int count = 0;

	for (int i = job->first; i < job->end; i++)
		count += !service->instances[i].is_held;
	return count;
}

static void job_finish_well(struct steer_restart *restarts,
			    struct steer_restart_job *job,
			    const struct service *service)
{
	bool all_ready = true;
	char text[64];

	for (int i = job->first; i < job->end; i++)
		all_ready = all_ready &&
			    service->instances[i].state != INSTANCE_FINISHED;
	(void)snprintf(text, sizeof(text), "%d restarted, all ready%s",
		       job_count(service, job),
		       all_ready ? "" : " or finished");
	job_finish(restarts, job, 0, text);
}

static void job_turn_rolling(struct steer_restart *restarts,
			     struct steer_restart_job *job,
			     struct service *service)
{
	for (; job->next < job->end; job->next++) {
		const struct instance *instance =
			&service->instances[job->next];

		if (instance->is_held && !job->is_begun)
			continue;
		if (!job->is_begun) {
			service_recycle(service, job->next);
			job->is_begun = true;
		}
		if (progress_of(instance) == FAILED)
			job_finish_failed(restarts, job, instance);
		if (progress_of(instance) != READY)
			return;
		job->is_begun = false;
	}
	job_finish_well(restarts, job, service);
}

static void job_turn_at_once(struct steer_restart *restarts,
			     struct steer_restart_job *job,
			     struct service *service)
{
	bool all_ready = true;

	for (int i = job->first; i < job->end; i++) {
		const struct instance *instance = &service->instances[i];

		if (instance->is_held)
			continue;
		if (!job->is_begun)
			service_recycle(service, i);
		if (progress_of(instance) == FAILED) {
			job_finish_failed(restarts, job, instance);
			return;
		}
		all_ready = all_ready && progress_of(instance) == READY;
	}
	job->is_begun = true;
	if (all_ready)
		job_finish_well(restarts, job, service);
}

static void job_turn(struct steer_restart *restarts,
		     struct steer_restart_job *job)
{
	struct service *service = fleet_service(restarts->fleet, job->group);

	if (service == NULL || service->wanted < job->end)
		job_finish(restarts, job, EX_TEMPFAIL,
			   "it was scaled meanwhile: not restarted");
	else if (job->is_rolling)
		job_turn_rolling(restarts, job, service);
	else
		job_turn_at_once(restarts, job, service);
}

void steer_restart_tick(struct steer_restart *restarts)
{
	for (int i = 0; i < STEER_RESTART_JOBS_MAX; i++) {
		if (restarts->jobs[i].is_there)
			job_turn(restarts, &restarts->jobs[i]);
	}
}

void steer_restart_abort(struct steer_restart *restarts, const char *why)
{
	for (int i = 0; i < STEER_RESTART_JOBS_MAX; i++) {
		if (restarts->jobs[i].is_there)
			job_finish(restarts, &restarts->jobs[i], EX_TEMPFAIL,
				   why);
	}
}

/* A free place; NULL when there is none, or the group is being restarted. */
static struct steer_restart_job *job_free(struct steer_restart *restarts,
					  const char *group)
{
	struct steer_restart_job *found = NULL;

	for (int i = 0; i < STEER_RESTART_JOBS_MAX; i++) {
		struct steer_restart_job *job = &restarts->jobs[i];

		if (job->is_there && strcmp(job->group, group) == 0)
			return NULL;
		if (!job->is_there)
			found = job;
	}
	return found;
}

void steer_restart_begin(struct steer_restart *restarts,
			 struct control_client *client, struct service *service,
			 int from, int to, bool is_rolling)
{
	const char *group = service->group.settings.name;
	struct steer_restart_job *job = job_free(restarts, group);

	if (job == NULL) {
		control_result(client, EX_TEMPFAIL,
			       "a restart is under way, try again");
		return;
	}
	*job = (struct steer_restart_job){
		.is_there = true,
		.is_rolling = is_rolling,
		.first = from,
		.next = from,
		.end = to,
	};
	(void)snprintf(job->group, sizeof(job->group), "%s", group);
	control_park(client, job);
	job_turn(restarts, job);
}
