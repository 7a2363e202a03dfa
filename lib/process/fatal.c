/* Leaves the number of the signal on the board when a process dies of a fault
   of its own. The next instance reads it (process.c) and suspects the entry. */

#include "config.h"

#include "lib/process/fatal.h"

#include "lib/process/board.h"

#include <signal.h>
#include <stddef.h>

#define FATAL_STACK_BYTES (64 * 1024)

static const int signals[] = {
	SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGSYS, SIGABRT
};

#define FATAL_COUNT (sizeof(signals) / sizeof(signals[0]))

static struct board *watched;
static struct sigaction before[FATAL_COUNT];

/* Note the signal, and let the process die of it: a fault comes again when the
   handler returns; a signal that was sent has to be sent again. */
static void note(int number, siginfo_t *info, void *context)
{
	(void)context;
	board_set(&watched->died, (uint64_t)number);
	for (size_t i = 0; i < FATAL_COUNT; i++) {
		if (signals[i] == number)
			(void)sigaction(number, &before[i], NULL);
	}
	if (info->si_code <= 0)
		(void)raise(number);
}

void fatal_watch(struct board *board)
{
	/* A handler needs a stack of its own when the stack has overflowed. */
	static char stack[FATAL_STACK_BYTES];
	const stack_t other = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction action = {
		.sa_sigaction = note,
		.sa_flags = SA_SIGINFO | SA_ONSTACK,
	};

	watched = board;
	(void)sigaltstack(&other, NULL);
	(void)sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < FATAL_COUNT; i++)
		(void)sigaction(signals[i], &action, &before[i]);
}
