/* The table of the link. What happens is told by consumer_answer.c and
   consumer_link.c; what the actions do stands in consumer_trouble.c. */

#include "config.h"

#include "lib/consumer/link_table.h"

#define STAYS(state)                                                           \
	{                                                                      \
		LINK_##state, LINK_NOTHING                                     \
	}

/* Columns: TIME, OPENED, ROUND, PUT_OFF, BROKEN, ROBBED, CUT. */
static const struct link_step steps[LINK_STATE_COUNT][LINK_EVENT_COUNT] = {
	[LINK_DOWN] = {
		{ LINK_DOWN, LINK_CONNECT },
		{ LINK_GREETING, LINK_NOTHING },
		STAYS(DOWN),
		STAYS(DOWN),
		{ LINK_DOWN, LINK_CLOSE },
		STAYS(DOWN),
		STAYS(DOWN),
	},
	[LINK_GREETING] = {
		STAYS(GREETING),
		STAYS(GREETING),
		{ LINK_WELL, LINK_PRAISE },
		{ LINK_WAITING, LINK_REST },
		{ LINK_DOWN, LINK_CLOSE },
		{ LINK_LOST, LINK_DROP },
		{ LINK_DOWN, LINK_HANG_UP },
	},
	[LINK_WELL] = {
		STAYS(WELL),
		STAYS(WELL),
		STAYS(WELL),
		{ LINK_WAITING, LINK_REST },
		{ LINK_DOWN, LINK_CLOSE },
		{ LINK_LOST, LINK_DROP },
		{ LINK_DOWN, LINK_HANG_UP },
	},
	[LINK_WAITING] = {
		{ LINK_GREETING, LINK_NOTHING },
		STAYS(WAITING),
		STAYS(WAITING),
		/* One round trip may bring many errors: they are one. */
		STAYS(WAITING),
		{ LINK_DOWN, LINK_CLOSE },
		{ LINK_LOST, LINK_DROP },
		{ LINK_DOWN, LINK_HANG_UP },
	},
	[LINK_LOST] = {
		{ LINK_DOWN, LINK_RENEW },
		STAYS(LOST),
		STAYS(LOST),
		STAYS(LOST),
		{ LINK_DOWN, LINK_RENEW },
		STAYS(LOST),
		{ LINK_DOWN, LINK_RENEW },
	},
};

struct link_step link_step(enum link_state state, enum link_event event)
{
	return steps[state][event];
}
