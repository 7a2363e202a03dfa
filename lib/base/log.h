#ifndef OMQ_LOG_H
#define OMQ_LOG_H

#include <syslog.h>

/* The log lines of a program. Levels are those of <syslog.h>. A line is one
   event, lower case, with the ids it is about. Control bytes in it are shown as
   \xNN, so that no field of an order can forge a line. */

enum log_target {
	/* stderr on a terminal; otherwise syslog(3), or where no log daemon
	   listens stderr with the "<N>" that systemd understands. */
	LOG_TO_AUTO,
	LOG_TO_SYSLOG,
	LOG_TO_STDERR,
};

/* Begin to log. syslog files the lines under ident ("ordermq-points"); each
   begins with name ("points-2"). Both are borrowed for good. Before this is
   called, lines go to stderr. It may be called again. */
void log_open(const char *ident, const char *name, enum log_target target,
	      int facility, int level);

/* From now on write only lines of this level and more important ones. */
void log_set_level(int level);

/* Write one line. It never waits for a log daemon that is stuck: the line is
   dropped, and the next one that goes through says how many were. */
void log_line(int level, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* The name of a level ("info") and the level of a name; -1 when there is no
   such level. */
const char *log_level_name(int level);
int log_level_find(const char *name);

/* The facility of a name ("daemon", "local0"), or -1. */
int log_facility_find(const char *name);

#endif
