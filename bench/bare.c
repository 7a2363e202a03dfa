/* bare: what the benchmark holds ordermq against. See bench/README.md. */

#include "config.h"

#include "bench/bare.h"
#include "bench/latency.h"

#include <err.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
	"usage: bare work --redis ADDRESS --group G --consumer C --batch N\n"
	"                 --effect ledger|settle|xack-hincrby|xack\n"
	"                 [--log FILE] [--latency FILE]\n"
	"       bare publish --redis ADDRESS --count N [--first I] [--users "
	"U]\n"
	"                    [--batch N] [--overlap] [--rate R]\n"
	"       bare sale --redis ADDRESS --count N [--users U] [--batch N]\n"
	"       bare requests --count N [--users U]\n"
	"       bare csv --count N [--first I] [--users U]\n"
	"       bare sums --count N [--first I] [--users U]\n"
	"       bare latency FILE...\n"
	"\n"
	"ADDRESS is the path of a Unix socket, or HOST:PORT.\n";

static const struct option long_options[] = {
	{ "redis", required_argument, NULL, 'r' },
	{ "group", required_argument, NULL, 'g' },
	{ "consumer", required_argument, NULL, 'c' },
	{ "batch", required_argument, NULL, 'b' },
	{ "effect", required_argument, NULL, 'e' },
	{ "log", required_argument, NULL, 'l' },
	{ "latency", required_argument, NULL, 't' },
	{ "count", required_argument, NULL, 'n' },
	{ "first", required_argument, NULL, 'f' },
	{ "users", required_argument, NULL, 'u' },
	{ "rate", required_argument, NULL, 'R' },
	{ "overlap", no_argument, NULL, 'o' },
	{ NULL, 0, NULL, 0 },
};

static _Noreturn void refuse(void)
{
	(void)fputs(usage, stderr);
	exit(64);
}

static uint64_t number(const char *text)
{
	char *end;
	unsigned long long value = strtoull(text, &end, 10);

	if (text[0] < '0' || text[0] > '9' || *end != '\0')
		errx(64, "%s: no number", text);
	return value;
}

static void option_take(struct bare *bare, int option)
{
	switch (option) {
	case 'r':
		bare->redis = optarg;
		break;
	case 'g':
		bare->group = optarg;
		break;
	case 'c':
		bare->consumer = optarg;
		break;
	case 'e':
		bare->effect = optarg;
		break;
	case 'l':
		bare->log = optarg;
		break;
	case 't':
		bare->latency = optarg;
		break;
	case 'b':
		bare->batch = number(optarg);
		break;
	case 'n':
		bare->count = number(optarg);
		break;
	case 'f':
		bare->first = number(optarg);
		break;
	case 'u':
		bare->users = number(optarg);
		break;
	case 'R':
		bare->rate = number(optarg);
		break;
	case 'o':
		bare->overlap = true;
		break;
	default:
		refuse();
	}
}

static const struct {
	const char *name;
	void (*run)(const struct bare *bare);
	bool connects;
} verbs[] = {
	{ "work", bare_work, true }, { "publish", bare_publish, true },
	{ "sale", bare_sale, true }, { "requests", bare_requests, false },
	{ "csv", bare_csv, false },  { "sums", bare_sums, false },
};

int main(int argc, char **argv)
{
	struct bare bare = { .batch = 256, .users = 100000 };
	int option;

	if (argc > 2 && strcmp(argv[1], "latency") == 0) {
		latency_print(argv + 2, argc - 2);
		return 0;
	}
	while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1)
		option_take(&bare, option);
	if (argc - optind != 1 || bare.batch == 0 || bare.users == 0)
		refuse();
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(argv[optind], verbs[i].name) != 0)
			continue;
		if (verbs[i].connects && bare.redis == NULL)
			refuse();
		verbs[i].run(&bare);
		return 0;
	}
	refuse();
}
