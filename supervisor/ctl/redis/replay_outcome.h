#ifndef OMQ_FATE_H
#define OMQ_FATE_H

#include "lib/stream/order.h"
#include "supervisor/ctl/redis/view.h"

struct settings_group;

/* What would become of entries if they came back to a group. */
enum fate {
	FATE_NEW,       /* credited: the ledger does not have it */
	FATE_DUPLICATE, /* the ledger has it */
	FATE_CONFLICT,  /* the ledger has another account or amount */
	FATE_GUEST,     /* nobody to credit */
	FATE_OTHER,     /* of a type that is none of our business */
	FATE_NOTIFIED,  /* somebody hears of it once more */
	FATE_HANDLED,   /* whatever that means to a program we do not know */
	/* These are left out. */
	FATE_REJECTED, /* no order */
	FATE_PENDING,  /* it is tried anyway */
	FATE_WAITING,  /* it came back already */
	FATE_GONE,     /* removed from the stream in the meantime */
	FATE_COUNT,
};

/* The name of its number in a record, and what is said of it. */
const char *fate_key(enum fate fate);
const char *fate_text(enum fate fate);

/* An entry that may come back. Its texts are borrowed from the reply. */
struct fate_entry {
	struct text id;
	enum fate fate;
	struct order order;        /* its fields are of no use */
	char key[ORDER_KEY_BYTES]; /* "": it has none */
};

/* The fate of an entry with these fields in group, as far as it can be told
   without the ledger: there, what it may have is FATE_NEW. */
void fate_read(const struct settings *settings,
	       const struct settings_group *group, const struct reply *fields,
	       struct fate_entry *entry);

/* Look into the ledger for those that are FATE_NEW, at most VIEW_PAGE. Returns
   0, or -1 with the view's err. */
int fate_look_up(struct view *view, const char *group,
		 struct fate_entry *entries, size_t count);

#endif
