#include "config.h"

#include "lib/process/board.h"
#include "lib/base/clock.h"
#include "lib/settings/conf.h"
#include "lib/base/err.h"
#include "lib/process/lifeline.h"
#include "lib/settings/settings.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

/* An instance that does no work, for the tests of ordermqd. How it behaves is
   the beginning of its group's name; the group's batch, shown in its status,
   tells which settings it was given. */

static volatile sig_atomic_t told_to_end;

static void on_term(int signal)
{
	(void)signal;
	told_to_end = 1;
}

static const char *option(int argc, char **argv, const char *name)
{
	for (int i = 1; i + 1 < argc; i++) {
		if (strcmp(argv[i], name) == 0)
			return argv[i + 1];
	}
	return "";
}

static int64_t batch_of(const char *group)
{
	static struct settings settings;
	struct err err;

	/* In the place of ordermq-keeper. */
	if (group[0] == '\0')
		return 0;
	if (conf_receive(LIFELINE_SETTINGS_FD, &settings, &err) < 0 ||
	    settings_group(&settings, group) == NULL)
		exit(EX_SOFTWARE);
	return settings_group(&settings, group)->batch;
}

static void say_ready(const char *node_id, int64_t batch)
{
	struct err err;
	struct board *board = board_map(LIFELINE_BOARD_FD, &err);
	char words[256];

	if (board == NULL)
		exit(EX_SOFTWARE);
	board_set(&board->pid, (uint64_t)getpid());
	board_set(&board->state, BOARD_READY);
	board_add(board, BOARD_DELIVERED, 1);
	(void)snprintf(words, sizeof(words),
		       "READY=1\nSTATUS=batch %d, node %s\nX_UNKNOWN=1",
		       (int)batch, node_id);
	lifeline_notify(true, words);
}

/* What comes down the lifeline is shown as the status. */
static void say_words(const char *words)
{
	char lines[96];

	(void)snprintf(lines, sizeof(lines), "STATUS=told %s", words);
	lifeline_notify(true, lines);
}

/* Until SIGTERM, or the end of the supervisor. */
static void wait_for_the_end(void)
{
	struct pollfd lifeline = { .fd = LIFELINE_FD, .events = POLLIN };

	char words[64];

	while (!told_to_end) {
		ssize_t length;

		if (poll(&lifeline, 1, -1) <= 0)
			continue;
		length = recv(LIFELINE_FD, words, sizeof(words) - 1, 0);
		if (length <= 0)
			return;
		words[length] = '\0';
		say_words(words);
	}
}

static int begins(const char *group, const char *word)
{
	return strncmp(group, word, strlen(word)) == 0;
}

/* Grows by a MiB each turn, up to a size that no machine minds. */
#define GROW_BYTES (1024 * 1024)
#define GROW_TIMES 256

static void grow(void)
{
	static char *blocks[GROW_TIMES];
	static int times;

	if (times == GROW_TIMES)
		return;
	blocks[times] = malloc(GROW_BYTES);
	if (blocks[times] != NULL)
		memset(blocks[times], 1, GROW_BYTES);
	times++;
}

/* At work for ever, and never back. */
static void loop(void)
{
	struct err err;
	struct board *board = board_map(LIFELINE_BOARD_FD, &err);

	if (board != NULL)
		board_set(&board->busy_msecs, (uint64_t)clock_msecs());
	for (;;)
		;
}

/* Many lines, as fast as they go. Without a reader it stands still there. */
static void flood(void)
{
	char line[1024];

	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\n';
	for (int i = 0; i < 16 * 1024 && !told_to_end; i++) {
		if (write(STDERR_FILENO, line, sizeof(line)) < 0)
			return;
	}
}

/* Works all the time until SIGTERM: settles with each turn, or only grows. */
static void work(const char *group)
{
	struct err err;
	struct board *board = board_map(LIFELINE_BOARD_FD, &err);

	while (board != NULL && !told_to_end) {
		if (begins(group, "eager") || begins(group, "greedy"))
			board_add(board, BOARD_HANDLED, 1);
		if (begins(group, "greedy") || begins(group, "bloated"))
			grow();
		(void)poll(NULL, 0, 5);
	}
}

int main(int argc, char **argv)
{
	const char *group = option(argc, argv, "--group");
	int64_t batch = batch_of(group);
	struct sigaction action = { .sa_handler = on_term };

	if (begins(group, "stillborn"))
		return EX_SOFTWARE;
	if (begins(group, "later"))
		return EX_TEMPFAIL;
	if (begins(group, "moody") && batch == 1)
		return EX_CONFIG;
	if (begins(group, "deaf"))
		action.sa_handler = SIG_IGN;
	(void)sigaction(SIGTERM, &action, NULL);
	if (!begins(group, "slow"))
		say_ready(option(argc, argv, "--node-id"), batch);
	if (begins(group, "looping"))
		loop();
	if (begins(group, "loud"))
		flood();
	if (begins(group, "eager") || begins(group, "greedy") ||
	    begins(group, "bloated"))
		work(group);
	if (begins(group, "silent"))
		(void)close(LIFELINE_FD);
	if (begins(group, "silent"))
		for (; !told_to_end;)
			(void)pause();
	else
		for (; begins(group, "deaf");)
			(void)pause();
	wait_for_the_end();
	return EX_OK;
}
