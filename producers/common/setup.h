#ifndef OMQ_SETUP_H
#define OMQ_SETUP_H

struct err;
struct settings;

/* The first steps of every program that publishes. */

/* Give /dev/null to each standard descriptor that is closed. Otherwise the
   connection could get its number, and whatever is printed would go to Redis.
   To use it fails as before. To be called first. */
void setup_standard_fds(void);

/* What the command line says instead of the settings; each may be NULL. */
struct setup_choice {
	const char *conf;   /* the file, in place of the default one */
	const char *redis;  /* in place of redis.url */
	const char *stream; /* in place of stream.key */
};

/* Read the settings: from the file that was named, else from the default file
   if it exists, else the defaults. --redis and --stream go before both. Returns
   0; or -1 with ERR_FATAL (the file is wrong), ERR_REJECT (an option is wrong)
   or ERR_RETRY. */
int setup_settings(const struct setup_choice *choice,
		   struct settings *settings_r, struct err *err);

#endif
