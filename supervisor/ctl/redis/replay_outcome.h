#ifndef OMQ_REPLAY_OUTCOME_H
#define OMQ_REPLAY_OUTCOME_H

#include "lib/stream/order.h"
#include "supervisor/ctl/redis/view.h"

struct settings_group;

/* The outcome of an entry that comes back to a group, as far as it can be
   foreseen. */
enum replay_outcome {
	REPLAY_OUTCOME_NEW,       /* credited: the ledger does not have it */
	REPLAY_OUTCOME_DUPLICATE, /* the ledger has it */
	REPLAY_OUTCOME_CONFLICT,  /* the ledger has another account or amount */
	REPLAY_OUTCOME_GUEST,     /* nobody to credit */
	REPLAY_OUTCOME_OTHER,     /* of a type that the program ignores */
	REPLAY_OUTCOME_NOTIFIED,  /* a customer is notified once more */
	REPLAY_OUTCOME_HANDLED,   /* whatever that means to a program we do not
				     know */
	/* These are left out. */
	REPLAY_OUTCOME_REJECTED, /* no order */
	REPLAY_OUTCOME_PENDING,  /* it is tried anyway */
	REPLAY_OUTCOME_WAITING,  /* it came back already */
	REPLAY_OUTCOME_GONE,     /* removed from the stream in the meantime */
	REPLAY_OUTCOME_COUNT,
};

/* The name of an outcome in a record, and its words for people. */
const char *replay_outcome_key(enum replay_outcome outcome);
const char *replay_outcome_text(enum replay_outcome outcome);

/* An entry that may come back. Its texts are borrowed from the reply. */
struct replay_outcome_entry {
	struct text id;
	enum replay_outcome outcome;
	struct order order;        /* its fields are of no use */
	char key[ORDER_KEY_BYTES]; /* "": it has none */
};

/* The outcome of an entry with these fields in group, as far as it is known
   without the ledger: an event that may be in the ledger is
   REPLAY_OUTCOME_NEW. */
void replay_outcome_read(const struct settings *settings,
			 const struct settings_group *group,
			 const struct reply *fields,
			 struct replay_outcome_entry *entry);

/* Look up in the ledger the entries that are REPLAY_OUTCOME_NEW, at most
   VIEW_PAGE of them. Returns 0, or -1 with the view's err. */
int replay_outcome_look_up(struct view *view, const char *group,
			   struct replay_outcome_entry *entries, size_t count);

#endif
