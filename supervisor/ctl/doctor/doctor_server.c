/* Checks how Redis is set up: version, durability, memory, replicas, clock.
   doctor.c calls it first; doctor_tell.c prints the findings. */

#include "config.h"

#include "supervisor/ctl/doctor/doctor_state.h"

#include "lib/base/arena.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/base/num.h"
#include "lib/redis/redis.h"
#include "lib/redis/reply.h"
#include "supervisor/keeper/info.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Leases follow the clock of Redis, the age of a notification follows ours. */
#define SKEW_MSECS 2000

/* Memory that is used to this part, in percent, is nearly full. */
#define MEMORY_FULL 90

/* Releases of Redis not to run ordermq on: those of this minor version below
   patch. */
static const struct {
	int major, minor, patch;
	enum doctor_state state;
	const char *why;
} bad_versions[] = {
	{ 8, 2, 3, DOCTOR_FAIL,
	  "crashes at XADD and XTRIM after loading its data (8.2.0), and can "
	  "be "
	  "overrun by a client (CVE-2025-62507)" },
	{ 8, 2, 9, DOCTOR_WARN,
	  "XREADGROUP gets around the key rules of ACLs" },
	{ 8, 4, 6, DOCTOR_WARN,
	  "XREADGROUP gets around the key rules of ACLs" },
	{ 8, 6, 2, DOCTOR_FAIL,
	  "an append-only file without aof-use-rdb-preamble is not safe" },
	{ 8, 6, 6, DOCTOR_WARN,
	  "XREADGROUP gets around the key rules of ACLs" },
	{ 8, 8, 2, DOCTOR_WARN,
	  "XREADGROUP gets around the key rules of ACLs" },
	{ 8, 10, 1, DOCTOR_WARN,
	  "XREADGROUP gets around the key rules of ACLs" },
};

enum doctor_state doctor_judge(const char *version, const char **why_r)
{
	int major, minor, patch;

	*why_r = NULL;
	if (sscanf(version, "%d.%d.%d", &major, &minor, &patch) != 3)
		return DOCTOR_UNKNOWN;
	if (major < 7) {
		*why_r = "too old: streams need 7.0";
		return DOCTOR_FAIL;
	}
	for (size_t i = 0; i < sizeof(bad_versions) / sizeof(bad_versions[0]);
	     i++)
		if (major == bad_versions[i].major &&
		    minor == bad_versions[i].minor &&
		    patch < bad_versions[i].patch) {
			*why_r = bad_versions[i].why;
			return bad_versions[i].state;
		}
	return DOCTOR_OK;
}

static void version_check(struct doctor *doctor, struct text info)
{
	struct text valkey = info_text(info, "valkey_version");
	struct text redis = info_text(info, "redis_version");
	enum doctor_state state;
	char version[64];
	const char *why;

	if (valkey.length > 0) {
		doctor_say(doctor, DOCTOR_OK, "server", NULL, "Valkey %.*s",
			   (int)valkey.length, valkey.data);
		return;
	}
	(void)snprintf(version, sizeof(version), "%.*s", (int)redis.length,
		       redis.data);
	state = doctor_judge(version, &why);
	doctor_say(doctor, state, "server",
		   why == NULL ? NULL
			       : "install the latest release of this series",
		   "Redis %s%s%s", version, why == NULL ? "" : ": ",
		   why == NULL ? "" : why);
}

/* One setting of Redis, which lives as long as the arena's content. NULL when
   Redis does not tell. */
static const char *setting(struct doctor *doctor, const char *name)
{
	const struct reply *reply =
		redis_command(doctor->redis, doctor->arena, doctor->err,
			      "CONFIG", "GET", name, NULL);

	if (reply == NULL)
		return NULL;
	if (reply_count(reply) < 2) {
		(void)err_set(doctor->err, ERR_RETRY, "no setting %s", name);
		return NULL;
	}
	return reply_text(reply_at(reply, 1)).data;
}

static void durability_check(struct doctor *doctor)
{
	const char *append = setting(doctor, "appendonly");
	const char *sync =
		append == NULL ? NULL : setting(doctor, "appendfsync");

	if (sync == NULL)
		doctor_unknown(doctor, "durability");
	else if (strcmp(append, "yes") != 0)
		doctor_say(
			doctor, DOCTOR_FAIL, "durability",
			"appendonly yes and appendfsync always in redis.conf "
			"(now: CONFIG SET appendonly yes)",
			"appendonly is %s: a crash of Redis loses accepted "
			"orders, up to an hour of them",
			append);
	else if (strcmp(sync, "always") == 0)
		doctor_say(doctor, DOCTOR_OK, "durability", NULL,
			   "appendonly, appendfsync always");
	else
		doctor_say(doctor,
			   strcmp(sync, "everysec") == 0 ? DOCTOR_WARN
							 : DOCTOR_FAIL,
			   "durability",
			   "appendfsync always in redis.conf (now: CONFIG SET "
			   "appendfsync always)",
			   "appendfsync is %s: a power cut loses accepted "
			   "orders, %s",
			   sync,
			   strcmp(sync, "everysec") == 0
				   ? "a second or two of them"
				   : "half a minute of them");
}

