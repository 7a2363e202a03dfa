#ifndef OMQ_CRASH_POINT_H
#define OMQ_CRASH_POINT_H

/* Named places in the life of an entry at which a process may be made to die,
   or to stop as if it hung: kills at random moments rarely meet the few
   instructions between two steps. Nothing at all, unless a program is built
   for that, by the tests: tests/fixtures/crash_point.c, which says how to
   choose.

   after-read         a batch was read, nothing of it is handled
   in-recovery        so was a batch of what was pending for us before
   in-claim           a beat has claimed what nobody held
   before-push-write  notifications are gathered, none is written
   after-push-write   they are written, and not acknowledged
   before-settle      entries are decided, Redis does not know
   after-settle       Redis has settled them, we have not heard it
   before-release     all is drained, the lease is still ours */
#ifdef ORDERMQ_CRASH_POINTS
void crash_point(const char *name);
#else
#define crash_point(name) ((void)0)
#endif

#endif
