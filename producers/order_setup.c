#include "config.h"

#include "producers/order_setup.h"

#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/err.h"
#include "lib/settings.h"
#include "lib/settings_table.h"
#include "lib/settings_value.h"
#include "producers/args.h"
#include "producers/csv.h"
#include "producers/drain.h"
#include "producers/generate.h"
#include "producers/jsonl.h"
#include "producers/order_options.h"

#include <errno.h>
#include <unistd.h>

#define ORDER_DEFAULT_CONF SYSCONFDIR "/ordermq/ordermq.conf"

/* A default file that is there and cannot be read must not pass for none. */
static const char *conf_path(const struct order_options *options)
{
	if (options->conf != NULL)
		return options->conf;
	if (access(ORDER_DEFAULT_CONF, F_OK) < 0 && errno == ENOENT)
		return NULL;
	return ORDER_DEFAULT_CONF;
}

/* Put value, unless it is NULL, in the place of the key of that path. */
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

int order_settings_load(const struct order_options *options,
			struct settings *settings_r, struct err *err)
{
	const char *path = conf_path(options);

	if (path == NULL)
		settings_defaults(settings_r);
	else if (conf_load(path, NULL, settings_r, err) < 0)
		return -1;
	if (setting_override(settings_r, "redis.url", "--redis", options->redis,
			     err) < 0)
		return -1;
	return setting_override(settings_r, "stream.key", "--stream",
				options->stream, err);
}

static int generator_open(const struct order_options *options,
			  const struct settings *settings,
			  struct source **source_r, struct err *err)
{
	const struct generate_settings set = {
		.fields = &settings->fields,
		.count = (uint64_t)options->count,
		.users = (uint64_t)options->users,
		.seed = (uint64_t)(options->has_seed ? options->seed
						     : clock_wall_msecs()),
	};

	return generate_open(&set, source_r, err);
}

int order_source_open(const struct order_options *options,
		      const struct settings *settings, struct source **source_r,
		      struct err *err)
{
	switch (options->mode) {
	case ORDER_FROM_ARGS:
		return args_open(options->args, options->arg_count, source_r,
				 err);
	case ORDER_FROM_CSV:
		return csv_open(options->path, source_r, err);
	case ORDER_FROM_JSONL:
		return jsonl_open(options->path, source_r, err);
	case ORDER_FROM_OUTBOX:
		return drain_open(options->path, options->follow, source_r,
				  err);
	case ORDER_FROM_GENERATOR:
		break;
	}
	return generator_open(options, settings, source_r, err);
}
