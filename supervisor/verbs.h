#ifndef OMQ_VERBS_H
#define OMQ_VERBS_H

struct ctl;

/* The verbs of ordermqctl that look into Redis, one a file: verb_<name>.c. Each
   takes its own options and operands, prints, and returns the exit status. They
   need no ordermqd. What they do is in ordermqctl(1). */
int verb_dead(struct ctl *ctl);
int verb_check(struct ctl *ctl);
int verb_doctor(struct ctl *ctl);
int verb_entries(struct ctl *ctl);
int verb_order(struct ctl *ctl);
int verb_pause(struct ctl *ctl);
int verb_pending(struct ctl *ctl);
int verb_points(struct ctl *ctl);
int verb_replay(struct ctl *ctl);
int verb_resume(struct ctl *ctl);
int verb_trim(struct ctl *ctl);
int verb_verify(struct ctl *ctl);

#endif
