/* Lets dead letters come back to their groups. dead_choice.c brings the
   letters; lib/scripts/replay.lua moves one. */

#include "config.h"

#include "supervisor/ctl/redis/dead_replay.h"

#include "lib/base/err.h"
#include "lib/base/num.h"
#include "lib/redis/redis.h"
#include "supervisor/ctl/ctl.h"
#include "supervisor/ctl/redis/dead_choice.h"

#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#define RATE_MAX 1000

static const char replay_lua[] =
#include "lib/scripts/dead_letter.inc"
#include "lib/scripts/index.inc"
#include "lib/scripts/come_back.inc"
#include "lib/scripts/replay.inc"
	;

/* A replay, with the letters that it is about. */
struct replay {
	struct dead_choice
		choice; /* the first, so that one leads to the other */
	int64_t rate;   /* letters a second; 0: no limit */
};

/* Move one letter. Returns 1; 0 when it was not moved, since another replay was
   faster or the letter has no fields, which is said; or -1. */
static int letter_move(struct replay *replay, struct text group, struct text id)
{
	struct dead_choice *choice = &replay->choice;
	const char *stream = choice->keys.stream;
	char name[SETTINGS_NAME_BYTES], to[KEYS_BYTES], books[KEYS_BYTES];
	const struct reply *moved;

	(void)snprintf(name, sizeof(name), "%.*s", (int)group.length,
		       group.data);
	const struct text words[] = {
		text_of("EVAL"),
		text_of(replay_lua),
		text_of("4"),
		text_of(choice->keys.dead),
		text_of(keys_of_group(stream, name, "replay", to)),
		text_of(keys_of_group(stream, name, "books", books)),
		text_of(stream),
		group,
		id,
	};

	moved = view_call(&choice->view, words,
			  sizeof(words) / sizeof(words[0]));
	if (moved == NULL)
		return -1;
	if (moved->type == REPLY_INTEGER) {
		ctl_say("%s: its fields were not kept, and the entry has left "
			"the stream: not replayed",
			id.data);
		choice->missing = true;
	}
	return reply_text(moved).length > 0;
}

static int replay_take(struct dead_choice *choice,
		       const struct dead_letter *letter)
{
	struct replay *replay = (struct replay *)choice;
	int moved;

	if (choice->dry_run)
		return 0;
	moved = letter_move(replay, dead_letter_note(letter, "group"),
			    letter->id);
	/* The choice counts it as taken when this returns 0. */
	if (moved == 0)
		choice->count--;
	if (replay->rate > 0)
		(void)poll(NULL, 0, (int)(1000 / replay->rate));
	return moved < 0 ? -1 : 0;
}

static int rate_take(struct replay *replay, const char *text)
{
	if (text == NULL)
		return 0;
	if (num_parse(text, strlen(text), &replay->rate) == 0 &&
	    replay->rate >= 1 && replay->rate <= RATE_MAX)
		return 0;
	ctl_say("--rate %s: expected 1 to %d letters a second", text, RATE_MAX);
	return -1;
}

int dead_replay(struct ctl *ctl)
{
	struct replay replay = { .choice = { .take = replay_take } };
	struct dead_choice *choice = &replay.choice;
	const char *rate = NULL;
	const struct ctl_option options[] = {
		{ "reason", '\0', &choice->reason, NULL },
		{ "since", '\0', &choice->since, NULL },
		{ "rate", '\0', &rate, NULL },
		{ "dry-run", '\0', NULL, &choice->dry_run },
		{ NULL, '\0', NULL, NULL },
	};
	int status;

	if (ctl_take(ctl, options, 2, INT_MAX) < 0)
		return ctl->status;
	if (rate_take(&replay, rate) < 0)
		return EX_USAGE;
	status = dead_choice_run(choice, ctl);
	if (choice->view.redis != NULL)
		dead_choice_say(choice, "replayed");
	dead_choice_close(choice);
	return status;
}
