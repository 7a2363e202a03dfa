#ifndef OMQ_LEDGER_H
#define OMQ_LEDGER_H

#include "lib/base/num.h"
#include "lib/stream/order.h"
#include "lib/base/text.h"
#include "lib/base/text_index.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct command;

/* The script that credits points, consumers/ledger.lua, and the arguments of
   one call of it. A script holds up the whole server, so that sums and the
   question whether a key is there twice are worked out here. Measured on one
   machine, in us of redis-server an entry: five arguments and a table an entry
   6.0; arguments in one flat list, and balances read and written by one command
   each, 3.8; balances added to by HINCRBY 3.6, which a torn AOF may do twice;
   event keys given once and gathered by the script 4.1. XACK and HINCRBY entry
   by entry, without any ledger, take 2.5. */

/* From 2^53 on the numbers of a script are not exact any more. */
#define LEDGER_POINTS_MAX ((INT64_C(1) << 53) - 1)

#define LEDGER_EVENTS_MAX TEXT_INDEX_MAX

extern const char ledger_script[];

/* The keys of the script behind those of the skeleton, ended by NULL. */
extern const char *const ledger_keys[];

/* One event, as it goes into the ledger. */
struct ledger_event {
	struct text id; /* of the entry */
	struct text key;
	struct text account;
	int64_t points;
	struct text line; /* account, amount, points, rule, id, and room for
			     the time */
	char key_bytes[ORDER_KEY_BYTES];
	char line_bytes[];
};

/* Bytes of memory that an event of this order takes. */
size_t ledger_event_bytes(const struct order *order, struct text id,
			  struct text rule);

/* Fill in an event. The order's texts and the id are borrowed. */
void ledger_event_set(struct ledger_event *event, const struct order *order,
		      struct text id, int64_t points, struct text rule);

/* The events of one call. A zeroed one has none. */
struct ledger {
	size_t count;
	bool repeats; /* an event key is there twice */
	struct ledger_event *events[LEDGER_EVENTS_MAX];
	struct text_index keys;
	struct text_index accounts;
	/* By the number of the account: the points of the first events of their
	   keys. */
	int64_t changes[LEDGER_EVENTS_MAX];
	char change_texts[LEDGER_EVENTS_MAX][NUM_BYTES];
};

void ledger_clear(struct ledger *ledger);

/* Add an event, which is borrowed. Its key may be there already: the script
   tells which one counts. Returns 0, or -1 when it cannot go with those before,
   since a sum would leave the range of exact numbers. The first one always can;
   after -1 none is added any more. */
int ledger_add(struct ledger *ledger, struct ledger_event *event);

/* Add the arguments for all events to command; they point into the ledger and
   the events. wall_msecs is the time for the ledger. */
void ledger_write(struct ledger *ledger, int64_t wall_msecs,
		  struct command *command);

#endif
