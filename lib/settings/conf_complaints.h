#ifndef OMQ_CONF_COMPLAINTS_H
#define OMQ_CONF_COMPLAINTS_H

#include <stdbool.h>

struct err;

/* Everything that is wrong with a configuration file, in the order of its
   lines. It lives in the child process that reads the file, and ends with
   it. */
struct conf_complaints;

/* Begin a list about the file at path, which is borrowed. Returns NULL when out
   of memory. */
struct conf_complaints *conf_complaints_open(const char *path);
void conf_complaints_close(struct conf_complaints **complaints);

/* Add a complaint. line 0 means the file as a whole. */
void conf_complain(struct conf_complaints *complaints, unsigned int line,
		   const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Add a complaint about the notation of a number. Its value must not be used:
   conf_complaints_have_number() answers for its line. */
void conf_complain_number(struct conf_complaints *complaints, unsigned int line,
			  const char *fault);
bool conf_complaints_have_number(const struct conf_complaints *complaints,
				 unsigned int line);

unsigned int conf_complaints_count(const struct conf_complaints *complaints);

/* Write the complaints to a descriptor, one a line: "FILE:LINE: what is wrong".
   Returns 0, or -1. */
int conf_complaints_write(const struct conf_complaints *complaints, int fd);

/* Fit what conf_complaints_write() wrote into err, as ERR_FATAL: as many whole
   lines as it holds, then "... and N more". Returns -1. */
int conf_complaints_fit(const char *lines, struct err *err);

#endif
