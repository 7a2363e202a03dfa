/* ordermqctl points: prints the balance of an account, and the ledger lines
   that it is the sum of. ctl.c calls it; ledger_line.c reads a line. */

#include "config.h"

#include "supervisor/ctl/verbs.h"

#include "lib/base/arena.h"
#include "lib/stream/keys.h"
#include "lib/redis/redis.h"
#include "lib/settings/settings.h"
#include "supervisor/ctl/ctl.h"
#include "supervisor/ctl/redis/ledger_line.h"
#include "supervisor/common/json_line.h"
#include "supervisor/ctl/redis/view.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

/* At most this many times the ledger is read, since the balance may change
   meanwhile. */
#define READS_MAX 5

struct account {
	struct view view;
	const char *name;
	const char *group;
	bool has_balance;
	char balance[64]; /* as Redis has it: "" for none */
	json_t *lines;    /* event: record */
	int64_t sum;
	bool is_exact; /* the sum: no line is broken, and it fits */
	bool found;    /* in any group */
	bool differs;  /* in any group */
};

static const struct table_column columns[] = {
	{ "GROUP", "group", -17, TABLE_TEXT, "?" },
	{ "ACCOUNT", "account", -17, TABLE_TEXT, "?" },
	{ "BALANCE", "balance", 17, TABLE_NUMBER, "?" },
	{ "SUM", "sum", 17, TABLE_NUMBER, "?" },
	{ "LINES", "lines", 8, TABLE_NUMBER, "?" },
	{ NULL, NULL, 0, TABLE_TEXT, NULL },
};

static int read_balance(struct account *account)
{
	char key[KEYS_BYTES];
	const struct reply *balance;

	arena_reset(account->view.arena);
	balance =
		redis_command(account->view.redis, account->view.arena,
			      &account->view.err, "HGET",
			      keys_of_group(account->view.settings->stream_key,
					    account->group, "balance", key),
			      account->name, NULL);
	if (balance == NULL)
		return -1;
	account->has_balance = balance->type != REPLY_NIL;
	(void)snprintf(account->balance, sizeof(account->balance), "%s",
		       reply_text(balance).data);
	return 0;
}

/* Add a line, once: a hash that is scanned may show it twice. */
static void add_line(struct account *account, struct text event,
		     struct text value)
{
	struct ledger_line line;
	bool whole = ledger_line_read(event, value, &line) == 0;
	size_t length = strlen(account->name);

	/* The beginning of a line, also of a broken one, tells its account. */
	if (value.length <= length || value.data[length] != '\t' ||
	    memcmp(value.data, account->name, length) != 0 ||
	    json_object_get(account->lines, event.data) != NULL)
		return;
	(void)json_object_set_new_nocheck(
		account->lines, event.data,
		ledger_line_record(&account->view, account->group, &line));
	if (!whole ||
	    __builtin_add_overflow(account->sum, line.points, &account->sum))
		account->is_exact = false;
}

static int read_lines(struct account *account)
{
	char key[KEYS_BYTES], cursor[32] = "0";
	const struct reply *page, *lines;

	json_object_clear(account->lines);
	account->sum = 0;
	account->is_exact = true;
	(void)keys_of_group(account->view.settings->stream_key, account->group,
			    "ledger", key);
	do {
		arena_reset(account->view.arena);
		page = redis_command(account->view.redis, account->view.arena,
				     &account->view.err, "HSCAN", key, cursor,
				     "COUNT", "1000", NULL);
		if (page == NULL)
			return -1;
		lines = reply_at(page, 1);
		for (size_t i = 0; i + 1 < reply_count(lines); i += 2)
			add_line(account, reply_text(reply_at(lines, i)),
				 reply_text(reply_at(lines, i + 1)));
		(void)snprintf(cursor, sizeof(cursor), "%s",
			       reply_text(reply_at(page, 0)).data);
	} while (strcmp(cursor, "0") != 0 && cursor[0] != '\0');
	return 0;
}

/* Read balance and lines as of one moment: again when the balance changed
   meanwhile, since the new lines may be missing. Returns 0; 1 when the balance
   changed every time; or -1. */
static int read_both(struct account *account)
{
	char before[sizeof(account->balance)];

	for (int i = 0; i < READS_MAX; i++) {
		if (read_balance(account) < 0)
			return -1;
		(void)snprintf(before, sizeof(before), "%s", account->balance);
		if (read_lines(account) < 0 || read_balance(account) < 0)
			return -1;
		if (strcmp(before, account->balance) == 0)
			return 0;
	}
	return 1;
}

