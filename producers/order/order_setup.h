#ifndef OMQ_ORDER_SETUP_H
#define OMQ_ORDER_SETUP_H

struct err;
struct order_options;
struct settings;
struct source;

/* What ordermq-order needs before it can begin. */

/* The settings: of the file that was asked for; else of the default file, if
   there is one; else the defaults. --redis and --stream go before both. Returns
   0; or -1 with ERR_FATAL (the file is wrong), ERR_REJECT (an option is), or
   ERR_RETRY. */
int order_settings_load(const struct order_options *options,
			struct settings *settings_r, struct err *err);

/* The source that was asked for; it borrows from both. Returns 0 and a source
   that the caller must source_close(); or -1 with ERR_REJECT or ERR_RETRY. */
int order_source_open(const struct order_options *options,
		      const struct settings *settings, struct source **source_r,
		      struct err *err);

#endif
