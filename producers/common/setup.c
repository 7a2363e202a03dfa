/* What a program that publishes does before its work: standard descriptors,
   then settings. Its main() calls both first. */

#include "config.h"

#include "producers/common/setup.h"

#include "lib/settings/conf.h"
#include "lib/base/err.h"
#include "lib/settings/settings.h"
#include "lib/settings/settings_table.h"
#include "lib/settings/settings_value.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <unistd.h>

#define SETUP_DEFAULT_CONF SYSCONFDIR "/ordermq/ordermq.conf"

void setup_standard_fds(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) < 0)
			(void)open("/dev/null",
				   fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
	}
}

/* A default file that exists but cannot be read is an error, and not the same
   as no file. */
static const char *conf_path(const char *path)
{
	if (path != NULL)
		return path;
	if (access(SETUP_DEFAULT_CONF, F_OK) < 0 && errno == ENOENT)
		return NULL;
	return SETUP_DEFAULT_CONF;
}

/* Put value, unless it is NULL, in place of the setting at path. */
static int setting_override(struct settings *settings, const char *path,
			    const char *option, const char *value,
			    struct err *err)
{
	if (value == NULL ||
	    setting_set_text(setting_find(path), settings, value, err) == 0)
		return 0;
	err->class = ERR_REJECT;
	return err_wrap(err, "%s", option);
}

int setup_settings(const struct setup_choice *choice,
		   struct settings *settings_r, struct err *err)
{
	const char *path = conf_path(choice->conf);

	if (path == NULL)
		settings_defaults(settings_r);
	else if (conf_load(path, NULL, settings_r, err) < 0)
		return -1;
	if (setting_override(settings_r, "redis.url", "--redis", choice->redis,
			     err) < 0)
		return -1;
	return setting_override(settings_r, "stream.key", "--stream",
				choice->stream, err);
}
