/* Commands of an operator beside the configuration. daemon.c hands them over;
   service.c obeys. */

#include "config.h"

#include "supervisor/ordermqd/steer.h"

#include "lib/base/log.h"
#include "lib/base/num.h"
#include "supervisor/ordermqd/control.h"
#include "supervisor/ordermqd/events.h"
#include "supervisor/ordermqd/fleet.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#define TEXT_BYTES 512

/* The target of a command: a group, or one instance of it. */
struct target {
	struct service *service;
	bool is_group;
	int from; /* instances, counted from 0 */
	int to;   /* behind the last one */
};

/* Answer the client. With code 0 the answer is logged, and is an event, too. */
static void steer_answer(struct steer *steer, struct control_client *client,
			 int code, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

static void steer_answer(struct steer *steer, struct control_client *client,
			 int code, const char *name, const char *fmt, ...)
{
	char text[TEXT_BYTES], line[2 * TEXT_BYTES];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	(void)snprintf(line, sizeof(line), "%s: %s", name, text);
	if (code == 0) {
		log_line(LOG_NOTICE, "%s", line);
		events_add(steer->fleet->events, name, "%s", text);
	}
	control_result(client, code, line);
}

/* Answer that there is no such name, and which groups there are. */
static void steer_refuse_name(struct steer *steer,
			      struct control_client *client, const char *name)
{
	const struct fleet *fleet = steer->fleet;
	char names[TEXT_BYTES / 2] = "";

	for (size_t i = 0; i < fleet->count; i++) {
		size_t used = strlen(names);

		(void)snprintf(names + used, sizeof(names) - used, "%s%s",
			       i == 0 ? "" : ", ",
			       fleet->services[i]->group.settings.name);
	}
	steer_answer(steer, client, EX_DATAERR, name,
		     "no such group or instance; groups: %s", names);
}

static bool find_instance(struct service *service, const char *name,
			  struct target *target_r)
{
	for (int i = 0; i < service->count; i++) {
		if (strcmp(service->instances[i].name, name) != 0)
			continue;
		*target_r = (struct target){ service, false, i, i + 1 };
		return true;
	}
	return false;
}

static bool steer_find(struct steer *steer, const char *name,
		       struct target *target_r)
{
	const struct fleet *fleet = steer->fleet;
	struct service *service = fleet_service(fleet, name);

	if (service != NULL) {
		*target_r = (struct target){ service, true, 0, service->count };
		return true;
	}
	for (size_t i = 0; i < fleet->count; i++) {
		if (find_instance(fleet->services[i], name, target_r))
			return true;
	}
	return false;
}

/* How many instances "3", "+1" or "-2" means. Returns -1 when it means none. */
static int count_after(int before, const char *text)
{
	bool is_step = text[0] == '+' || text[0] == '-';
	int64_t number;

	if (num_parse(text + is_step, strlen(text + is_step), &number) < 0 ||
	    number > SETTINGS_INSTANCES_MAX)
		return -1;
	if (is_step)
		number = text[0] == '+' ? before + number : before - number;
	return number < 0 || number > SETTINGS_INSTANCES_MAX ? -1 : (int)number;
}

static void steer_scale(struct steer *steer, struct control_client *client,
			char *args)
{
	char *value = strchr(args, '=');
	const struct settings_group *settings;
	struct service *service;
	int before, after;
	char says[64];

	if (value == NULL) {
		control_result(client, EX_USAGE, "scale GROUP=N|+N|-N");
		return;
	}
	*value++ = '\0';
	service = fleet_service(steer->fleet, args);
	settings = settings_group(&steer->fleet->settings, args);
	/* A group that is gone from the configuration only drains. */
	if (service == NULL || settings == NULL) {
		steer_refuse_name(steer, client, args);
		return;
	}
	before = service_target(service);
	after = count_after(before, value);
	if (after < 0) {
		steer_answer(steer, client, EX_DATAERR, args,
			     "%s: 0 to %d instances", value,
			     SETTINGS_INSTANCES_MAX);
		return;
	}
	service_scale(service, after);
	if (settings_scales(settings))
		(void)snprintf(says, sizeof(says), "%" PRId64 " to %" PRId64,
			       settings->scale.min, settings->scale.max);
	else
		(void)snprintf(says, sizeof(says), "%" PRId64,
			       settings->instances);
	steer_answer(
		steer, client, 0, args,
		"%d -> %d (%+d), until the next reload; the configuration says "
		"%s",
		before, after, after - before, says);
}

static void steer_hold_all(struct steer *steer, struct control_client *client,
			   const char *name, bool is_held)
{
	struct target target;

	if (!steer_find(steer, name, &target)) {
		steer_refuse_name(steer, client, name);
		return;
	}
	if (target.is_group)
		target.service->is_held = is_held;
	for (int i = target.from; i < target.to; i++)
		service_hold(target.service, i, is_held);
	steer_answer(steer, client, 0, name, "%s",
		     is_held ? "held: stopped until unhold"
			     : "not held any more");
}

static void steer_hold(struct steer *steer, struct control_client *client,
		       char *args)
{
	steer_hold_all(steer, client, args, true);
}

static void steer_unhold(struct steer *steer, struct control_client *client,
			 char *args)
{
	steer_hold_all(steer, client, args, false);
}

static void steer_reset_failed(struct steer *steer,
			       struct control_client *client, char *args)
{
	struct fleet *fleet = steer->fleet;
	struct target target;
	int count = 0;

	if (args[0] == '\0') {
		for (size_t i = 0; i < fleet->count; i++)
			count += service_reset_failed(
				fleet->services[i], 0,
				fleet->services[i]->wanted);
		count += service_reset_failed(fleet->keeper, 0,
					      fleet->keeper->wanted);
	} else if (steer_find(steer, args, &target)) {
		count = service_reset_failed(target.service, target.from,
					     target.to);
	} else {
		steer_refuse_name(steer, client, args);
		return;
	}
	steer_answer(steer, client, 0, args[0] == '\0' ? "ordermqd" : args,
		     "reset: %d start again", count);
}

static void steer_log_level_of_all(struct steer *steer, int level)
{
	log_set_level(level);
	for (size_t i = 0; i < steer->fleet->count; i++)
		service_log_level(steer->fleet->services[i], level);
	service_log_level(steer->fleet->keeper, level);
}

static void steer_log_level(struct steer *steer, struct control_client *client,
			    char *args)
{
	char *name = args + strcspn(args, " ");
	struct target target;
	int level;

	if (*name != '\0')
		*name++ = '\0';
	level = log_level_find(args);
	if (level < 0) {
		steer_answer(
			steer, client, EX_DATAERR, args,
			"no level; there are emerg, alert, crit, err, warning, "
			"notice, info, debug");
		return;
	}
	if (*name == '\0') {
		steer_log_level_of_all(steer, level);
	} else if (!steer_find(steer, name, &target)) {
		steer_refuse_name(steer, client, name);
		return;
	} else if (target.is_group) {
		service_log_level(target.service, level);
	} else {
		instance_log_level(&target.service->instances[target.from],
				   level);
	}
	steer_answer(steer, client, 0, *name == '\0' ? "ordermqd" : name,
		     "log level %s, until the next reload", args);
}

static void steer_replace(struct steer *steer, struct control_client *client,
			  char *args)
{
	static const char rolling[] = "--rolling ";
	bool is_rolling = strncmp(args, rolling, strlen(rolling)) == 0;
	const char *name = is_rolling ? args + strlen(rolling) : args;
	struct target target;

	if (!steer_find(steer, name, &target))
		steer_refuse_name(steer, client, name);
	else
		steer_restart_begin(&steer->restarts, client, target.service,
				    target.from,
				    target.to < target.service->wanted
					    ? target.to
					    : target.service->wanted,
				    is_rolling);
}

static void steer_events(struct steer *steer, struct control_client *client,
			 char *args)
{
	int64_t from = 0;
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);

	if (out == NULL) {
		control_result(client, EX_TEMPFAIL, "out of memory");
		return;
	}
	(void)num_parse(args, strlen(args), &from);
	events_write(out, steer->fleet->events, from);
	(void)fclose(out);
	control_answer(client, text, length);
}

static const struct {
	const char *word;
	bool needs_args;
	void (*run)(struct steer *steer, struct control_client *client,
		    char *args);
} words[] = {
	{ "scale", true, steer_scale },
	{ "restart", true, steer_replace },
	{ "hold", true, steer_hold },
	{ "unhold", true, steer_unhold },
	{ "reset-failed", false, steer_reset_failed },
	{ "log-level", true, steer_log_level },
	{ "events", false, steer_events },
};

void steer_obey(struct steer *steer, struct control_client *client)
{
	char args[TEXT_BYTES / 2];
	size_t i = 0;

	while (strcmp(words[i].word, control_word(client)) != 0)
		i++;
	if (strlen(control_args(client)) >= sizeof(args) ||
	    (words[i].needs_args && control_args(client)[0] == '\0')) {
		control_result(client, EX_USAGE,
			       "a name is missing, or the line is too long");
		return;
	}
	(void)strcpy(args, control_args(client));
	words[i].run(steer, client, args);
}
