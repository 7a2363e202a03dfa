/* ordermqctl demo and compare: this process becomes ordermq-demo, a program of
   its own (show/ordermq_demo.c), so that nothing of both is in ordermqctl.
   ctl.c calls it; nothing comes after. */

#include "config.h"

#include "supervisor/ctl/verbs.h"

#include "supervisor/ctl/ctl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

/* At most this many words, with the NULL behind the last one. */
#define SHOW_WORDS_MAX 12

struct show {
	char *words[SHOW_WORDS_MAX];
	int count;
};

static void show_add(struct show *show, const char *word)
{
	/* execv() does not change them. */
	show->words[show->count++] = (char *)word;
}

/* Add an option with its value; NULL: the option was not given. */
static void show_add_option(struct show *show, const char *option,
			    const char *value)
{
	if (value == NULL)
		return;
	show_add(show, option);
	show_add(show, value);
}

/* Become ordermq-demo with these words. Returns an exit status only when it
   cannot be run. */
static int show_exec(const struct ctl *ctl, struct show *show)
{
	char path[SETTINGS_TEXT_BYTES];

	if ((size_t)snprintf(
		    path, sizeof(path), "%s%s/ordermq-demo",
		    ctl->build_dir == NULL ? PKGLIBEXECDIR : ctl->build_dir,
		    ctl->build_dir == NULL ? "" : "/bin") >= sizeof(path)) {
		ctl_say("--build-dir: longer than %zu bytes", sizeof(path));
		return EX_USAGE;
	}
	(void)execv(path, show->words);
	ctl_say("%s: %s", path,
		errno == ENOENT ? "not found" : strerror(errno));
	return EX_UNAVAILABLE;
}

int verb_demo(struct ctl *ctl)
{
	struct show show = { .count = 0 };

	if (ctl_take(ctl, NULL, 0, 0) < 0)
		return ctl->status;
	show_add(&show, "ordermq-demo");
	show_add(&show, "demo");
	show_add_option(&show, "--build-dir", ctl->build_dir);
	return show_exec(ctl, &show);
}

int verb_compare(struct ctl *ctl)
{
	struct show show = { .count = 0 };
	const char *orders = NULL, *workers = NULL;
	const struct ctl_option options[] = {
		{ "orders", '\0', &orders, NULL },
		{ "workers", '\0', &workers, NULL },
		{ NULL, '\0', NULL, NULL },
	};

	if (ctl_take(ctl, options, 0, 0) < 0)
		return ctl->status;
	show_add(&show, "ordermq-demo");
	show_add(&show, "compare");
	show_add_option(&show, "--build-dir", ctl->build_dir);
	show_add_option(&show, "--orders", orders);
	show_add_option(&show, "--workers", workers);
	if (ctl->as_json)
		show_add(&show, "--json");
	return show_exec(ctl, &show);
}
