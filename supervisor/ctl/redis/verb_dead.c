/* ordermqctl dead: lists, shows, replays, drops and exports dead letters. ctl.c
   calls it; dead_choice.c brings the letters, dead_replay.c replays. */

#include "config.h"

#include "supervisor/ctl/verbs.h"

#include "lib/redis/redis.h"
#include "supervisor/ctl/ctl.h"
#include "supervisor/ctl/redis/dead_choice.h"
#include "supervisor/ctl/redis/dead_replay.h"
#include "supervisor/common/json_line.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

static const char drop_lua[] =
#include "lib/scripts/dead_letter.inc"
#include "lib/scripts/index.inc"
#include "supervisor/ctl/redis/drop.inc"
	;

static const struct table_column columns[] = {
	{ "ID", "id", -15, TABLE_TEXT, "?" },
	{ "GROUP", "group", -8, TABLE_TEXT, "?" },
	{ "ORDER", "orderno", -10, TABLE_TEXT, "?" },
	{ "DELIV", "deliveries", 5, TABLE_NUMBER, "?" },
	{ "TRIES", "attempts", 5, TABLE_NUMBER, "?" },
	{ "AGE", "age_seconds", 4, TABLE_AGE, "?" },
	{ "REASON", "reason", -20, TABLE_TEXT, "?" },
	{ NULL, NULL, 0, TABLE_TEXT, NULL },
};

static int list_take(struct dead_choice *choice,
		     const struct dead_letter *letter)
{
	view_put(&choice->view, columns,
		 dead_letter_record(&choice->view, letter));
	return 0;
}

static int dead_list(struct ctl *ctl)
{
	struct dead_choice choice = { .take = list_take };
	const struct ctl_option options[] = {
		{ "reason", '\0', &choice.reason, NULL },
		{ "since", '\0', &choice.since, NULL },
		{ NULL, '\0', NULL, NULL },
	};
	int status;

	if (ctl_take(ctl, options, 1, 1) < 0)
		return ctl->status;
	status = dead_choice_run(&choice, ctl);
	if (status == EX_OK && choice.count == 0 && !ctl->as_json)
		ctl_say("no such dead letters");
	dead_choice_close(&choice);
	return status;
}

/* The record of a letter with all fields of its entry. */
static json_t *whole_record(struct dead_choice *choice,
			    const struct dead_letter *letter)
{
	json_t *record = dead_letter_record(&choice->view, letter);

	(void)json_object_set_new(record, "fields",
				  view_fields(&letter->fields));
	return record;
}

static void show_value(const char *name, const json_t *value)
{
	printf("%-12s ", name);
	if (json_is_integer(value))
		printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else if (json_is_string(value))
		view_print((struct text){ json_string_value(value),
					  json_string_length(value) });
	else
		putchar('?');
	putchar('\n');
}

/* Say so when the fields cannot be shown. */
static void lack_say(const struct dead_letter *letter)
{
	if (dead_letter_lacks(letter) != NULL)
		ctl_say("%s: %s", letter->id.data, dead_letter_lacks(letter));
}

static int show_take(struct dead_choice *choice,
		     const struct dead_letter *letter)
{
	json_t *record, *value;
	const char *name;

	lack_say(letter);
	if (choice->view.as_json) {
		json_line_write(stdout, whole_record(choice, letter));
		return 0;
	}
	if (choice->count > 0)
		putchar('\n');
	record = dead_letter_record(&choice->view, letter);
	json_object_foreach(record, name, value)
	{
		if (strcmp(name, "kind") != 0)
			show_value(name, value);
	}
	json_decref(record);
	putchar('\n');
	for (size_t i = 0; i + 1 < reply_count(&letter->fields); i += 2) {
		view_print(reply_text(reply_at(&letter->fields, i)));
		putchar('=');
		view_print(reply_text(reply_at(&letter->fields, i + 1)));
		putchar('\n');
	}
	return 0;
}

