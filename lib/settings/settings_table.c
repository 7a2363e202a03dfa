/* The one table of all keys of the configuration file. To add a key: a member
   in settings.h, a row here, the use; then the default file and the manual
   page, which tests compare with the table. */

#include "config.h"

#include "lib/settings/settings_table.h"

#include "lib/base/log.h"
#include "lib/settings/settings.h"
#include "lib/settings/settings_check.h"

#include <string.h>

#define SECS INT64_C(1000)
#define MINUTES (60 * SECS)
#define HOURS (60 * MINUTES)
#define DAYS (24 * HOURS)
#define KIB INT64_C(1024)
#define MIB (1024 * KIB)
#define BILLION INT64_C(1000000000)

/* A row is KIND(path, struct, member, default, min, max, rest). The struct is
   settings, or settings_group for a key of each group; the rest is the help and
   whatever only some keys have. */
#define ROW(kind_, path_, in, member, preset_, min_, max_, ...)                \
	{                                                                      \
		.path = path_, .kind = kind_,                                  \
		.offset = offsetof(struct in, member),                         \
		.bytes = sizeof(((struct in *)0)->member), .preset = preset_,  \
		.min = min_, .max = max_, __VA_ARGS__                          \
	}
#define TEXT(...) ROW(SETTING_TEXT, __VA_ARGS__)
#define TEMPLATE(...) ROW(SETTING_TEMPLATE, __VA_ARGS__)
#define INTEGER(...) ROW(SETTING_INTEGER, __VA_ARGS__)
#define DURATION(...) ROW(SETTING_DURATION, __VA_ARGS__)
#define SIZE(...) ROW(SETTING_SIZE, __VA_ARGS__)
#define CHOICE(path_, in, member, preset_, ...)                                \
	ROW(SETTING_CHOICE, path_, in, member, preset_, 0, INT32_MAX,          \
	    __VA_ARGS__)

#define NAME_MAX_BYTES (SETTINGS_NAME_BYTES - 1)
#define TEXT_MAX_BYTES (SETTINGS_TEXT_BYTES - 1)
#define BODY_MAX_BYTES (2 * SETTINGS_TEXT_BYTES - 1)

