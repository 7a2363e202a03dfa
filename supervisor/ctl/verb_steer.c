/* ordermqctl scale, restart, hold, unhold, reset-failed, log-level: sends them
   to ordermqd, which obeys until the next reload. ctl.c calls it;
   ordermqd/steer.c obeys. */

#include "config.h"

#include "supervisor/ctl/verbs.h"

#include "lib/base/num.h"
#include "supervisor/ctl/ctl.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#define ANSWER_MSECS 5000
#define RESTART_TIMEOUT "10m"
#define LINE_BYTES 512

/* Put the word and the operands into a line, with blanks between them. Returns
   EX_OK, or EX_USAGE after it said which operand is not acceptable. */
static int line_make(struct ctl *ctl, const char *word, char *line)
{
	size_t used = (size_t)snprintf(line, LINE_BYTES, "%s", word);

	for (int i = 0; i < ctl->operand_count; i++) {
		const char *operand = ctl->operands[i];

		if (operand[0] == '\0' || operand[strcspn(operand, " \r\n")] ||
		    used + strlen(operand) + 3 > LINE_BYTES) {
			ctl_say("'%s': not a name, or too long", operand);
			return EX_USAGE;
		}
		used += (size_t)snprintf(line + used, LINE_BYTES - used, " %s",
					 operand);
	}
	(void)strcpy(line + used, "\n");
	return EX_OK;
}

static int obey(struct ctl *ctl, const char *word, int64_t timeout_msecs)
{
	char line[LINE_BYTES];
	int status = line_make(ctl, word, line);

	if (status != EX_OK)
		return status;
	(void)ctl_load(ctl);
	return ctl_tell(ctl, line, timeout_msecs);
}

int verb_scale(struct ctl *ctl)
{
	int count, status = EX_OK;
	char **operands;

	if (ctl_take(ctl, NULL, 1, SETTINGS_GROUPS_MAX) < 0)
		return ctl->status;
	operands = ctl->operands;
	count = ctl->operand_count;
	ctl->operand_count = 1;
	/* Each operand is a command of its own; the first that fails ends
	   it. */
	for (int i = 0; i < count && status == EX_OK; i++) {
		ctl->operands = operands + i;
		status = obey(ctl, "scale", ANSWER_MSECS);
	}
	return status;
}

int verb_restart(struct ctl *ctl)
{
	bool is_rolling = false;
	const char *timeout = RESTART_TIMEOUT;
	const struct ctl_option options[] = {
		{ "rolling", 'r', NULL, &is_rolling },
		{ "timeout", 't', &timeout, NULL },
		{ NULL, '\0', NULL, NULL },
	};
	int64_t msecs;

	if (ctl_take(ctl, options, 1, 1) < 0)
		return ctl->status;
	if (num_parse_duration(timeout, &msecs) < 0) {
		ctl_say("--timeout %s: expected a duration such as 30s",
			timeout);
		return EX_USAGE;
	}
	return obey(ctl, is_rolling ? "restart --rolling" : "restart", msecs);
}

int verb_hold(struct ctl *ctl)
{
	if (ctl_take(ctl, NULL, 1, 1) < 0)
		return ctl->status;
	return obey(ctl, "hold", ANSWER_MSECS);
}

int verb_unhold(struct ctl *ctl)
{
	if (ctl_take(ctl, NULL, 1, 1) < 0)
		return ctl->status;
	return obey(ctl, "unhold", ANSWER_MSECS);
}

int verb_reset_failed(struct ctl *ctl)
{
	if (ctl_take(ctl, NULL, 0, 1) < 0)
		return ctl->status;
	return obey(ctl, "reset-failed", ANSWER_MSECS);
}

int verb_log_level(struct ctl *ctl)
{
	if (ctl_take(ctl, NULL, 1, 2) < 0)
		return ctl->status;
	return obey(ctl, "log-level", ANSWER_MSECS);
}
