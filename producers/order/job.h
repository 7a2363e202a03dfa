#ifndef OMQ_JOB_H
#define OMQ_JOB_H

#include "lib/settings/settings.h"
#include "lib/stream/order.h"
#include "producers/order/order_options.h"
#include "producers/order/order_state.h"
#include "producers/order/pace.h"
#include "producers/order/progress.h"
#include "producers/publish/window.h"

#include <stdint.h>

struct outbox;
struct publisher;
struct source;

/* One run of ordermq-order: orders go from a source, through a window, into the
   stream or into an outbox. While one window is under way the next one is
   filled; it goes when every order of the first is settled. main() opens the
   members, and order_job.c works with them; order_fail.c, order_lag.c and
   order_report.c help. There is one in a process, zeroed at first. */
struct job {
	struct order_options options;
	struct settings settings;
	struct order_names names; /* of the fields in settings */
	struct source *source;
	struct publisher *publisher; /* NULL when there is an outbox */
	struct outbox *outbox;       /* NULL when there is a publisher */
	struct window windows[2];
	struct window *window; /* the one of these that is being filled */
	struct window *sent;   /* the other: under way, or how that went */
	struct pace pace;
	struct progress progress;

	struct order_state_file order_state_file; /* path NULL: none is kept */
	struct order_state resumed; /* from the file: its orders are skipped */
	struct order_state given;   /* all orders that the source gave */
	struct order_state behind;  /* those up to the end of sent */
	struct order_state done;    /* those that are surely published */
	struct order_state saved;   /* what the file says now */
	int64_t save_msecs;         /* when it is to be written again */

	uint64_t published; /* orders that became a new entry */
	uint64_t known;     /* orders whose event key had an entry already */
	uint64_t others;    /* known orders whose entry has other fields */
	uint64_t rejected;
	uint64_t bad;       /* rejected + others, when last settled */
	uint64_t sure_line; /* every order up to it is done; 0: none */
	char last_id[WINDOW_ID_BYTES];
	int status; /* the exit status, when something failed */
};

#endif
