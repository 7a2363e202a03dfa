/* The rules for texts that are more than a length: URLs, names, keys, paths,
   templates. Rows of the settings table name them; settings_value.c calls
   them. */

#include "config.h"

#include "lib/settings/settings_check.h"

#include "lib/base/err.h"
#include "lib/base/num.h"
#include "lib/settings/url.h"

#include <string.h>

#define CHECK_LOWER "abcdefghijklmnopqrstuvwxyz"
#define CHECK_UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define CHECK_DIGITS "0123456789"

int settings_check_url(const char *text, struct err *err)
{
	struct url url;

	return url_parse(text, &url, err);
}

int settings_check_node(const char *text, struct err *err)
{
	if (text[strspn(text, CHECK_LOWER CHECK_UPPER CHECK_DIGITS "_.-")] ==
	    '\0')
		return 0;
	return err_set(err, ERR_FATAL,
		       "only letters, digits, \"_\", \".\" "
		       "and \"-\"");
}

int settings_check_name(const char *text, struct err *err)
{
	if (text[strspn(text, CHECK_LOWER CHECK_UPPER CHECK_DIGITS "_-")] ==
	    '\0')
		return 0;
	return err_set(err, ERR_FATAL, "only letters, digits, \"_\" and \"-\"");
}

int settings_check_program(const char *text, struct err *err)
{
	if (text[0] != '-' &&
	    text[strspn(text, CHECK_LOWER CHECK_DIGITS "-")] == '\0')
		return 0;
	return err_set(err, ERR_FATAL,
		       "only lower-case letters, digits and \"-\"");
}

int settings_check_key(const char *text, struct err *err)
{
	const char *open = strchr(text, '{');
	const char *close = strchr(text, '}');

	if (open == NULL && close == NULL)
		return 0;
	if (open != NULL && close > open + 1 && strchr(open + 1, '{') == NULL &&
	    strchr(close + 1, '}') == NULL)
		return 0;
	return err_set(err, ERR_FATAL,
		       "braces only as one hash tag that is not empty, such "
		       "as \"{shop}:orders\"");
}

int settings_check_start(const char *text, struct err *err)
{
	const char *dash = strchr(text, '-');
	int64_t part;

	if (strcmp(text, "0") == 0 || strcmp(text, "$") == 0)
		return 0;
	if (dash != NULL &&
	    num_parse(text, (size_t)(dash - text), &part) == 0 &&
	    num_parse(dash + 1, strlen(dash + 1), &part) == 0)
		return 0;
	return err_set(err, ERR_FATAL,
		       "write \"0\" (everything), \"$\" (what comes from now "
		       "on) or an entry id such as \"1714060800000-0\"");
}

int settings_check_path(const char *text, struct err *err)
{
	if (text[0] == '/')
		return 0;
	return err_set(err, ERR_FATAL, "write an absolute path");
}

/* The length of a field's name and the "}" behind it, where text stands behind
   a "{"; 0 when the name is empty or not closed. */
static size_t template_field(const char *text)
{
	size_t length = strcspn(text, "{}");

	return length > 0 && text[length] == '}' ? length + 1 : 0;
}

int settings_check_template(const char *text, struct err *err)
{
	for (const char *c = text; *c != '\0'; c++) {
		if (*c != '{' && *c != '}')
			continue;
		if (c[1] == *c) {
			c++;
			continue;
		}
		if (*c == '}' || template_field(c + 1) == 0)
			return err_set(err, ERR_FATAL,
				       "a brace without its partner at byte "
				       "%zu; write {field}, or {{ and }} for "
				       "braces themselves",
				       (size_t)(c - text) + 1);
		c += template_field(c + 1);
	}
	return 0;
}
