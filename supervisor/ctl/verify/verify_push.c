/* Holds the push logs against the stream. verify_books.c comes before;
   verify_walk.c finds missing events. */

#include "config.h"

#include "supervisor/ctl/verify/verify_state.h"

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/settings/settings.h"
#include "supervisor/ctl/redis/tally.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* At most this many faults of one kind are named; the others are counted. */
#define NAMED_MAX 10

/* A last line without an end is being written, or was torn: at most this many
   looks are taken at it. */
#define TORN_TRIES 20
#define TORN_PAUSE_MSECS 50

/* The counts of one event key. */
enum key_number {
	KEY_LINES, /* lines that have it */
	KEY_SEEN,  /* the stream has it too */
};

struct push_check {
	struct verify *verify;
	struct tally *keys;
	int64_t line_count;
	int64_t bad_count;
	char bad[NAMED_MAX][512]; /* "file:line" */
	int64_t strange_count;    /* keys that the stream does not have */
	bool torn;                /* the last line of a file has no end */
};

static int line_take(struct push_check *check, const char *path, int64_t number,
		     const char *line)
{
	json_t *json = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
	const char *key = json_string_value(json_object_get(json, "key"));
	struct tally_row *row = NULL;

	check->line_count++;
	if (key == NULL) {
		if (check->bad_count < NAMED_MAX)
			(void)snprintf(check->bad[check->bad_count],
				       sizeof(check->bad[0]), "%s:%" PRId64,
				       path, number);
		check->bad_count++;
	} else {
		row = tally_at(check->keys, text_of(key));
		if (row != NULL)
			row->numbers[KEY_LINES]++;
	}
	json_decref(json);
	return key != NULL && row == NULL
		       ? err_set(check->verify->err, ERR_RETRY, "out of memory")
		       : 0;
}

static int lines_take(struct push_check *check, const char *path, FILE *in)
{
	char *line = NULL;
	size_t size = 0;
	int64_t number = 0;
	ssize_t got;
	int ret = 0;

	while (ret == 0 && (got = getline(&line, &size, in)) > 0) {
		check->torn = check->torn || line[got - 1] != '\n';
		ret = line_take(check, path, ++number, line);
	}
	free(line);
	return ret;
}

static int file_take(struct push_check *check, const char *path)
{
	FILE *in = fopen(path, "re");
	int ret;

	if (in == NULL)
		return err_errno(check->verify->err, ERR_REJECT, "%s", path);
	ret = lines_take(check, path, in);
	if (ret == 0 && ferror(in))
		ret = err_set(check->verify->err, ERR_REJECT,
			      "%s: cannot be read", path);
	(void)fclose(in);
	return ret;
}

static int files_take(struct push_check *check)
{
	tally_close(&check->keys);
	check->keys = tally_open();
	check->line_count = 0;
	check->bad_count = 0;
	check->torn = false;
	if (check->keys == NULL)
		return err_set(check->verify->err, ERR_RETRY, "out of memory");
	for (const char *const *path = check->verify->push_logs; *path != NULL;
	     path++)
		if (file_take(check, *path) < 0)
			return -1;
	return 0;
}

static int logs_read(struct push_check *check)
{
	int tries = 0;

	do {
		if (tries > 0)
			(void)poll(NULL, 0, TORN_PAUSE_MSECS);
		if (files_take(check) < 0)
			return -1;
	} while (check->torn && ++tries < TORN_TRIES);
	return 0;
}

static int keys_look(struct verify *verify, void *state,
		     struct verify_event *events, size_t count)
{
	struct push_check *check = state;

	(void)verify;
	for (size_t i = 0; i < count; i++) {
		struct tally_row *row =
			tally_find(check->keys, text_of(events[i].key));

		events[i].known = row != NULL;
		if (row != NULL)
			row->numbers[KEY_SEEN] = 1;
	}
	return 0;
}

/* A line is written before its entry is acknowledged, so every entry that is
   acknowledged by now is in the logs when they are read again. */
static int keys_refresh(struct verify *verify, void *state)
{
	struct push_check *check = state;
	const struct tally_row *row = NULL;

	(void)verify;
	check->strange_count = 0;
	while ((row = tally_next(check->keys, row)) != NULL)
		check->strange_count += row->numbers[KEY_SEEN] == 0;
	return logs_read(check);
}

/* An event that was too old to be sent has no line, but was counted. */
static bool is_too_old(const struct verify *verify, const char *id)
{
	int64_t max_age = verify->group->push.max_age_msecs;

	return max_age > 0 &&
	       clock_wall_msecs() - strtoll(id, NULL, 10) > max_age;
}

static void missing_compare(struct push_check *check, const json_t *missing)
{
	struct verify *verify = check->verify;
	/* Dead letters that were dropped or replayed since. */
	int64_t excused = verify->books[OUTCOME_DEAD] +
			  verify->books[OUTCOME_REJECTED] - verify->letters;
	int64_t expired = verify->books[OUTCOME_EXPIRED];
	int64_t named = 0, more = 0;
	const json_t *entry;
	size_t i;

	json_array_foreach(missing, i, entry)
	{
		const char *name = json_string_value(entry);

		if (expired > 0 && is_too_old(verify, name))
			expired--;
		else if (excused > 0)
			excused--;
		else if (named++ < NAMED_MAX)
			verify_off(verify,
				   "entry %s is acknowledged, and in no push "
				   "log",
				   name);
		else
			more++;
	}
	if (more > 0)
		verify_off(verify, "%" PRId64 " more such entries", more);
}

static void lines_compare(struct push_check *check)
{
	struct verify *verify = check->verify;
	const struct tally_row *row = NULL;
	int64_t duplicates = 0;

	for (int64_t i = 0; i < check->bad_count && i < NAMED_MAX; i++)
		verify_off(verify, "%s: no notification%s", check->bad[i],
			   check->torn && i == check->bad_count - 1
				   ? ", a torn line maybe"
				   : "");
	if (check->bad_count > NAMED_MAX)
		verify_off(verify, "%" PRId64 " more such lines",
			   check->bad_count - NAMED_MAX);
	while ((row = tally_next(check->keys, row)) != NULL)
		duplicates += row->numbers[KEY_LINES] - 1;
	verify_number(verify, "lines", check->line_count);
	verify_number(verify, "keys", (int64_t)tally_count(check->keys));
	verify_number(verify, "repeated", duplicates);
	if (check->strange_count > 0)
		verify_tell(verify,
			    "%" PRId64 " event keys of the push logs are of no "
			    "entry in the stream behind %s",
			    check->strange_count, verify->start);
}

static int push_compare(struct push_check *check, json_t *missing)
{
	const struct verify_marks marks = {
		.look = keys_look,
		.refresh = keys_refresh,
		.state = check,
		.guests = true,
	};

	if (logs_read(check) < 0 ||
	    verify_walk(check->verify, &marks, missing) < 0)
		return -1;
	lines_compare(check);
	missing_compare(check, missing);
	return 0;
}

int verify_push(struct verify *verify)
{
	struct push_check *check = calloc(1, sizeof(*check));
	json_t *missing = json_array();
	int ret;

	if (check == NULL) {
		ret = err_set(verify->err, ERR_RETRY, "out of memory");
	} else {
		check->verify = verify;
		ret = push_compare(check, missing);
		tally_close(&check->keys);
	}
	json_decref(missing);
	free(check);
	return ret;
}
