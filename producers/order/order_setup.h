#ifndef OMQ_ORDER_SETUP_H
#define OMQ_ORDER_SETUP_H

struct err;
struct order_options;
struct settings;
struct source;

/* What ordermq-order opens before it can begin. */

/* Read the settings, as setup_settings() does. */
int order_settings_load(const struct order_options *options,
			struct settings *settings_r, struct err *err);

/* Open the source that was asked for; it borrows from both. Returns 0 and a
   source that the caller must source_close(); or -1 with ERR_REJECT or
   ERR_RETRY. */
int order_source_open(const struct order_options *options,
		      const struct settings *settings, struct source **source_r,
		      struct err *err);

#endif
