/* ordermqd's main(): options, standard descriptors, limits. daemon.c is all the
   rest. */

#include "config.h"

#include "lib/base/err.h"
#include "lib/base/options.h"
#include "lib/settings/settings.h"
#include "supervisor/ordermqd/daemon.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <unistd.h>

static const char options_usage[] =
	"Usage: ordermqd [-c FILE] [-X NODE] [--check]\n"
	"Starts the instances that the configuration wants, watches\n"
	"them, and starts them again. Stays in the foreground.\n"
	"\n";

/* Returns as options_parse() does. */
static int options_read(int argc, char **argv, struct daemon_options *to,
			bool *only_check, struct err *err)
{
	const struct options_row rows[] = {
		options_text('c', "config", "FILE",
			     "configuration file, in place of " DAEMON_CONFIG,
			     &to->config),
		options_text('X', "node", "NODE",
			     "node name, in place of the file's", &to->node),
		options_flag('t', "check", "only check the configuration",
			     only_check),
		options_end(),
	};
	const struct options options = { "ordermqd", options_usage, NULL, rows,
					 false };
	int operand = argc;
	int ret = options_parse(&options, argc, argv, &operand, err);

	if (ret == 0 && operand < argc)
		return err_set(err, ERR_REJECT, "%s: nothing may follow",
			       argv[operand]);
	return ret;
}

/* A parent may start us with descriptors 0 to 2 closed. A socket of ours in
   their place would get the output to stderr. */
static void open_standard_descriptors(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		(void)close(fd);
}

/* Each instance costs three descriptors. */
static void raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

static int check(const struct daemon_options *options)
{
	struct settings *settings = calloc(1, sizeof(*settings));
	struct err err;
	int memfd;

	if (settings == NULL)
		return EX_OSERR;
	memfd = daemon_load(options, settings, &err);
	free(settings);
	if (memfd < 0) {
		fprintf(stderr, "%s\n", err.text);
		return err_exit_status(&err);
	}
	(void)close(memfd);
	return EX_OK;
}

int main(int argc, char **argv)
{
	struct daemon_options options = { .config = DAEMON_CONFIG };
	bool only_check = false;
	struct err err;
	int ret;

	open_standard_descriptors();
	raise_limit();
	ret = options_read(argc, argv, &options, &only_check, &err);
	if (ret < 0) {
		fprintf(stderr, "ordermqd: %s (--help tells more)\n", err.text);
		return EX_USAGE;
	}
	if (ret > 0)
		return EX_OK;
	return only_check ? check(&options) : daemon_run(&options);
}