static void memory_check(struct doctor *doctor, struct text info)
{
	const char *policy = setting(doctor, "maxmemory-policy");
	const char *max = policy == NULL ? NULL : setting(doctor, "maxmemory");
	int64_t used = info_number(info, "used_memory", 0);
	char size[NUM_TEXT_MAX];

	if (max == NULL ||
	    num_parse(max, strlen(max), &doctor->max_memory_bytes) < 0) {
		doctor_unknown(doctor, "memory");
		return;
	}
	(void)num_format_size(doctor->max_memory_bytes, size);
	/* Our keys have no expiry, so only these policies evict them. */
	if (strncmp(policy, "allkeys-", 8) == 0)
		doctor_say(
			doctor,
			doctor->max_memory_bytes > 0 ? DOCTOR_FAIL
						     : DOCTOR_WARN,
			"memory", "maxmemory-policy noeviction",
			"maxmemory-policy %s, maxmemory %s: when it is full, "
			"Redis deletes ledgers and orders",
			policy, size);
	else if (doctor->max_memory_bytes > 0 &&
		 used >= doctor->max_memory_bytes)
		doctor_say(doctor, DOCTOR_FAIL, "memory",
			   "raise maxmemory, or trim the stream",
			   "full: maxmemory %s is reached: no order is "
			   "accepted and nothing is settled",
			   size);
	else if (doctor->max_memory_bytes > 0 &&
		 used / MEMORY_FULL >= doctor->max_memory_bytes / 100)
		doctor_say(
			doctor, DOCTOR_WARN, "memory",
			"raise maxmemory, or trim the stream",
			"nearly full: when maxmemory %s is reached, no order "
			"is accepted and nothing is settled",
			size);
	else
		doctor_say(doctor, DOCTOR_OK, "memory", NULL,
			   "maxmemory %s, %s",
			   doctor->max_memory_bytes > 0 ? size : "not set",
			   policy);
}

static void replicas_check(struct doctor *doctor, struct text info)
{
	int64_t replicas = info_number(info, "connected_slaves", 0);
	const char *text = setting(doctor, "min-replicas-to-write");
	int64_t least;

	if (text_is(info_text(info, "role"), "slave")) {
		doctor_say(doctor, DOCTOR_FAIL, "replicas",
			   "let redis.url name the master",
			   "this server is a replica: it accepts nothing");
	} else if (info.length == 0) {
		(void)err_set(doctor->err, ERR_RETRY, "INFO is refused");
		doctor_unknown(doctor, "replicas");
	} else if (text == NULL || num_parse(text, strlen(text), &least) < 0) {
		doctor_unknown(doctor, "replicas");
	} else if (least > replicas) {
		doctor_say(doctor, DOCTOR_FAIL, "replicas",
			   "bring the replicas back, or lower "
			   "min-replicas-to-write",
			   "%" PRId64 " connected, and min-replicas-to-write "
			   "%" PRId64 ": nothing is accepted",
			   replicas, least);
	} else if (replicas > 0 && least == 0) {
		doctor_say(doctor, DOCTOR_WARN, "replicas",
			   "min-replicas-to-write 1, and WAIT 1 behind XADD "
			   "where orders are published",
			   "%" PRId64
			   " connected, and min-replicas-to-write 0: "
			   "a fail-over loses accepted orders",
			   replicas);
	} else {
		doctor_say(doctor, DOCTOR_OK, "replicas", NULL,
			   "%" PRId64 " connected, min-replicas-to-write "
			   "%" PRId64,
			   replicas, least);
	}
}

static void clock_check(struct doctor *doctor)
{
	int64_t before = clock_wall_msecs();
	const struct reply *time = redis_command(doctor->redis, doctor->arena,
						 doctor->err, "TIME", NULL);
	int64_t after = clock_wall_msecs();
	int64_t skew;

	doctor->now_msecs = before;
	if (time == NULL) {
		doctor_unknown(doctor, "clock");
		return;
	}
	doctor->now_msecs = reply_integer(reply_at(time, 0), 0) * 1000 +
			    reply_integer(reply_at(time, 1), 0) / 1000;
	skew = doctor->now_msecs < before  ? before - doctor->now_msecs
	       : doctor->now_msecs > after ? doctor->now_msecs - after
					   : 0;
	if (skew > SKEW_MSECS)
		doctor_say(doctor, DOCTOR_WARN, "clock",
			   "let both hosts follow the same time servers",
			   "Redis and this host differ by %" PRId64
			   " s: ages and max_age are off by as much",
			   skew / 1000);
	else
		doctor_say(doctor, DOCTOR_OK, "clock", NULL,
			   "Redis and this host agree");
}

void doctor_server(struct doctor *doctor)
{
	const struct reply *reply;
	struct text info = text_of(NULL);

	arena_reset(doctor->arena);
	reply = redis_command(doctor->redis, doctor->arena, doctor->err, "INFO",
			      NULL);
	if (reply == NULL) {
		doctor_unknown(doctor, "server");
	} else {
		info = reply_text(reply);
		version_check(doctor, info);
	}
	if (redis_is_open(doctor->redis))
		clock_check(doctor);
	if (redis_is_open(doctor->redis))
		durability_check(doctor);
	if (redis_is_open(doctor->redis))
		memory_check(doctor, info);
	if (redis_is_open(doctor->redis))
		replicas_check(doctor, info);
}
