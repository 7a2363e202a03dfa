/* What got lost in a group, by its account. doctor_groups.c looks at the rest
   of the group; the keeper's keep_account.lua has counted before. */

#include "config.h"

#include "supervisor/ctl/doctor/doctor_state.h"

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/redis/redis.h"
#include "lib/redis/reply.h"
#include "lib/settings/settings.h"
#include "lib/stream/keys.h"

#include <inttypes.h>
#include <stdio.h>

static const char look_lua[] =
#include "supervisor/keeper/redis_numbers.inc"
#include "supervisor/keeper/account.inc"
#include "supervisor/keeper/account_look.inc"
	;

static const char remove_remedy[] =
	"publish without MAXLEN or MINID, delete no entry that is not settled, "
	"and look at stream.retention";
static const char stranger_remedy[] =
	"let no other program read, claim or acknowledge in the group, delete "
	"its consumers or set it";

struct account {
	struct doctor *doctor;
	const char *stream;
	const char *group;
	const char *subject;
	const struct reply *found;
	const struct reply *books;
	const struct reply *start;
};

static int64_t book(const struct account *account, const char *name)
{
	return reply_integer(reply_field(account->books, name), 0);
}

static int64_t start(const struct account *account, const char *name)
{
	return reply_integer(reply_field(account->start, name), 0);
}

static bool is_so(const struct account *account, const char *name)
{
	return reply_integer(reply_field(account->found, name), 0) == 1;
}

static void beyond_check(const struct account *account)
{
	struct text at = reply_text(reply_field(account->found, "last"));
	struct text last = reply_text(reply_field(account->start, "last"));
	char remedy[512];

	if (!is_so(account, "beyond"))
		return;
	(void)snprintf(remedy, sizeof(remedy),
		       "redis-cli XGROUP SETID %s %s '%.*s'", account->stream,
		       account->group, last.length == 0 ? 1 : (int)last.length,
		       last.length == 0 ? "$" : last.data);
	doctor_say(
		account->doctor, DOCTOR_FAIL, account->subject, remedy,
		"stands at %.*s, beyond the end of the stream: what is added "
		"is not delivered",
		(int)at.length, at.data);
}

static void unknown_say(const struct account *account)
{
	bool certain = is_so(account, "certain");

	doctor_say(account->doctor, DOCTOR_UNKNOWN, account->subject,
		   certain ? "start an instance of it"
			   : "ordermqctl verify counts them one by one",
		   "whether entries are missing is not known: %s",
		   certain ? "its account has no beginning"
			   : "its lag is not certain");
}

/* What no keeper has counted yet. */
static void missing_check(const struct account *account)
{
	static const char remedy[] =
		"let ordermq-keeper count them, and ask again";
	const struct reply *field = reply_field(account->found, "missing");
	int64_t missing = reply_integer(field, 0);

	if (field->type == REPLY_NIL)
		unknown_say(account);
	else if (missing > 0)
		doctor_say(account->doctor, DOCTOR_FAIL, account->subject,
			   remedy,
			   "%" PRId64 " entries were due and are "
			   "nowhere",
			   missing);
	else if (missing < 0)
		doctor_say(account->doctor, DOCTOR_WARN, account->subject,
			   remedy, "%" PRId64 " more entries than were due",
			   -missing);
}

static void removed_check(const struct account *account)
{
	int64_t lost = book(account, "lost");
	int64_t doubt = start(account, "doubt");
	int64_t dropped = book(account, "dropped") - doubt;

	if (lost > 0)
		doctor_say(account->doctor, DOCTOR_WARN, account->subject,
			   remove_remedy,
			   "%" PRId64 " entries were removed from the stream "
			   "while they were pending",
			   lost);
	if (dropped > 0)
		doctor_say(account->doctor, DOCTOR_WARN, account->subject,
			   remove_remedy,
			   "%" PRId64 " entries were removed from the stream "
			   "before they were delivered",
			   dropped);
	if (doubt > 0)
		doctor_say(account->doctor, DOCTOR_WARN, account->subject,
			   "ordermqctl verify --correct",
			   "%" PRId64 " entries are counted as dropped, and "
			   "were settled",
			   doubt);
}

static void stranger_check(const struct account *account)
{
	int64_t skipped = book(account, "skipped");
	int64_t again = start(account, "moved") - start(account, "doubt");

	if (skipped > 0)
		doctor_say(account->doctor, DOCTOR_WARN, account->subject,
			   stranger_remedy,
			   "%" PRId64 " entries were skipped: somebody else "
			   "set the group forward, or acknowledged them or "
			   "took them",
			   skipped);
	if (again > 0)
		doctor_say(account->doctor, DOCTOR_WARN, account->subject,
			   "set no group back; have Redis confirm on its "
			   "replicas what must outlive a failover",
			   "%" PRId64 " more entries than were due: somebody "
			   "else set the group back, or Redis lost its last "
			   "writes",
			   again);
}

void doctor_account(struct doctor *doctor, const struct settings_group *group,
		    const char *subject)
{
	const char *stream = doctor->settings->stream_key;
	struct account account = { .doctor = doctor,
				   .stream = stream,
				   .group = group->name,
				   .subject = subject };
	struct keys keys;

	keys_make(stream, group->name, &keys);
	account.found =
		redis_command(doctor->redis, doctor->arena, doctor->err,
			      "EVAL_RO", look_lua, "4", keys.stream, keys.start,
			      keys.books, keys.replay, group->name, NULL);
	if (account.found == NULL) {
		doctor_unknown(doctor, subject);
		return;
	}
	account.books = reply_field(account.found, "books");
	account.start = reply_field(account.found, "start");
	beyond_check(&account);
	if (!is_so(&account, "beyond"))
		missing_check(&account);
	removed_check(&account);
	stranger_check(&account);
}
