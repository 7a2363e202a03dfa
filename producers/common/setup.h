#ifndef OMQ_SETUP_H
#define OMQ_SETUP_H

struct err;
struct settings;

/* What every program of this folder needs before it can begin. */

/* A standard descriptor that is closed must not become that of the connection,
   to which then goes what is printed: take its place, so that using it fails as
   it did. To be called first. */
void setup_standard_fds(void);

/* What the command line says about the settings; each may be NULL. */
struct setup_choice {
	const char *conf;   /* the file, in place of the default one */
	const char *redis;  /* in place of redis.url */
	const char *stream; /* in place of stream.key */
};

/* The settings: of the file that was asked for; else of the default file, if
   there is one; else the defaults. --redis and --stream go before both. Returns
   0; or -1 with ERR_FATAL (the file is wrong), ERR_REJECT (an option is), or
   ERR_RETRY. */
int setup_settings(const struct setup_choice *choice,
		   struct settings *settings_r, struct err *err);

#endif
