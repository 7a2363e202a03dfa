#ifndef OMQ_STEER_RESTART_H
#define OMQ_STEER_RESTART_H

#include <stdbool.h>

struct control_client;
struct service;
struct steer;

/* Replace the instances from instance from up to before instance to, counted
   from 0: all at once, or one after the other, each when the one before is
   ready. The first that does not become ready ends it. The client is answered
   when it is over; it goes on when the client goes away. For steer.c alone. */
void steer_restart(struct steer *steer, struct control_client *client,
		   struct service *service, int from, int to, bool is_rolling);

#endif
