#ifndef OMQ_SETTINGS_CHECK_H
#define OMQ_SETTINGS_CHECK_H

struct err;

/* The rules for a text in the configuration, beyond its length. Each returns 0,
   or -1 with ERR_FATAL and what would be right. Rows of the settings table name
   them. */

/* A URL that url_parse() accepts. */
int settings_check_url(const char *text, struct err *err);

/* A node name: letters, digits, "_", ".", "-". It is part of the consumer
   names, after the "@". */
int settings_check_node(const char *text, struct err *err);

/* A group's name: letters, digits, "_", "-". It is part of keys in Redis
   (between colons) and of process names. */
int settings_check_name(const char *text, struct err *err);

/* The <program> of ordermq-<program>: lower case, digits, "-". */
int settings_check_program(const char *text, struct err *err);

/* A stream key: no braces, or exactly one hash tag that is not empty. Redis
   takes the slot from the first tag, so that other braces would part the stream
   from the keys that scripts change with it. */
int settings_check_key(const char *text, struct err *err);

/* Where a new group starts: "0", "$" or an entry id with both parts. */
int settings_check_start(const char *text, struct err *err);

/* An absolute path: the working directory of a daemon must not matter. */
int settings_check_path(const char *text, struct err *err);

/* A template: "{name}" stands for a stream field, "{{" and "}}" for braces. */
int settings_check_template(const char *text, struct err *err);

#endif