static int by_member(const json_t *a, const json_t *b, const char *name)
{
	const char *s = json_string_value(json_object_get(a, name));
	const char *t = json_string_value(json_object_get(b, name));

	return strcmp(s == NULL ? "" : s, t == NULL ? "" : t);
}

/* RFC 3339 in UTC sorts as text, and so do ids of about the same time. */
static int by_time(const void *a, const void *b)
{
	static const char *const names[] = { "time", "entry", "event" };
	int order = 0;

	for (size_t i = 0; order == 0 && i < 3; i++)
		order = by_member(*(json_t *const *)a, *(json_t *const *)b,
				  names[i]);
	return order;
}

static void put_lines(struct account *account)
{
	size_t count = json_object_size(account->lines), i = 0;
	json_t **sorted = calloc(count + 1, sizeof(json_t *)), *line;
	const char *event;

	json_object_foreach(account->lines, event, line)
	{
		if (sorted != NULL)
			sorted[i++] = line;
	}
	if (sorted != NULL)
		qsort(sorted, i, sizeof(json_t *), by_time);
	for (size_t n = 0; n < i; n++)
		view_put(&account->view, ledger_line_columns,
			 json_incref(sorted[n]));
	free(sorted);
}

static void points_put(struct account *account)
{
	const struct reply reply = { .type = REPLY_STRING,
				     .text = text_of(account->balance) };
	int64_t balance =
		account->has_balance ? reply_integer(&reply, INT64_MIN) : 0;
	bool differs = !account->is_exact || balance != account->sum;

	view_put(&account->view, columns,
		 json_pack("{s:s,s:o,s:o,s:o,s:o,s:I}", "kind", "balance",
			   "group", json_line_text(account->group), "account",
			   json_line_text(account->name), "balance",
			   balance == INT64_MIN ? json_null()
						: json_integer(balance),
			   "sum",
			   account->is_exact ? json_integer(account->sum)
					     : json_null(),
			   "lines",
			   (json_int_t)json_object_size(account->lines)));
	put_lines(account);
	if (differs)
		ctl_say("%s: the balance is not the sum of the ledger",
			account->group);
	account->differs = account->differs || differs;
	account->found = true;
}

static int show_group(struct account *account)
{
	int moving = read_both(account);

	if (moving < 0)
		return view_failed(&account->view);
	if (moving > 0) {
		ctl_say("%s: the balance changes all the time", account->group);
		return EX_TEMPFAIL;
	}
	if (account->has_balance || json_object_size(account->lines) > 0)
		points_put(account);
	return EX_OK;
}

/* Show the account in all groups of the program points, or in wanted alone. */
static int points_show(struct account *account, const char *wanted)
{
	const struct settings *settings = account->view.settings;
	int status = EX_OK;

	for (int64_t i = 0; status == EX_OK && i < settings->group_count; i++) {
		account->group = settings->groups[i].name;
		if (wanted == NULL
			    ? strcmp(settings->groups[i].program, "points") == 0
			    : strcmp(account->group, wanted) == 0)
			status = show_group(account);
	}
	if (status != EX_OK)
		return status;
	if (!account->found) {
		ctl_say("%s: no such account", account->name);
		return EX_DATAERR;
	}
	return account->differs ? EX_SOFTWARE : EX_OK;
}

static bool is_points(const struct settings *settings, const char *name)
{
	const struct settings_group *group = settings_group(settings, name);

	return group != NULL && strcmp(group->program, "points") == 0;
}

int verb_points(struct ctl *ctl)
{
	struct account account = { 0 };
	const char *wanted = NULL;
	const struct ctl_option options[] = {
		{ "group", '\0', &wanted, NULL },
		{ NULL, '\0', NULL, NULL },
	};
	int status;

	if (ctl_take(ctl, options, 1, 1) < 0)
		return ctl->status;
	account.name = ctl->operands[0];
	account.lines = json_object();
	status = view_open(&account.view, ctl, -1);
	if (status == EX_OK && wanted != NULL &&
	    !is_points(&ctl->settings, wanted)) {
		ctl_say("%s: no group of the program points", wanted);
		status = EX_DATAERR;
	}
	if (status == EX_OK)
		status = points_show(&account, wanted);
	json_decref(account.lines);
	view_close(&account.view);
	return status;
}
