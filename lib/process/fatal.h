#ifndef OMQ_FATAL_H
#define OMQ_FATAL_H

struct board;

/* From now on, when the process dies of a fault of its own (SIGSEGV, SIGBUS,
   SIGFPE, SIGILL, SIGSYS, SIGABRT), the signal's number is written to
   board->died first. SIGKILL cannot be caught: then it stays 0. The board is
   borrowed for good. */
void fatal_watch(struct board *board);

#endif
