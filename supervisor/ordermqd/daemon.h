#ifndef OMQ_DAEMON_H
#define OMQ_DAEMON_H

/* What ordermqd does between its options and its end: it takes the runtime
   directory, starts what the configuration says, and turns the loop until it
   is told to stop and the last instance is gone. */

#define DAEMON_CONFIG SYSCONFDIR "/ordermq/ordermq.conf"

struct err;
struct settings;

struct daemon_options {
	const char *config; /* path of the configuration file */
	const char *node;   /* NULL: what the file says, else the host name */
};

/* Read the configuration. Returns the sealed memfd with it, which the caller
   owns, and the same in *settings_r; or -1 with ERR_FATAL. */
int daemon_load(const struct daemon_options *options,
		struct settings *settings_r, struct err *err);

/* Run until ordermqd is told to stop. Returns the exit status: 0 stopped as
   asked; 71 out of memory; 75 another ordermqd has the directory, or the system
   has no descriptor or process left; 78 the configuration is not acceptable, or
   its runtime directory cannot be used. */
int daemon_run(const struct daemon_options *options);

#endif
