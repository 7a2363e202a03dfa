#ifndef OMQ_DAEMON_H
#define OMQ_DAEMON_H

/* ordermqd between its options and its end: it takes the runtime directory,
   starts the configured instances, and turns the loop until it is told to stop
   and the last instance is gone. */

#define DAEMON_CONFIG SYSCONFDIR "/ordermq/ordermq.conf"

struct err;
struct settings;

struct daemon_options {
	const char *config; /* path of the configuration file */
	const char *node;   /* NULL: the one of the file, else the host name */
};

/* Read the configuration into *settings_r. Returns a sealed memfd with these
   settings, which the caller owns; or -1 with ERR_FATAL. */
int daemon_load(const struct daemon_options *options,
		struct settings *settings_r, struct err *err);

/* Run until ordermqd is told to stop. Returns the exit status: 0 stopped as
   asked; 71 out of memory; 75 another ordermqd has the directory, or the system
   has no descriptor or process left; 78 the configuration is not acceptable, or
   its runtime directory cannot be used. */
int daemon_run(const struct daemon_options *options);

#endif
