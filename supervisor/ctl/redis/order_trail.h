#ifndef OMQ_ORDER_TRAIL_H
#define OMQ_ORDER_TRAIL_H

#include "supervisor/ctl/redis/order_trail_parts.h"

struct view;

/* Where an order is: see struct order_trail. */

/* Find out. Returns 0, or -1 with the view's err. Either way the caller must
   order_trail_close(). */
int order_trail_open(struct order_trail *trail, struct view *view,
		     const char *orderno);
void order_trail_close(struct order_trail *trail);

#endif
