/* The dead letters that a verb is about, by ids, standard input, or a range.
   verb_dead.c and dead_replay.c handle each of them. */

#include "config.h"

#include "supervisor/ctl/redis/dead_choice.h"

#include "lib/consumer/delivery.h"
#include "lib/redis/redis.h"
#include "lib/settings/settings.h"
#include "supervisor/ctl/ctl.h"
#include "supervisor/common/json_line.h"
#include "supervisor/ctl/redis/view_range.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

static bool is_all(const char *word)
{
	return strcmp(word, "ALL") == 0;
}

static bool is_chosen(const struct dead_choice *choice,
		      const struct dead_letter *letter)
{
	struct text reason = dead_letter_note(letter, "reason");

	if (choice->group != NULL &&
	    !text_is(dead_letter_note(letter, "group"), choice->group))
		return false;
	return choice->reason == NULL ||
	       memmem(reason.data, reason.length, choice->reason,
		      strlen(choice->reason)) != NULL;
}

static int take_page(struct dead_choice *choice, const struct reply *entries)
{
	struct dead_letter letter;

	choice->word_count = 0;
	for (size_t i = 0; i < reply_count(entries); i++) {
		dead_letter_read(reply_at(entries, i), choice->view.arena,
				 &letter);
		if (!is_chosen(choice, &letter))
			continue;
		if (choice->take(choice, &letter) < 0)
			return -1;
		choice->count++;
	}
	return choice->page == NULL ? 0 : choice->page(choice);
}

/* Take the letters between two ids. */
static int take_range(struct dead_choice *choice, const char *from,
		      const char *to)
{
	const struct reply *entries;
	struct view_range range;
	int more;

	view_range(&range, choice->keys.dead);
	range.letters = true;
	(void)snprintf(range.from, sizeof(range.from), "%s", from);
	(void)snprintf(range.to, sizeof(range.to), "%s", to);
	while ((more = view_next(&choice->view, &range, &entries)) > 0) {
		if (take_page(choice, entries) < 0)
			return -1;
	}
	return more;
}

static int take_one(struct dead_choice *choice, const char *id)
{
	int64_t before = choice->count, msecs;
	uint64_t seq;

	if (delivery_parse_id(text_of(id), &msecs, &seq) < 0) {
		ctl_say("%s: expected an id such as 1763640999001-0", id);
		choice->missing = true;
		return 0;
	}
	if (take_range(choice, id, id) < 0)
		return -1;
	if (choice->count == before) {
		ctl_say("%s: no such dead letter%s%s", id,
			choice->group == NULL ? "" : " of ",
			choice->group == NULL ? "" : choice->group);
		choice->missing = true;
	}
	return 0;
}

/* Take the letters whose ids come on standard input, one a line. */
static int take_input(struct dead_choice *choice)
{
	char *line = NULL;
	size_t bytes = 0;
	int ret = 0;

	while (ret == 0 && getline(&line, &bytes, stdin) >= 0) {
		char *id = line + strspn(line, " \t\r\n");

		id[strcspn(id, " \t\r\n")] = '\0';
		if (*id != '\0')
			ret = take_one(choice, id);
	}
	free(line);
	return ret;
}

static int take_all(struct dead_choice *choice)
{
	char from[WHEN_ID_BYTES] = "-";
	char to[WHEN_ID_BYTES];

	/* Up to the letter that is the last now: replayed letters may fail
	   again meanwhile, and "all" must come to an end. */
	choice->missing = view_when(&choice->view, "--since", choice->since,
				    from) != EX_OK;
	if (choice->missing)
		return 0;
	return view_last_id(&choice->view, choice->keys.dead, to) < 0
		       ? -1
		       : take_range(choice, from, to);
}

static int take_operands(struct dead_choice *choice, char **words, int count)
{
	if (count == 0 || (count == 1 && is_all(words[0])))
		return take_all(choice);
	if (count == 1 && strcmp(words[0], "-") == 0)
		return take_input(choice);
	for (int i = 0; i < count; i++) {
		if (take_one(choice, words[i]) < 0)
			return -1;
	}
	return 0;
}

/* Letters outlive their group, so a group is unknown only when it has no
   letters. */
static int outcome(struct dead_choice *choice)
{
	if (choice->missing)
		return EX_DATAERR;
	if (choice->count > 0 || choice->group == NULL ||
	    settings_group(choice->view.settings, choice->group) != NULL)
		return EX_OK;
	return view_check_group(&choice->view, choice->group);
}

int dead_choice_run(struct dead_choice *choice, struct ctl *ctl)
{
	char **words = ctl->operands + 1;
	int count = ctl->operand_count - 1, status;
	bool all = count == 0 || (count == 1 && is_all(words[0]));

	if (!all && (choice->reason != NULL || choice->since != NULL)) {
		ctl_say("--reason and --since narrow down ALL");
		return ctl_usage(ctl);
	}
	status = view_open(&choice->view, ctl, -1);
	if (status != EX_OK)
		return status;
	keys_make(ctl->settings.stream_key, NULL, &choice->keys);
	if (!is_all(ctl->operands[0]))
		choice->group = ctl->operands[0];
	return take_operands(choice, words, count) < 0
		       ? view_failed(&choice->view)
		       : outcome(choice);
}

void dead_choice_close(struct dead_choice *choice)
{
	view_close(&choice->view);
}

void dead_choice_say(const struct dead_choice *choice, const char *done)
{
	if (choice->view.as_json)
		json_line_write(stdout,
				json_pack("{s:s,s:I,s:b}", "kind", done,
					  "count", (json_int_t)choice->count,
					  "dry_run", choice->dry_run));
	else
		printf("%" PRId64 " %s%s\n", choice->count,
		       choice->dry_run ? "would be " : "", done);
}
