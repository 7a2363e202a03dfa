#ifndef ORDERMQ_PUBLISH_H
#define ORDERMQ_PUBLISH_H

/* Publish orders to ordermq from a program in C or C++: see ordermq-publish(3).

   At most one thread may use a publisher at a time; different publishers are
   independent. Nothing here ends the process, catches a signal, raises SIGPIPE,
   writes to standard output or error, or stays behind after a close. */

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ordermq_publisher;

/* One field of an order. The name is a C string; the value may hold any byte.
   Both are borrowed for the call. */
struct ordermq_field {
	const char *name;
	const void *value;
	size_t length; /* of the value, in bytes */
};

struct ordermq_order {
	const struct ordermq_field *fields;
	size_t field_count;
};

enum ordermq_outcome {
	/* Not there: publish it again. */
	ORDERMQ_NOT_SENT = 0,
	ORDERMQ_REFUSED = 1, /* Redis or the disk did not take it */
	/* Sent and not answered: it may be there. With once, publish it again;
	   without, that may add a second entry. */
	ORDERMQ_IN_DOUBT = 2,
	/* No valid order, and never will be: see the reason. */
	ORDERMQ_REJECTED = 3,
	/* There. */
	ORDERMQ_PUBLISHED = 4, /* as a new entry, id */
	ORDERMQ_KNOWN = 5,     /* its event key had an entry already, id */
	ORDERMQ_OTHER = 6,     /* as KNOWN, with other fields, which stay */
	ORDERMQ_ACCEPTED = 7   /* in the outbox */
};

/* The result of one order; the texts are always terminated. */
struct ordermq_result {
	int outcome;      /* enum ordermq_outcome */
	char id[52];      /* of the entry; "" where there is none */
	char reason[200]; /* of ORDERMQ_REJECTED; else "" */
};

/* options: texts "name=value" up to NULL; see the manual page. They are copied.
   Redis is not asked yet. Returns 0 and a publisher that the caller must
   ordermq_publish_close(); or -1, and why in reason (reason_bytes long, always
   terminated; NULL with 0: not wanted): an option is wrong, there is no such
   outbox, or out of memory. */
int ordermq_publish_open(const char *const *options,
			 struct ordermq_publisher **publisher_r, char *reason,
			 size_t reason_bytes);

/* Publish count orders in their sequence, and try again for the timeout that
   was set. results, which may be NULL, gets a result for each. Returns 0 when
   all are there; or -1 when one is not, or is there with other fields.
   ordermq_publish_reason() then tells why it ended early, if it did. */
int ordermq_publish_batch(struct ordermq_publisher *publisher,
			  const struct ordermq_order *orders, size_t count,
			  struct ordermq_result *results);

/* ordermq_publish_batch() for one order. */
int ordermq_publish(struct ordermq_publisher *publisher,
		    const struct ordermq_field *fields, size_t field_count,
		    struct ordermq_result *result);

/* Why the last call could not be finished: a sentence without a line end, ""
   when it could. Lives until the next call. */
const char *ordermq_publish_reason(const struct ordermq_publisher *publisher);

/* Close the connection. NULL is fine. */
void ordermq_publish_close(struct ordermq_publisher *publisher);

/* The version of the library, "0.1.0". */
const char *ordermq_publish_version(void);

#ifdef __cplusplus
}
#endif

#endif
