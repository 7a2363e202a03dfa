#ifndef OMQ_SETTINGS_H
#define OMQ_SETTINGS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct err;

/* Everything that the configuration file says, as one plain value: it has no
   pointers, so that it can be handed from process to process in a sealed memfd.
   Names, defaults, ranges, units and help of every key stand in one table
   (settings_table.c), from which the commented default file comes as well
   (settings_print_defaults). Durations are milliseconds, sizes bytes. */

#define SETTINGS_TEXT_BYTES 256
#define SETTINGS_NAME_BYTES 64
#define SETTINGS_GROUPS_MAX 16
#define SETTINGS_INSTANCES_MAX 256 /* of one group */
#define SETTINGS_FACTORS_MAX 4
#define SETTINGS_NAMES_MAX 8

struct settings_redis {
	char url[SETTINGS_TEXT_BYTES];
	char user[SETTINGS_NAME_BYTES];
	char password_file[SETTINGS_TEXT_BYTES];
	int64_t connect_timeout_msecs;
	int64_t reply_timeout_msecs; /* longest silence beyond BLOCK */
	int64_t retry_max_msecs;     /* longest back-off, Redis away */
	int64_t alarm_retry_msecs;   /* wait after a refusal by Redis */
	int64_t max_reply_bytes;
};

struct settings_names {
	char names[SETTINGS_NAMES_MAX][SETTINGS_NAME_BYTES];
	int64_t count;
};

enum settings_unread {
	SETTINGS_UNREAD_KEEP,
	SETTINGS_UNREAD_DROP,
};

/* When entries are removed from the stream. */
struct settings_retention {
	int64_t max_age_msecs;        /* 0: no limit */
	int64_t max_entries;          /* 0: no limit */
	int64_t unread;               /* enum settings_unread */
	struct settings_names ignore; /* groups for which nothing is kept */
	int64_t ceiling;              /* entries; 0: none */
};

/* The names of the fields in which an order stands. */
struct settings_fields {
	char orderno[SETTINGS_NAME_BYTES];
	char userid[SETTINGS_NAME_BYTES];
	char type[SETTINGS_NAME_BYTES];
	char eventno[SETTINGS_NAME_BYTES];
	/* amount is the product of these fields, times amount_scale. */
	char amount[SETTINGS_FACTORS_MAX][SETTINGS_NAME_BYTES];
	int64_t amount_factor_count;
	int64_t amount_scale;
};

struct settings_points {
	int64_t earn; /* that many points ... */
	int64_t per;  /* ... for that many minor units */
	int64_t flat; /* points for each event beside those */
};

struct settings_push {
	char transport[SETTINGS_NAME_BYTES]; /* "log" */
	char file[SETTINGS_TEXT_BYTES];
	int64_t max_age_msecs; /* 0: no limit */
	/* Templates with {field}, for the types paid and refunded. */
	char paid_title[SETTINGS_TEXT_BYTES];
	char paid_body[2 * SETTINGS_TEXT_BYTES];
	char refunded_title[SETTINGS_TEXT_BYTES];
	char refunded_body[2 * SETTINGS_TEXT_BYTES];
};

struct settings_xread {
	char file[SETTINGS_TEXT_BYTES]; /* "" = none */
};

/* The limits within which the backlog decides the number of instances: see
   settings_scales(). */
struct settings_scale {
	int64_t min;
	int64_t max;
	int64_t target_age_msecs; /* of the oldest undelivered entry */
};

/* In the order of the words in the table. */
enum settings_restart {
	SETTINGS_RESTART_ALWAYS,
	SETTINGS_RESTART_ON_FAILURE,
	SETTINGS_RESTART_NEVER,
	SETTINGS_RESTART_COUNT,
};

struct settings_group {
	char name[SETTINGS_NAME_BYTES];
	char program[SETTINGS_NAME_BYTES]; /* "points", "push", "xread" */
	int64_t instances; /* the least number when they scale */
	struct settings_scale scale;
	char start[SETTINGS_NAME_BYTES]; /* "0", "$" or an entry id */
	int64_t batch;
	int64_t batch_bytes;
	int64_t linger_msecs;
	int64_t owner_ttl_msecs;
	int64_t restart;       /* enum settings_restart */
	int64_t max_rss_bytes; /* 0: no limit */
	int64_t recycle_after; /* entries; 0: never */
	int64_t max_deliveries;
	int64_t max_crashes;
	int64_t retry_base_msecs;
	int64_t retry_max_msecs;
	struct settings_points points;
	struct settings_push push;
	struct settings_xread xread;
};

struct settings_supervisor {
	char control[SETTINGS_TEXT_BYTES];  /* socket path, <= 100 bytes */
	char programs[SETTINGS_TEXT_BYTES]; /* folder of ordermq-<program> */
	int64_t drain_msecs;
	int64_t hang_msecs;
};

struct settings_log {
	int64_t to;       /* enum log_target */
	int64_t facility; /* LOG_DAEMON, ... */
	int64_t level;    /* LOG_INFO, ... */
};

struct settings {
	char node[SETTINGS_NAME_BYTES]; /* never empty once loaded */
	char stream_key[SETTINGS_TEXT_BYTES];
	int64_t silence_msecs; /* without an entry: an alarm; 0: never */
	struct settings_retention retention;
	struct settings_redis redis;
	struct settings_fields fields;
	struct settings_group groups[SETTINGS_GROUPS_MAX];
	int64_t group_count;
	struct settings_supervisor supervisor;
	struct settings_log log;
};

/* Fill in every default, without groups. node stays empty: it becomes the host
   name when a file is loaded. */
void settings_defaults(struct settings *settings_r);

/* The group of that name, or NULL. */
const struct settings_group *settings_group(const struct settings *settings,
					    const char *name);

/* True for a program that reads the stream without a consumer group. */
bool settings_is_groupless(const struct settings_group *group);

/* True when the backlog decides the number of instances, within scale; else
   their number is instances. */
bool settings_scales(const struct settings_group *group);

/* The number of instances that a group should have when it has running now. */
int64_t settings_instances(const struct settings_group *group, int64_t running);

/* The directory of the control socket, in which everything of the running set
   lies (lock, node id, boards). dir has SETTINGS_TEXT_BYTES; returns dir. */
const char *settings_runtime_dir(const struct settings *settings, char *dir);

/* Print the commented default configuration file: every key with its help,
   unit, range and default. */
void settings_print_defaults(FILE *out);

#endif
