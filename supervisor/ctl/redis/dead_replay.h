#ifndef OMQ_DEAD_REPLAY_H
#define OMQ_DEAD_REPLAY_H

struct ctl;

/* "ordermqctl dead replay": let dead letters come back, each to its own group
   and to no other. Each letter is moved in one atomic step, so the replay can
   be interrupted and run again. Returns the exit status. */
int dead_replay(struct ctl *ctl);

#endif
