/* Looks at each group, again when something is off, and prints the result.
   verb_verify.c takes the options; verify_books.c, verify_points.c and
   verify_push.c look. */

#include "config.h"

#include "supervisor/ctl/verify/verify.h"

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/redis/redis.h"
#include "lib/settings/settings.h"
#include "supervisor/common/json_line.h"
#include "supervisor/ctl/verify/verify_state.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#define ARENA_BYTES (1024 * 1024)

/* Entries flow while they are counted, and may be removed meanwhile: a fault is
   believed when it shows in every one of these looks. */
#define LOOKS_MAX 3

static int verify_look_into(struct verify *verify)
{
	const char *program = verify->group->program;

	if (verify_books(verify) < 0)
		return -1;
	if (strcmp(program, "points") == 0)
		return verify_points(verify);
	if (strcmp(program, "push") == 0 && verify->push_logs[0] != NULL)
		return verify_push(verify);
	return 0;
}

static int verify_look(struct verify *verify)
{
	int ret;

	json_decref(verify->record);
	verify->record =
		json_pack("{s:s,s:o,s:o,s:n,s:[],s:[]}", "kind", "verify",
			  "group", json_line_text(verify->group->name),
			  "program", json_line_text(verify->group->program),
			  "balanced", "off", "told");
	if (verify->record == NULL)
		return err_set(verify->err, ERR_RETRY, "out of memory");
	ret = verify_look_into(verify);
	if (ret == 0 && verify_is_off(verify))
		(void)json_object_set_new(verify->record, "balanced",
					  json_false());
	else if (ret == 0 && verify->due >= 0)
		(void)json_object_set_new(verify->record, "balanced",
					  json_true());
	return ret;
}

/* Was something left out of the comparison because it changed meanwhile? */
static bool is_moving(const struct verify *verify)
{
	return json_integer_value(json_object_get(verify->record, "moving")) >
	       0;
}

static void number_print(const char *name, const json_t *number)
{
	if (json_is_integer(number))
		printf("  %-12s %12" JSON_INTEGER_FORMAT "\n", name,
		       json_integer_value(number));
	else if (json_is_null(number))
		printf("  %-12s %12s\n", name, "?");
}

static void list_print(const json_t *list, const char *word)
{
	const json_t *sentence;
	size_t i;

	json_array_foreach(list, i, sentence)
		printf("  %s: %s\n", word, json_string_value(sentence));
}

static void table_print(const struct verify *verify)
{
	static const char *const numbers[] = {
		"pending", "replay",   "undelivered", "sum",  "due",
		"ledger",  "accounts", "lines",       "keys", "repeated"
	};
	const json_t *record = verify->record;
	const char *name;
	json_t *number;

	printf("%s\n", verify->group->name);
	json_object_foreach(json_object_get(record, "books"), name, number)
		number_print(name, number);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		number_print(numbers[i], json_object_get(record, numbers[i]));
	list_print(json_object_get(record, "told"), "note");
	list_print(json_object_get(record, "off"), "OFF");
	if (json_is_null(json_object_get(record, "balanced")))
		puts("  unknown: when this group began, and what it was due, "
		     "is "
		     "noted nowhere");
	else if (!verify_is_off(verify))
		puts("  balanced");
}

/* A look failed: say why. A group that was not asked for by name may not exist
   yet: nothing was ever due to it then. */
static int verify_look_failed(const struct verify *verify,
			      const struct verify_options *options)
{
	fprintf(stderr, "ordermqctl: %s\n", verify->err->text);
	if (verify->err->class != ERR_REJECT)
		return EX_UNAVAILABLE;
	return options->groups[0] == NULL ? EX_OK : EX_DATAERR;
}

/* Returns an exit status. */
static int group_verify(struct verify *verify,
			const struct verify_options *options)
{
	int looks = 0;
	int status;

	if (options->correct && verify_correct(verify, options->execute) < 0)
		return verify_look_failed(verify, options);
	do {
		if (verify_look(verify) < 0)
			return verify_look_failed(verify, options);
	} while ((verify_is_off(verify) || is_moving(verify)) &&
		 ++looks < LOOKS_MAX);
	status = json_is_true(json_object_get(verify->record, "balanced"))
			 ? EX_OK
			 : EX_SOFTWARE;
	if (options->as_json)
		json_line_write(stdout, json_incref(verify->record));
	else
		table_print(verify);
	return status;
}

static bool is_asked_for(const struct settings_group *group,
			 const char *const *names)
{
	if (names[0] == NULL)
		return !settings_is_groupless(group);
	while (*names != NULL && strcmp(*names, group->name) != 0)
		names++;
	return *names != NULL;
}

/* Of two exit statuses, the one that says more about the data. */
static int worse(int a, int b)
{
	if (a == EX_SOFTWARE || b == EX_SOFTWARE)
		return EX_SOFTWARE;
	return a != EX_OK ? a : b;
}

static int groups_verify(struct verify *verify,
			 const struct verify_options *options)
{
	int status = EX_OK;

	for (int64_t i = 0; i < verify->settings->group_count; i++) {
		verify->group = &verify->settings->groups[i];
		if (is_asked_for(verify->group, options->groups) &&
		    redis_is_open(verify->redis))
			status = worse(status, group_verify(verify, options));
	}
	return redis_is_open(verify->redis) ? status : EX_UNAVAILABLE;
}

/* Are all groups that are asked for configured, and groups of Redis? */
static bool are_groups(const struct settings *settings,
		       const char *const *names)
{
	for (; *names != NULL; names++) {
		const struct settings_group *group =
			settings_group(settings, *names);

		if (group != NULL && !settings_is_groupless(group))
			continue;
		fprintf(stderr, "ordermqctl: %s: no such group\n", *names);
		return false;
	}
	return true;
}

int verify_run(const struct settings *settings,
	       const struct verify_options *options)
{
	struct err err;
	struct verify verify = { .settings = settings,
				 .push_logs = options->push_logs,
				 .err = &err };
	int status = EX_UNAVAILABLE;

	if (!are_groups(settings, options->groups))
		return EX_DATAERR;
	verify.arena = arena_open(ARENA_BYTES);
	if (verify.arena == NULL ||
	    redis_open(&settings->redis, -1, &verify.redis, &err) < 0)
		fprintf(stderr, "ordermqctl: %s\n",
			verify.arena == NULL ? "out of memory" : err.text);
	else
		status = groups_verify(&verify, options);
	redis_close(&verify.redis);
	arena_close(&verify.arena);
	json_decref(verify.record);
	return status;
}
