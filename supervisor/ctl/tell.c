#include "config.h"

#include "supervisor/ctl/tell.h"

#include "lib/base/err.h"
#include "supervisor/common/ask.h"
#include "supervisor/ctl/ctl.h"

#include <stdio.h>
#include <sysexits.h>

int tell(struct ctl *ctl, const char *line, int64_t timeout_msecs)
{
	struct err err;
	json_t *answer = ask(ctl_control_path(ctl), line, timeout_msecs, &err);
	const json_t *result = json_array_get(answer, 0);
	const char *text = json_string_value(json_object_get(result, "text"));
	json_t *code = json_object_get(result, "code");
	int status = json_is_integer(code) ? (int)json_integer_value(code)
					   : EX_PROTOCOL;

	if (answer == NULL) {
		ctl_say("%s", err.text);
		return EX_UNAVAILABLE;
	}
	fprintf(status == 0 ? stdout : stderr, "%s\n",
		text == NULL ? "?" : text);
	json_decref(answer);
	return status;
}
