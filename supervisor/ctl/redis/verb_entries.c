/* ordermqctl entries: prints the entries of the stream, and follows it. It
   reads without a group, so no group loses an entry to it. ctl.c calls it;
   view_range.c brings the pages. */

#include "config.h"

#include "supervisor/ctl/verbs.h"

#include "lib/base/arena.h"
#include "lib/redis/redis.h"
#include "lib/settings/settings.h"
#include "supervisor/ctl/ctl.h"
#include "supervisor/common/json_line.h"
#include "supervisor/common/signals.h"
#include "supervisor/ctl/redis/view_range.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#define BLOCK_MSECS 5000
#define BLOCK_WORD "5000"

struct entries {
	struct view view;
	struct view_range range;
	const char *from; /* as typed; NULL: not at all */
	const char *to;
	const char *field; /* "K=V" */
	bool follow;
};

static void entries_print_line(const struct view *view, struct text id,
			       const struct reply *fields)
{
	int64_t age = view_age(view, when_of_id(id.data));
	char text[TABLE_AGE_BYTES];

	view_print(id);
	printf(" %4s ", age < 0 ? "?" : table_age(age, text));
	for (size_t i = 0; i + 1 < reply_count(fields); i += 2) {
		putchar(' ');
		view_print(reply_text(reply_at(fields, i)));
		putchar('=');
		view_print(reply_text(reply_at(fields, i + 1)));
	}
	fputs(fields->type == REPLY_NIL ? " ?\n" : "\n", stdout);
}

static void print_entry(const struct entries *entries,
			const struct reply *entry)
{
	const struct reply *fields = reply_at(entry, 1);
	struct text id = reply_text(reply_at(entry, 0));

	if (entries->field != NULL && !view_has(fields, entries->field))
		return;
	if (!entries->view.as_json) {
		entries_print_line(&entries->view, id, fields);
		return;
	}
	json_line_write(stdout, json_pack("{s:s,s:o,s:o,s:o}", "kind", "entry",
					  "id", json_line_shown(id), "time",
					  json_line_time(when_of_id(id.data)),
					  "fields", view_fields(fields)));
}

/* Print all entries of the range. Returns 0, or -1. */
static int entries_print_range(struct entries *entries)
{
	const struct reply *page;
	int more;

	while ((more = view_next(&entries->view, &entries->range, &page)) > 0) {
		for (size_t i = 0; i < reply_count(page); i++)
			print_entry(entries, reply_at(page, i));
		(void)fflush(stdout);
	}
	return more;
}

/* Begin behind the last entry. */
static int skip_all(struct entries *entries)
{
	char last[WHEN_ID_BYTES];

	if (view_last_id(&entries->view, entries->range.key, last) < 0)
		return -1;
	(void)snprintf(entries->range.from, sizeof(entries->range.from), "(%s",
		       last);
	return 0;
}

/* Wait until there is a new entry. It is read afterwards, within the limits of
   a page. */
static int wait_for_one(struct entries *entries)
{
	const char *from = entries->range.from;
	const struct text words[] = {
		text_of("XREAD"),
		text_of("COUNT"),
		text_of("1"),
		text_of("BLOCK"),
		text_of(BLOCK_WORD),
		text_of("STREAMS"),
		text_of(entries->range.key),
		text_of(from[0] == '('   ? from + 1
			: from[0] == '-' ? "0"
					 : from),
	};
	struct view *view = &entries->view;
	const struct reply *reply;

	arena_reset(view->arena);
	reply = redis_call(view->redis, view->arena, words,
			   sizeof(words) / sizeof(words[0]), BLOCK_MSECS,
			   &view->err);
	if (reply == NULL)
		return redis_too_big(view->redis) ? 0 : -1;
	if (reply_is_error(reply))
		return err_set(&view->err, ERR_RETRY, "XREAD: %s",
			       reply_text(reply).data);
	return 0;
}

static int entries_print_all(struct entries *entries)
{
	if (entries->follow && entries->from == NULL && skip_all(entries) < 0)
		return -1;
	if (entries_print_range(entries) < 0)
		return -1;
	while (entries->follow) {
		if (wait_for_one(entries) < 0 ||
		    entries_print_range(entries) < 0)
			return -1;
	}
	return 0;
}

static int entries_show(struct entries *entries, struct ctl *ctl, int wake_fd)
{
	struct view *view = &entries->view;
	int status = view_open(view, ctl, wake_fd);

	view_range(&entries->range, ctl->settings.stream_key);
	if (status == EX_OK)
		status = view_when(view, "--from", entries->from,
				   entries->range.from);
	if (status == EX_OK)
		status =
			view_when(view, "--to", entries->to, entries->range.to);
	if (status == EX_OK && entries_print_all(entries) < 0)
		/* Following ends well when it is interrupted. */
		status = wake_fd >= 0 && signals_next(wake_fd) != 0
				 ? EX_OK
				 : view_failed(view);
	view_close(view);
	return status;
}

static int entries_follow(struct entries *entries, struct ctl *ctl)
{
	int wake_fd = signals_open(&entries->view.err), status;

	if (wake_fd < 0)
		return view_failed(&entries->view);
	/* End when the reader of our output goes away. */
	(void)signal(SIGPIPE, SIG_DFL);
	status = entries_show(entries, ctl, wake_fd);
	(void)close(wake_fd);
	return status;
}

int verb_entries(struct ctl *ctl)
{
	struct entries entries = { 0 };
	const struct ctl_option options[] = {
		{ "from", '\0', &entries.from, NULL },
		{ "to", '\0', &entries.to, NULL },
		{ "field", '\0', &entries.field, NULL },
		{ "follow", 'f', NULL, &entries.follow },
		{ NULL, '\0', NULL, NULL },
	};

	if (ctl_take(ctl, options, 0, 0) < 0)
		return ctl->status;
	if ((entries.field != NULL && strchr(entries.field, '=') == NULL) ||
	    (entries.follow && entries.to != NULL))
		return ctl_usage(ctl);
	return entries.follow ? entries_follow(&entries, ctl)
			      : entries_show(&entries, ctl, -1);
}
