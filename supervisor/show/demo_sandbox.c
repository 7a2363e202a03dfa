/* The sandbox of the demo, with an ordermqd in it. demo.c plays in it;
   sandbox.c has the redis-server. */

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

static int config_write(struct demo_sandbox *sandbox, struct err *err)
{
	FILE *out;

	(void)snprintf(sandbox->config, sizeof(sandbox->config), "%s/demo.conf",
		       sandbox->base.dir);
	out = fopen(sandbox->config, "we");
	if (out == NULL)
		return err_errno(err, ERR_RETRY, "%s", sandbox->config);
	fill_in(out, demo_conf, sandbox->base.dir,
		sandbox->programs->consumers);
	if (fclose(out) != 0)
		return err_errno(err, ERR_RETRY, "%s", sandbox->config);
	return conf_load(sandbox->config, "demo", &sandbox->settings, err);
}

/* A wait that fails when ordermqd ends. */
struct patience {
	struct demo_sandbox *sandbox;
	int (*is_so)(struct demo_sandbox *sandbox, void *context,
		     struct err *err);
	void *context;
};

static int demo_sandbox_look(struct sandbox *base, void *context,
			     struct err *err)
{
	struct patience *patience = context;
	struct demo_sandbox *sandbox = patience->sandbox;
	int status;

	(void)base;
	if (sandbox->ordermqd == 0 ||
	    waitpid(sandbox->ordermqd, &status, WNOHANG) <= 0)
		return patience->is_so(sandbox, patience->context, err);
	sandbox->ordermqd = 0;
	return err_set(err, ERR_RETRY, "ordermqd ended");
}

int demo_sandbox_wait(struct demo_sandbox *sandbox,
		      int (*is_so)(struct demo_sandbox *sandbox, void *context,
				   struct err *err),
		      void *context, int64_t timeout_msecs, struct err *err)
{
	struct patience patience = { sandbox, is_so, context };

	return sandbox_wait(&sandbox->base, demo_sandbox_look, &patience,
			    timeout_msecs, err);
}

int demo_sandbox_open(struct demo_sandbox *sandbox,
		      const struct demo_programs *programs, struct err *err)
{
	static const char *const no_options[] = { NULL };

	memset(sandbox, 0, sizeof(*sandbox));
	sandbox->programs = programs;
	if (sandbox_open(&sandbox->base, "demo", no_options, err) < 0)
		return -1;
	return config_write(sandbox, err);
}

void demo_sandbox_close(struct demo_sandbox *sandbox, bool keep)
{
	sandbox_end(&sandbox->ordermq_order, SIGKILL);
	/* The instances die with ordermqd. */
	sandbox_end(&sandbox->ordermqd, SIGKILL);
	sandbox_close(&sandbox->base, keep);
}

int demo_sandbox_start_ordermqd(struct demo_sandbox *sandbox, struct err *err)
{
	char *argv[] = { (char *)sandbox->programs->ordermqd,
			 (char *)"-c",
			 sandbox->config,
			 (char *)"-X",
			 (char *)"demo",
			 NULL };

	return sandbox_start(&sandbox->base, "ordermqd", argv,
			     &sandbox->ordermqd, err);
}

int demo_sandbox_start_order(struct demo_sandbox *sandbox, const char *count,
			     const char *rate, struct err *err)
{
	char *argv[] = { (char *)sandbox->programs->ordermq_order,
			 (char *)"-c",
			 sandbox->config,
			 (char *)"--generate",
			 (char *)count,
			 (char *)"--rate",
			 (char *)rate,
			 NULL };

	return sandbox_start(&sandbox->base, "ordermq-order", argv,
			     &sandbox->ordermq_order, err);
}

int demo_sandbox_wait_order(struct demo_sandbox *sandbox)
{
	return sandbox_await(&sandbox->ordermq_order);
}

int demo_sandbox_stop_ordermqd(struct demo_sandbox *sandbox)
{
	if (sandbox->ordermqd != 0)
		(void)kill(sandbox->ordermqd, SIGTERM);
	return sandbox_await(&sandbox->ordermqd);
}

int64_t demo_sandbox_integer(struct demo_sandbox *sandbox, struct err *err,
			     const char *command, const char *key)
{
	const struct reply *reply;

	arena_reset(sandbox->base.arena);
	reply = redis_command(sandbox->base.redis, sandbox->base.arena, err,
			      command, key, NULL);
	return reply == NULL ? -1 : reply_integer(reply, -1);
}