const struct setting settings_table[] = {
	TEXT("node", settings, node, "", 0, NAME_MAX_BYTES,
	     .check = settings_check_node,
	     .help = "The name of this host among all that read the same "
		     "stream. Two hosts must not share one. Letters, digits, "
		     "\"_\", \".\" and \"-\". Empty: the host name."),

	TEXT("redis.url", settings, redis.url, "redis://127.0.0.1:6379", 1,
	     TEXT_MAX_BYTES, .check = settings_check_url,
	     .help = "Where Redis is: redis://HOST:PORT/DB (an IPv6 address in "
		     "brackets) or unix:///PATH?db=DB. Port 6379 and database "
		     "0 may be left out. User and password do not go here."),
	TEXT("redis.user", settings, redis.user, "", 0, NAME_MAX_BYTES,
	     .help = "The user to log in as. Empty: the user \"default\"."),
	TEXT("redis.password_file", settings, redis.password_file, "", 0,
	     TEXT_MAX_BYTES,
	     .help = "The file whose first line is the password; it must not "
		     "be readable by others. A bare name is a credential of "
		     "the systemd unit, elsewhere a file beside the installed "
		     "ordermq.conf. Empty: no password."),
	DURATION("redis.connect_timeout", settings, redis.connect_timeout_msecs,
		 "3s", 10, 60 * SECS,
		 .help = "How long connecting and logging in may take."),
	DURATION("redis.reply_timeout", settings, redis.reply_timeout_msecs,
		 "5s", 100, 10 * MINUTES,
		 .help = "How long Redis may leave a command without a reply "
			 "before the connection is taken for dead."),
	DURATION("redis.retry_max", settings, redis.retry_max_msecs, "1s", 50,
		 5 * MINUTES,
		 .help = "The longest pause between two attempts to connect "
			 "while Redis is away."),
	DURATION("redis.alarm_retry", settings, redis.alarm_retry_msecs, "30s",
		 100, 1 * HOURS,
		 .help = "The pause after Redis refused us: a wrong password, "
			 "no permission, a key of the wrong type."),
	SIZE("redis.max_reply", settings, redis.max_reply_bytes, "64MiB", MIB,
	     512 * MIB,
	     .help = "The largest reply to accept. A larger one is asked for "
		     "again in smaller portions; a single entry above this "
		     "size becomes a dead letter."),

	TEXT("stream.key", settings, stream_key, "ordermq", 1, 200,
	     .check = settings_check_key,
	     .help = "The stream that orders are written to. It may have one "
		     "hash tag, such as \"{shop}:orders\"; no other braces."),

	DURATION("stream.silence", settings, silence_msecs, "0", 0, 3650 * DAYS,
		 .help = "An alarm is raised after so long without an entry: "
			 "the sender may be down. 0: never."),

	DURATION("stream.retention.max_age", settings, retention.max_age_msecs,
		 "7d", 0, 3650 * DAYS,
		 .help = "Entries older than this are removed, once every "
			 "group on the stream has settled them. 0: no limit."),
	INTEGER("stream.retention.max_entries", settings, retention.max_entries,
		"1000000", 0, BILLION, .unit = "entries",
		.help = "Above this number the oldest entries go too, once "
			"every group has settled them. 0: no limit."),
	CHOICE("stream.retention.unread", settings, retention.unread, "keep",
	       .words = "keep, drop",
	       .help = "Entries that a group has not settled: \"keep\" leaves "
		       "them, however old and many they are; \"drop\" "
		       "removes them by age and number like all others. "
		       "Entries that a group then was never given are "
		       "counted, and an alarm names the group."),
	ROW(SETTING_NAMES, "stream.retention.ignore", settings,
	    retention.ignore, "()", 1, NAME_MAX_BYTES,
	    .help = "Groups for which no entry is kept, since nothing reads "
		    "them any more. Every other group on the stream keeps the "
		    "entries that it has not settled, also one that another "
		    "program made."),
	INTEGER("stream.retention.ceiling", settings, retention.ceiling, "0", 0,
		BILLION, .unit = "entries",
		.help = "Above this number the oldest entries go in any case, "
			"settled or not, before Redis is full and accepts no "
			"order any more. Above max_entries. 0: none."),

	TEXT("fields.orderno", settings, fields.orderno, "orderno", 1,
	     NAME_MAX_BYTES, .help = "The field with the order's number."),
	TEXT("fields.userid", settings, fields.userid, "userid", 1,
	     NAME_MAX_BYTES, .help = "The field with the customer's account."),
	TEXT("fields.type", settings, fields.type, "type", 1, NAME_MAX_BYTES,
	     .help = "The field that says what happened: paid, refunded. An "
		     "entry without it is paid."),
	TEXT("fields.eventno", settings, fields.eventno, "eventno", 1,
	     NAME_MAX_BYTES,
	     .help = "The field that tells several events of one type of one "
		     "order apart, such as partial refunds."),
	ROW(SETTING_AMOUNT, "fields.amount", settings, fields, "amount", 1,
	    NAME_MAX_BYTES,
	    .help = "The field with the amount, a whole number of minor units "
		    "(cents)."),
	ROW(SETTING_FACTORS, "fields.amount.product", settings, fields,
	    "amount", 1, NAME_MAX_BYTES,
	    .help = "Up to 4 fields with decimal numbers, to be multiplied "
		    "exactly."),
	ROW(SETTING_POWER, "fields.amount.scale", settings, fields.amount_scale,
	    "1", 1, BILLION,
	    .help = "How many minor units make one unit of the product. An "
		    "order whose amount has more decimal places becomes a dead "
		    "letter."),

	TEXT("groups.name", settings_group, name, NULL, 1, 32,
	     .check = settings_check_name,
	     .help = "The consumer group in Redis, and the beginning of the "
		     "names of its instances. Letters, digits, \"_\" and "
		     "\"-\"; "
		     "each name once."),
	TEXT("groups.program", settings_group, program, NULL, 1, 32,
	     .check = settings_check_program,
	     .help = "What to run: \"points\" credits loyalty points, \"push\" "
		     "notifies customers, \"audit\" adds up days and "
		     "countries, "
		     "\"xread\" reads everything without a group. Any other "
		     "name runs ordermq-<name>."),
	INTEGER("groups.instances", settings_group, instances, "1", 0,
		SETTINGS_INSTANCES_MAX, .unit = "processes",
		.help = "How many processes share the work. 0 stops the group "
			"and keeps its place in the stream."),
	INTEGER("groups.instances.min", settings_group, scale.min, "1", 1,
		SETTINGS_INSTANCES_MAX, .unit = "processes",
		.help = "The least number of instances."),
	INTEGER("groups.instances.max", settings_group, scale.max, "1", 1,
		SETTINGS_INSTANCES_MAX, .unit = "processes",
		.help = "The largest number of instances, not below "
			"instances.min."),
	DURATION("groups.instances.target_age", settings_group,
		 scale.target_age_msecs, "5s", 1 * SECS, 1 * HOURS,
		 .help = "More instances are started when an entry waited "
			 "longer than this until one read it. When fewer were "
			 "enough for six times this long, some stop."),
	TEXT("groups.start", settings_group, start, "0", 1, NAME_MAX_BYTES,
	     .check = settings_check_start,
	     .help = "Where a group that does not exist yet begins: \"0\" with "
		     "the oldest entry, \"$\" with the next new one, or "
		     "behind an entry id. No effect on an existing group."),
	INTEGER("groups.batch", settings_group, batch, "256", 1, 1024,
		.unit = "entries",
		.help = "At most that many entries are read and settled at "
			"once."),
	SIZE("groups.batch_bytes", settings_group, batch_bytes, "8MiB", KIB,
	     512 * MIB,
	     .help = "The most bytes of entries to read at once, by the "
		     "largest of the last thousand: of larger entries fewer "
		     "are read. After an instance was killed with a read in "
		     "hand it is half of that, and of batch, for a while."),
	DURATION("groups.linger", settings_group, linger_msecs, "10ms", 0,
		 1 * SECS,
		 .help = "While Redis is busy, an instance waits before it "
			 "reads again, so that one call brings more entries: "
			 "for twice the time that Redis took to settle the "
			 "last ones, and never longer than this. 0: it never "
			 "waits."),
	DURATION("groups.owner_ttl", settings_group, owner_ttl_msecs, "15s",
		 1 * SECS, 10 * MINUTES,
		 .help = "After this long without a sign of life from an "
			 "instance, another host may take over its entries."),
	CHOICE("groups.restart", settings_group, restart, "always",
	       .words = "always, on-failure, never",
	       .help = "When an instance ends unasked: \"always\" starts it "
		       "again; \"on-failure\" does so unless its exit status "
		       "was 0: then it has finished; \"never\" leaves it "
		       "down, finished or failed. Others take over the "
		       "entries that it held. It is started again by restart "
		       "and reset-failed of ordermqctl, or by a reload that "
		       "changes its group."),
	SIZE("groups.max_rss", settings_group, max_rss_bytes, "0", 0,
	     1024 * 1024 * MIB,
	     .help = "An instance with more memory than this (resident, as ps "
		     "shows it) finishes its entries in flight and is "
		     "replaced. At least 16MiB. 0: no limit."),
	INTEGER("groups.recycle_after", settings_group, recycle_after, "0", 0,
		BILLION, .unit = "entries",
		.help = "An instance that has settled this number of entries, "
			"or up to a fifth more, is replaced in the same way. "
			"0: never."),
	INTEGER("groups.retry.max_deliveries", settings_group, max_deliveries,
		"5", 1, 1000, .unit = "attempts",
		.help = "After this number of failed attempts an entry is "
			"moved to the dead letters."),
	INTEGER("groups.retry.max_crashes", settings_group, max_crashes, "3", 1,
		100, .unit = "crashes",
		.help = "When this number of instances has crashed or hung on "
			"an entry, it is moved to the dead letters."),
	DURATION("groups.retry.base", settings_group, retry_base_msecs, "1s",
		 10, 1 * HOURS,
		 .help = "The longest pause before the second attempt at an "
			 "entry; it doubles with each further attempt, and "
			 "each pause is drawn by chance below it."),
	DURATION("groups.retry.max", settings_group, retry_max_msecs, "5m", 10,
		 1 * DAYS,
		 .help = "The longest pause between two attempts, not below "
			 "retry.base."),

	INTEGER("groups.points.earn", settings_group, points.earn, "1", 0,
		BILLION, .unit = "points", .program = "points",
		.help = "That many points are earned ..."),
	INTEGER("groups.points.per", settings_group, points.per, "100", 1,
		BILLION, .unit = "minor units", .program = "points",
		.help = "... for each such number of minor units (cents) of "
			"the amount, rounded down."),
	INTEGER("groups.points.flat", settings_group, points.flat, "0", 0,
		BILLION, .unit = "points", .program = "points",
		.help = "Points for each event beside those. A refund takes "
			"both away."),

	ROW(SETTING_WORD, "groups.push.transport", settings_group,
	    push.transport, "log", 1, NAME_MAX_BYTES, .words = "log",
	    .program = "push",
	    .help = "How notifications are sent: \"log\" appends each as a "
		    "line of JSON to a file."),
	TEXT("groups.push.file", settings_group, push.file,
	     "/var/lib/ordermq/push.jsonl", 1, TEXT_MAX_BYTES,
	     .check = settings_check_path, .program = "push",
	     .help = "The file of transport \"log\". An absolute path."),
	DURATION("groups.push.max_age", settings_group, push.max_age_msecs, "0",
		 0, 3650 * DAYS, .program = "push",
		 .help = "An order older than this is counted, but no "
			 "notification is sent. 0: no limit."),
	TEMPLATE("groups.push.paid_title", settings_group, push.paid_title,
		 "Order {orderno} is paid", 1, TEXT_MAX_BYTES,
		 .check = settings_check_template, .program = "push",
		 .help = "The title for a paid order. {name} stands for the "
			 "stream field of that name, {{ and }} for braces."),
	TEMPLATE("groups.push.paid_body", settings_group, push.paid_body,
		 "Thank you! We received your payment for order {orderno}.", 1,
		 BODY_MAX_BYTES, .check = settings_check_template,
		 .program = "push", .help = "The text for a paid order."),
	TEMPLATE("groups.push.refunded_title", settings_group,
		 push.refunded_title, "Order {orderno} is refunded", 1,
		 TEXT_MAX_BYTES, .check = settings_check_template,
		 .program = "push", .help = "The title for a refunded order."),
	TEMPLATE("groups.push.refunded_body", settings_group,
		 push.refunded_body,
		 "We have refunded your payment for order {orderno}.", 1,
		 BODY_MAX_BYTES, .check = settings_check_template,
		 .program = "push", .help = "The text for a refunded order."),

	TEXT("groups.xread.file", settings_group, xread.file, "", 0,
	     TEXT_MAX_BYTES, .check = settings_check_path, .program = "xread",
	     .help = "A file that gets a line for every entry read. An "
		     "absolute path. Empty: none."),

	TEXT("supervisor.control", settings, supervisor.control,
	     "/run/ordermq/control.sock", 2, 100, .check = settings_check_path,
	     .help = "The socket that ordermqctl talks to. Everything else of "
		     "the running set lies in its directory. An absolute "
		     "path."),
	TEXT("supervisor.programs", settings, supervisor.programs, "", 0,
	     TEXT_MAX_BYTES, .check = settings_check_path,
	     .help = "The directory with the programs to run, ordermq-points "
		     "and so on. An absolute path. Empty: the directory into "
		     "which they were installed."),
	DURATION("supervisor.drain", settings, supervisor.drain_msecs, "10s",
		 100, 1 * HOURS,
		 .help = "How long an instance that is to stop may take to "
			 "finish its entries before it is killed. Nothing is "
			 "lost then either: its entries stay pending."),
	DURATION("supervisor.hang_timeout", settings, supervisor.hang_msecs,
		 "10s", 1 * SECS, 1 * HOURS,
		 .help = "An instance that works for this long without a sign "
			 "of life hangs, and is ended. Longer than "
			 "redis.connect_timeout and reply_timeout together; "
			 "shorter than groups.owner_ttl, or others take over "
			 "the entry on which it hangs, and hang as well."),

	CHOICE("log.to", settings, log.to, "auto",
	       .words = "auto, syslog, stderr",
	       .help = "Where log lines go. \"auto\": to stderr on a terminal, "
		       "otherwise to syslog, or to stderr without a syslog."),
	CHOICE("log.facility", settings, log.facility, "daemon",
	       .words = "daemon, user, local0, local1, local2, local3, "
			"local4, local5, local6, local7",
	       .find = log_facility_find,
	       .help = "The syslog facility of the lines."),
	CHOICE("log.level", settings, log.level, "info",
	       .words = "emerg, alert, crit, err, warning, notice, info, debug",
	       .find = log_level_find,
	       .help = "The least important lines to write."),

	{ .path = NULL },
};