static int dead_show(struct ctl *ctl)
{
	struct dead_choice choice = { .take = show_take };
	int status;

	if (ctl_take(ctl, NULL, 2, 2) < 0)
		return ctl->status;
	status = dead_choice_run(&choice, ctl);
	dead_choice_close(&choice);
	return status;
}

static int export_take(struct dead_choice *choice,
		       const struct dead_letter *letter)
{
	lack_say(letter);
	/* Dropping the letter now would lose those fields. */
	choice->missing = choice->missing || letter->cut;
	json_line_write(stdout, whole_record(choice, letter));
	return 0;
}

static int dead_export(struct ctl *ctl)
{
	struct dead_choice choice = { .take = export_take };
	const struct ctl_option options[] = {
		{ "reason", '\0', &choice.reason, NULL },
		{ "since", '\0', &choice.since, NULL },
		{ NULL, '\0', NULL, NULL },
	};
	int status;

	if (ctl_take(ctl, options, 2, INT_MAX) < 0)
		return ctl->status;
	status = dead_choice_run(&choice, ctl);
	dead_choice_close(&choice);
	return status;
}

static int drop_take(struct dead_choice *choice,
		     const struct dead_letter *letter)
{
	const struct text words[] = {
		text_of("EVAL"),
		text_of(drop_lua),
		text_of("1"),
		text_of(choice->keys.dead),
		letter->id,
		dead_letter_note(letter, "group"),
		dead_letter_note(letter, "id"),
	};

	for (size_t i = choice->word_count == 0 ? 0 : 4; i < 7; i++)
		choice->words[choice->word_count++] = words[i];
	return 0;
}

/* Another command may have dropped some of them first. */
static int drop_page(struct dead_choice *choice)
{
	const struct reply *dropped;
	int64_t wanted = ((int64_t)choice->word_count - 4) / 3;

	if (choice->word_count == 0 || choice->dry_run)
		return 0;
	dropped = view_call(&choice->view, choice->words, choice->word_count);
	if (dropped == NULL) {
		choice->count -= wanted;
		return -1;
	}
	choice->count -= wanted - reply_integer(dropped, wanted);
	return 0;
}

static int dead_drop(struct ctl *ctl)
{
	struct dead_choice choice = { .take = drop_take, .page = drop_page };
	const struct ctl_option options[] = {
		{ "reason", '\0', &choice.reason, NULL },
		{ "since", '\0', &choice.since, NULL },
		{ "dry-run", '\0', NULL, &choice.dry_run },
		{ NULL, '\0', NULL, NULL },
	};
	int status;

	if (ctl_take(ctl, options, 2, INT_MAX) < 0)
		return ctl->status;
	status = dead_choice_run(&choice, ctl);
	if (choice.view.redis != NULL)
		dead_choice_say(&choice, "dropped");
	dead_choice_close(&choice);
	return status;
}

static const struct ctl_verb verbs[] = {
	{ "list", "GROUP|ALL [--reason TEXT] [--since TIME|AGE|ID] [--json]",
	  "which there are", dead_list },
	{ "show", "GROUP|ALL ID [--json]", "all that is known of one",
	  dead_show },
	{ "replay",
	  "GROUP|ALL ID...|-|ALL [--reason TEXT] [--since TIME|AGE|ID] "
	  "[--rate N] [--dry-run]",
	  "let them come back, each to its own group only", dead_replay },
	{ "drop",
	  "GROUP|ALL ID...|-|ALL [--reason TEXT] [--since TIME|AGE|ID] "
	  "[--dry-run]",
	  "delete them for good", dead_drop },
	{ "export",
	  "GROUP|ALL ID...|-|ALL [--reason TEXT] [--since TIME|AGE|ID]",
	  "print letters with all their fields, as JSON Lines", dead_export },
	{ NULL, NULL, NULL, NULL },
};

int verb_dead(struct ctl *ctl)
{
	return ctl_run(ctl, verbs);
}
