#ifndef OMQ_RETENTION_KEEPERS_H
#define OMQ_RETENTION_KEEPERS_H

/* The two keepers of tests/redis/retention, one of them in a process of its
   own, so that they can trim at the same time; and the rules that tell which
   entries may go and which must. */

/* When the model is open. */
void keepers_open(void);
void keepers_close(void);

/* Any settings of retention, and then some hosts that trim by them. */
void keepers_trim(void);

/* The keepers of these hosts trim; fails when what is then in the stream is
   against the rules. */
void keepers_trim_by(unsigned int trimming);

#endif
