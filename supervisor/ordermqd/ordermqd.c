/* ordermqd's main(): options, standard descriptors, limits. daemon.c is all the
   rest. */

#include "config.h"

#include "lib/base/err.h"
#include "lib/settings/settings.h"
#include "supervisor/ordermqd/daemon.h"

#include <fcntl.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <unistd.h>

static const struct option long_options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "node", required_argument, NULL, 'X' },
	{ "check", no_argument, NULL, 't' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static int usage(FILE *out, int status)
{
	fputs("Usage: ordermqd [-c FILE] [-X NODE] [--check]\n"
	      "Starts the instances that the configuration wants, watches\n"
	      "them, and starts them again. Stays in the foreground.\n"
	      "\n"
	      "  -c, --config FILE  configuration file, in the place of\n"
	      "                     " DAEMON_CONFIG "\n"
	      "  -X, --node NODE    node name, in the place of the file's\n"
	      "  -t, --check        only check the configuration\n"
	      "  -h, --help         show this\n"
	      "  -V, --version      show the version\n",
	      out);
	return status;
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
	int option;

	open_standard_descriptors();
	raise_limit();
	while ((option = getopt_long(argc, argv, "c:X:thV", long_options,
				     NULL)) != -1) {
		switch (option) {
		case 'c':
			options.config = optarg;
			break;
		case 'X':
			options.node = optarg;
			break;
		case 't':
			only_check = true;
			break;
		case 'h':
			return usage(stdout, EX_OK);
		case 'V':
			puts("ordermqd " PACKAGE_VERSION);
			return EX_OK;
		default:
			return usage(stderr, EX_USAGE);
		}
	}
	if (optind < argc)
		return usage(stderr, EX_USAGE);
	return only_check ? check(&options) : daemon_run(&options);
}
