#ifndef OMQ_RETENTION_STEPS_H
#define OMQ_RETENTION_STEPS_H

struct stream_group;

/* What happens to the stream of tests/redis/retention, in Redis and in the
   model at once: publishing, reading, settling, claiming, dying. A step that
   makes no sense just now does nothing. */

void step_publish(void);
void step_take(void);
void step_settle(void);
void step_claim_any(void);
void step_claim_of_the_dead(void);
void step_crash(void);
void step_come_back(void);
void step_delete_one(void);
void step_set_group(void);
void step_make(void);
void step_destroy(void);
void step_host(void);

/* Parts of these, for the beginning and the end of a schedule: one entry; at
   most count entries to that consumer; one of so many entries that the living
   hold is acknowledged; a consumer finds all that it had; the group is made. */
void step_publish_one(void);
void step_take_some(struct stream_group *group, int consumer, int count);
void step_settle_some(struct stream_group *group, unsigned int one_of);
void step_come_back_as(struct stream_group *group, int consumer);
void step_make_group(struct stream_group *group);

#endif
