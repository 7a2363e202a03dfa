#ifndef OMQ_DEMO_H
#define OMQ_DEMO_H

/* "ordermqctl demo": run the whole job once, on a private redis-server, with
   real processes, one of each service killed in the middle; then count what
   each group got, and check it. build_dir: where the programs were built; NULL:
   where they are installed. Prints while it runs. Returns an exit status: 0
   when every count is right, 70 when one is wrong, 69 when something could not
   be started. */
int demo_run(const char *build_dir);

#endif
