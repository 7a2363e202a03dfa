#ifndef OMQ_SETTINGS_VALUE_H
#define OMQ_SETTINGS_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct setting;
struct settings;
struct settings_group;

/* A value of the settings table on its way from text into the struct, checked
   against its row. base is the struct settings_group for a group's key, else
   the struct settings. Each setter returns 0, or -1 with ERR_FATAL and what is
   wrong, and then changes nothing. */

/* A value that stands in quotes in the file. */
int setting_set_text(const struct setting *key, void *base, const char *text,
		     struct err *err);

/* A value that is a bare whole number in the file. */
int setting_set_integer(const struct setting *key, void *base, int64_t value,
			struct err *err);

/* A value that is a list of texts in the file. */
int setting_set_list(const struct setting *key, void *base,
		     const char *const *texts, size_t count, struct err *err);

/* True for a key whose value stands in quotes. */
bool setting_is_text(const struct setting *key);

/* The range of the key, for a person: "10ms to 1m", "1 to 1024 entries", "one
   of auto, syslog, stderr". Returns buf. */
const char *setting_range(const struct setting *key, char *buf, size_t bytes);

/* Fill in the defaults of a group; name and program are empty. */
void settings_group_defaults(struct settings_group *group_r);

/* Fill in what depends on the host, where it is empty: node with the host name,
   supervisor.programs with the directory of the installation. Returns 0, or -1
   with ERR_FATAL: the host name is no node name. */
int settings_complete(struct settings *settings, struct err *err);

/* True when every value is within the bounds of its row: settings from another
   process are not trusted. */
bool settings_are_sane(const struct settings *settings);

#endif
