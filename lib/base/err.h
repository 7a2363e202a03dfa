#ifndef OMQ_ERR_H
#define OMQ_ERR_H

/* Why an operation failed: a class that the program can act on, and a sentence
   for a person. The caller owns the struct, usually on its stack; nothing is
   allocated, so that reporting an error cannot itself fail.

   The text grows from the inside out, one cause per colon: "points-1:
   XREADGROUP: connection reset by peer". */

enum err_class {
	/* Try again later: Redis is away, a disk is full. */
	ERR_RETRY = 1,
	/* This entry can never succeed: move it to the dead letters and go
	   on. */
	ERR_REJECT,
	/* This process can never succeed: bad configuration. */
	ERR_FATAL,
};

struct err {
	enum err_class class;
	char text[512]; /* always terminated; cut when too long */
};

/* Record a failure. Returns -1, so that a caller can write
   "return err_set(err, ...)". */
int err_set(struct err *err, enum err_class class, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* err_set() with ": " and the text of errno behind the sentence. */
int err_errno(struct err *err, enum err_class class, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Put "<what>: " before the recorded text and keep the class. Returns -1. */
int err_wrap(struct err *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* The exit status by which a supervisor knows what to do: 75 (start me again
   later) for ERR_RETRY, 65 (bad data) for ERR_REJECT, 78 (start me again only
   after the configuration changed) for ERR_FATAL. The numbers are those of
   <sysexits.h>. */
int err_exit_status(const struct err *err);

#endif
