/* ordermqctl verify: do the books balance? It also corrects them. ctl.c calls
   it; verify.c looks. */

#include "config.h"

#include "supervisor/ctl/verbs.h"

#include "supervisor/ctl/ctl.h"
#include "supervisor/ctl/verify/verify.h"

#include <stdlib.h>
#include <sysexits.h>

int verb_verify(struct ctl *ctl)
{
	const char **push_logs =
		calloc((size_t)ctl->argc + 1, sizeof(*push_logs));
	struct verify_options verify = { .push_logs = push_logs };
	bool any = false;
	const struct ctl_option options[] = {
		{ "push-log", '\0', push_logs, &any },
		{ "correct", '\0', NULL, &verify.correct },
		{ "execute", '\0', NULL, &verify.execute },
		{ NULL, '\0', NULL, NULL },
	};
	int status = EX_OSERR;

	if (push_logs == NULL)
		ctl_say("out of memory");
	else if (ctl_take(ctl, options, 0, SETTINGS_GROUPS_MAX) < 0)
		status = ctl->status;
	else if (verify.execute && !verify.correct)
		status = ctl_usage(ctl);
	else if (ctl_load(ctl) < 0)
		status = err_exit_status(&ctl->settings_err);
	else {
		verify.groups = (const char *const *)ctl->operands;
		verify.as_json = ctl->as_json;
		status = verify_run(&ctl->settings, &verify);
	}
	free(push_logs);
	return status;
}
