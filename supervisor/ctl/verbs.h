#ifndef OMQ_VERBS_H
#define OMQ_VERBS_H

struct ctl;

/* The verbs of ordermqctl, in files named verb_<name>.c. Each takes its own
   options and operands, prints, and returns the exit status; see ordermqctl(1).
   These two start a redis-server of their own. */
int verb_compare(struct ctl *ctl);
int verb_demo(struct ctl *ctl);

/* These look into Redis, and need no ordermqd. */
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

/* These ask ordermqd. */
int verb_events(struct ctl *ctl);
int verb_hold(struct ctl *ctl);
int verb_log_level(struct ctl *ctl);
int verb_reset_failed(struct ctl *ctl);
int verb_restart(struct ctl *ctl);
int verb_scale(struct ctl *ctl);
int verb_status(struct ctl *ctl);
int verb_top(struct ctl *ctl);
int verb_unhold(struct ctl *ctl);
int verb_wait(struct ctl *ctl);

#endif
