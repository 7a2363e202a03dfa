/* Completion for the shell, from the tables and usages that the help is made
   of. ctl.c calls it in the place of a verb. */

#include "config.h"

#include "supervisor/ctl/complete.h"

#include "lib/settings/conf.h"
#include "lib/base/log.h"
#include "lib/base/text.h"
#include "supervisor/ctl/ctl_state.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#define WORD_BYTES (SETTINGS_NAME_BYTES + 32)

static void offer(const struct ctl *ctl, const char *word)
{
	if (strncmp(word, ctl->typed, strlen(ctl->typed)) == 0)
		puts(word);
}

void complete_verb(const struct ctl *ctl, const struct ctl_verb *verbs)
{
	for (; verbs->name != NULL; verbs++)
		offer(ctl, verbs->name);
}

void complete_option(const struct ctl *ctl, const struct ctl_option *options)
{
	char word[WORD_BYTES];

	if (ctl->typed[0] != '-')
		return;
	for (; options->name != NULL; options++) {
		(void)snprintf(word, sizeof(word), "--%s", options->name);
		offer(ctl, word);
	}
}

/* Read the configuration for its names; one that cannot be read offers none. */
static bool knows_settings(struct ctl *ctl)
{
	if (!ctl->has_settings)
		ctl->has_settings = conf_load(ctl->config, NULL, &ctl->settings,
					      &ctl->settings_err) == 0;
	return ctl->has_settings;
}

static void offer_groups(struct ctl *ctl, const char *end)
{
	char word[WORD_BYTES];

	for (int64_t i = 0;
	     knows_settings(ctl) && i < ctl->settings.group_count; i++) {
		(void)snprintf(word, sizeof(word), "%s%s",
			       ctl->settings.groups[i].name, end);
		offer(ctl, word);
	}
}

static void offer_instances(struct ctl *ctl)
{
	char word[WORD_BYTES];

	for (int64_t i = 0;
	     knows_settings(ctl) && i < ctl->settings.group_count; i++) {
		const struct settings_group *group = &ctl->settings.groups[i];

		for (int64_t slot = 1; slot <= group->instances; slot++) {
			(void)snprintf(word, sizeof(word), "%s-%" PRId64,
				       group->name, slot);
			offer(ctl, word);
		}
	}
	offer(ctl, "keeper");
}

static void offer_levels(const struct ctl *ctl)
{
	for (int level = LOG_EMERG; level <= LOG_DEBUG; level++)
		offer(ctl, log_level_name(level));
}

/* Offer what one word of a usage stands for: "GROUP" for the groups, "ready"
   for itself. */
static void offer_all(struct ctl *ctl, struct text what)
{
	char word[WORD_BYTES];

	if (text_is(what, "GROUP"))
		offer_groups(ctl, "");
	else if (text_is(what, "GROUP=N"))
		offer_groups(ctl, "=");
	else if (text_is(what, "INSTANCE"))
		offer_instances(ctl);
	else if (text_is(what, "LEVEL"))
		offer_levels(ctl);
	else if (text_is(what, "ALL") ||
		 (what.length > 0 && islower((unsigned char)what.data[0]))) {
		(void)text_show(what, word, sizeof(word));
		offer(ctl, word);
	}
}

/* Offer each alternative of "[GROUP|INSTANCE]" or "ID...|-|ALL". */
static void offer_each(struct ctl *ctl, struct text token)
{
	const char *at = token.data;
	const char *end = token.data + token.length;

	while (at < end) {
		size_t length = strcspn(at, "|[]. ");

		offer_all(ctl, (struct text){ at, length });
		at += length + 1;
	}
}

/* Find the next word of a usage that is neither an option nor the value of one.
   Returns where it ends, or NULL when there is none. */
static const char *next_operand(const char *args, struct text *token_r)
{
	for (;;) {
		bool is_option;

		args += strspn(args, " ");
		if (*args == '\0')
			return NULL;
		*token_r = (struct text){ args, strcspn(args, " ") };
		is_option = args[0] == '-' || strncmp(args, "[-", 2) == 0;
		args += token_r->length;
		if (!is_option)
			return args;
		/* An option without a value is complete ("[--json]"); "--reason
		   TEXT" and "[--to ID]" go on. */
		if (memchr(token_r->data, ']', token_r->length) == NULL) {
			args += strspn(args, " ");
			args += strcspn(args, " ");
		}
	}
}

void complete_operand(struct ctl *ctl)
{
	const char *args = ctl->verb->args;
	struct text token = text_of(""), next;
	int place = -1;

	while (place < ctl->operand_count &&
	       (args = next_operand(args, &next)) != NULL) {
		token = next;
		place++;
	}
	/* The last operand may be given several times. */
	if (place == ctl->operand_count ||
	    (place >= 0 && memmem(token.data, token.length, "...", 3) != NULL))
		offer_each(ctl, token);
}
