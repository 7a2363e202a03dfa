/* The source of one order: the arguments of ordermq-order. order_setup.c opens
   it; order_job.c asks it. */

#include "config.h"

#include "producers/sources/args.h"

#include "lib/base/err.h"
#include "producers/sources/source.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct args {
	struct source source; /* first */
	bool given;
	size_t pair_count;
	struct text pairs[];
};

static enum source_event args_next(struct source *source,
				   struct source_item *item_r, struct err *err)
{
	struct args *args = (struct args *)source;

	(void)err;
	if (args->given)
		return SOURCE_END;
	args->given = true;
	source->done = 1;
	*item_r = (struct source_item){
		.pairs = args->pairs,
		.pair_count = args->pair_count,
		.line = 1,
	};
	return SOURCE_ORDER;
}

static void args_close(struct source *source)
{
	free(source);
}

static int pair_take(struct text *pair, const char *arg, struct err *err)
{
	const char *equals = strchr(arg, '=');

	if (equals == NULL || equals == arg)
		return err_set(err, ERR_REJECT, "'%s' is not FIELD=VALUE", arg);
	pair[0] = (struct text){ arg, (size_t)(equals - arg) };
	pair[1] = text_of(equals + 1);
	return 0;
}

int args_open(char *const *args, int count, struct source **source_r,
	      struct err *err)
{
	struct args *self = calloc(
		1, sizeof(*self) + 2 * (size_t)count * sizeof(struct text));

	if (self == NULL)
		return err_set(err, ERR_RETRY, "out of memory");
	for (int i = 0; i < count; i++) {
		if (pair_take(&self->pairs[2 * i], args[i], err) < 0) {
			free(self);
			return -1;
		}
	}
	self->pair_count = (size_t)count;
	self->source = (struct source){
		.next = args_next,
		.close = args_close,
		.name = "arguments",
		.fd = -1,
		.total = 1,
	};
	*source_r = &self->source;
	return 0;
}