const struct setting *setting_find(const char *path)
{
	for (const struct setting *s = settings_table; s->path != NULL; s++) {
		if (strcmp(s->path, path) == 0)
			return s;
	}
	return NULL;
}

const struct setting *setting_section(const char *path)
{
	size_t length = strlen(path);

	for (const struct setting *s = settings_table; s->path != NULL; s++) {
		if (strncmp(s->path, path, length) == 0 &&
		    s->path[length] == '.')
			return s;
	}
	return NULL;
}

bool setting_is_of_group(const struct setting *key)
{
	return strncmp(key->path, "groups.", strlen("groups.")) == 0;
}

const char *setting_form(const struct setting *key)
{
	static const char *const forms[SETTING_KIND_COUNT] = {
		[SETTING_TEXT] = "a text in quotes",
		[SETTING_TEMPLATE] = "a text in quotes",
		[SETTING_WORD] = "a word in quotes",
		[SETTING_CHOICE] = "a word in quotes",
		[SETTING_INTEGER] = "a whole number",
		[SETTING_POWER] = "a whole number",
		[SETTING_DURATION] = "a duration in quotes, such as \"30s\"",
		[SETTING_SIZE] = "a size in quotes, such as \"64MiB\"",
		[SETTING_AMOUNT] =
			"a field name in quotes, or { product, scale }",
		[SETTING_FACTORS] =
			"a list of field names, (\"price\", \"quantity\")",
		[SETTING_NAMES] = "a list of names, (\"old\", \"older\")",
	};

	return forms[key->kind];
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
	return (hash ^ value) * UINT64_C(1099511628211);
}

uint64_t settings_layout(void)
{
	uint64_t hash = UINT64_C(14695981039346656037);

	for (const struct setting *s = settings_table; s->path != NULL; s++) {
		for (const char *c = s->path; *c != '\0'; c++)
			hash = mix(hash, (unsigned char)*c);
		hash = mix(mix(hash, s->offset), s->bytes);
		hash = mix(hash, (uint64_t)s->kind);
	}
	return mix(hash, sizeof(struct settings));
}
