/* The options of ordermq_publish_open(): texts "name=value", most of them
   settings of ordermq.conf(5). */

#include "config.h"

#include "producers/publish/embed_options.h"

#include "lib/base/err.h"
#include "lib/base/num.h"
#include "lib/settings/settings_table.h"
#include "lib/settings/settings_value.h"
#include "producers/publish/once.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define OPTION_NAME_BYTES 64

static int duration_set(const char *value, int64_t *msecs_r, struct err *err)
{
	if (num_parse_duration(value, msecs_r) < 0)
		return err_set(err, ERR_FATAL,
			       "'%s' is no duration such as 30s", value);
	return 0;
}

static int outbox_set(struct embed_options *options, const char *value,
		      struct err *err)
{
	if (value[0] == '\0' || strlen(value) >= sizeof(options->outbox))
		return err_set(err, ERR_FATAL, "empty or too long");
	(void)snprintf(options->outbox, sizeof(options->outbox), "%s", value);
	return 0;
}

/* Is this one of the settings of ordermq.conf(5) that a publisher obeys? */
static bool is_setting(const char *name)
{
	return strncmp(name, "redis.", strlen("redis.")) == 0 ||
	       strncmp(name, "fields.", strlen("fields.")) == 0 ||
	       strcmp(name, "stream.key") == 0;
}

static int setting_put(struct embed_options *options, const char *name,
		       const char *value, struct err *err)
{
	const struct setting *key =
		is_setting(name) ? setting_find(name) : NULL;
	int64_t number;

	if (key == NULL || key->kind == SETTING_FACTORS)
		return err_set(err, ERR_FATAL, "no such option");
	if (setting_is_text(key))
		return setting_set_text(key, &options->settings, value, err);
	if (num_parse(value, strlen(value), &number) < 0)
		return err_set(err, ERR_FATAL, "'%s' is no whole number",
			       value);
	return setting_set_integer(key, &options->settings, number, err);
}

static int option_put(struct embed_options *options, const char *name,
		      const char *value, struct err *err)
{
	if (strcmp(name, "once") == 0)
		return duration_set(value, &options->once_msecs, err);
	if (strcmp(name, "timeout") == 0)
		return duration_set(value, &options->timeout_msecs, err);
	if (strcmp(name, "outbox") == 0)
		return outbox_set(options, value, err);
	return setting_put(options, name, value, err);
}

static int option_parse(struct embed_options *options, const char *option,
			struct err *err)
{
	const char *equals = strchr(option, '=');
	char name[OPTION_NAME_BYTES];
	size_t length = equals == NULL ? 0 : (size_t)(equals - option);

	if (length == 0 || length >= sizeof(name))
		return err_set(err, ERR_FATAL, "'%.64s' is not name=value",
			       option);
	memcpy(name, option, length);
	name[length] = '\0';
	return option_put(options, name, equals + 1, err) < 0
		       ? err_wrap(err, "option %s", name)
		       : 0;
}

int embed_options_parse(const char *const *options,
			struct embed_options *options_r, struct err *err)
{
	memset(options_r, 0, sizeof(*options_r));
	settings_defaults(&options_r->settings);
	options_r->once_msecs = ONCE_FOR_MSECS;
	options_r->timeout_msecs = EMBED_TIMEOUT_MSECS;
	for (size_t i = 0; options != NULL && options[i] != NULL; i++) {
		if (option_parse(options_r, options[i], err) < 0)
			return -1;
	}
	return 0;
}
