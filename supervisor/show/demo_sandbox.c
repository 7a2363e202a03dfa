#include "config.h"

#include "supervisor/show/demo_sandbox.h"

#include "lib/base/arena.h"
#include "lib/settings/conf.h"
#include "lib/base/err.h"
#include "lib/redis/redis.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

static const char demo_conf[] =
#include "etc/demo.inc"
	;

/* Copy text to out with each name replaced by its value. */
static void fill_in(FILE *out, const char *text, const char *dir,
		    const char *programs)
{
	while (*text != '\0') {
		if (strncmp(text, "@DIR@", 5) == 0) {
			fputs(dir, out);
			text += 5;
		} else if (strncmp(text, "@PROGRAMS@", 10) == 0) {
			fputs(programs, out);
			text += 10;
		} else {
			fputc(*text++, out);
		}
	}
}

static int config_write(struct demo_stage *stage, struct err *err)
{
	FILE *out;

	(void)snprintf(stage->config, sizeof(stage->config), "%s/demo.conf",
		       stage->base.dir);
	out = fopen(stage->config, "we");
	if (out == NULL)
		return err_errno(err, ERR_RETRY, "%s", stage->config);
	fill_in(out, demo_conf, stage->base.dir, stage->programs->consumers);
	if (fclose(out) != 0)
		return err_errno(err, ERR_RETRY, "%s", stage->config);
	return conf_load(stage->config, "demo", &stage->settings, err);
}

/* A wait during which ordermqd must not end. */
struct patience {
	struct demo_stage *stage;
	int (*is_so)(struct demo_stage *stage, void *context, struct err *err);
	void *context;
};

static int look(struct stage *base, void *context, struct err *err)
{
	struct patience *patience = context;
	struct demo_stage *stage = patience->stage;
	int status;

	(void)base;
	if (stage->ordermqd == 0 ||
	    waitpid(stage->ordermqd, &status, WNOHANG) <= 0)
		return patience->is_so(stage, patience->context, err);
	stage->ordermqd = 0;
	return err_set(err, ERR_RETRY, "ordermqd ended");
}

int demo_stage_wait(struct demo_stage *stage,
		    int (*is_so)(struct demo_stage *stage, void *context,
				 struct err *err),
		    void *context, int64_t timeout_msecs, struct err *err)
{
	struct patience patience = { stage, is_so, context };

	return stage_wait(&stage->base, look, &patience, timeout_msecs, err);
}

int demo_stage_open(struct demo_stage *stage,
		    const struct demo_programs *programs, struct err *err)
{
	static const char *const no_options[] = { NULL };

	memset(stage, 0, sizeof(*stage));
	stage->programs = programs;
	if (stage_open(&stage->base, "demo", no_options, err) < 0)
		return -1;
	return config_write(stage, err);
}

void demo_stage_close(struct demo_stage *stage, bool keep)
{
	stage_end(&stage->ordermq_order, SIGKILL);
	/* Its instances go with it. */
	stage_end(&stage->ordermqd, SIGKILL);
	stage_close(&stage->base, keep);
}

int demo_stage_start_ordermqd(struct demo_stage *stage, struct err *err)
{
	char *argv[] = { (char *)stage->programs->ordermqd,
			 (char *)"-c",
			 stage->config,
			 (char *)"-X",
			 (char *)"demo",
			 NULL };

	return stage_start(&stage->base, "ordermqd", argv, &stage->ordermqd,
			   err);
}

int demo_stage_start_order(struct demo_stage *stage, const char *count,
			   const char *rate, struct err *err)
{
	char *argv[] = { (char *)stage->programs->ordermq_order,
			 (char *)"-c",
			 stage->config,
			 (char *)"--generate",
			 (char *)count,
			 (char *)"--rate",
			 (char *)rate,
			 NULL };

	return stage_start(&stage->base, "ordermq-order", argv,
			   &stage->ordermq_order, err);
}

int demo_stage_wait_order(struct demo_stage *stage)
{
	return stage_await(&stage->ordermq_order);
}

int demo_stage_stop_ordermqd(struct demo_stage *stage)
{
	if (stage->ordermqd != 0)
		(void)kill(stage->ordermqd, SIGTERM);
	return stage_await(&stage->ordermqd);
}

int64_t demo_stage_integer(struct demo_stage *stage, struct err *err,
			   const char *command, const char *key)
{
	const struct reply *reply;

	arena_reset(stage->base.arena);
	reply = redis_command(stage->base.redis, stage->base.arena, err,
			      command, key, NULL);
	return reply == NULL ? -1 : reply_integer(reply, -1);
}
