/* Settings and source of ordermq-order, as its options say. main() calls it
   after the command line is read. */

#include "config.h"

#include "producers/order/order_setup.h"

#include "lib/base/clock.h"
#include "lib/settings/settings.h"
#include "producers/sources/args.h"
#include "producers/sources/csv.h"
#include "producers/sources/drain.h"
#include "producers/sources/generate.h"
#include "producers/sources/jsonl.h"
#include "producers/order/order_options.h"
#include "producers/common/setup.h"

int order_settings_load(const struct order_options *options,
			struct settings *settings_r, struct err *err)
{
	const struct setup_choice choice = {
		.conf = options->conf,
		.redis = options->redis,
		.stream = options->stream,
	};

	return setup_settings(&choice, settings_r, err);
}

static int generator_open(const struct order_options *options,
			  const struct settings *settings,
			  struct source **source_r, struct err *err)
{
	const struct generate_settings set = {
		.fields = &settings->fields,
		.count = (uint64_t)options->count,
		.users = (uint64_t)options->users,
		.seed = (uint64_t)(options->seed < 0 ? clock_wall_msecs()
						     : options->seed),
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
		if (csv_open(options->path, source_r, err) < 0)
			return -1;
		csv_keep_blank_amounts(*source_r, &settings->fields);
		return 0;
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
