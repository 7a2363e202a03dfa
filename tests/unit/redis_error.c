#include "config.h"

#include "lib/redis/redis_error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Lines as servers sent them, and what the word means. */
static const struct {
	const char *line;
	enum redis_class class;
} rows[] = {
	{ "LOADING Redis is loading the dataset in memory", REDIS_WAIT },
	{ "BUSY Redis is busy running a script.", REDIS_WAIT },
	{ "BUSY Valkey is busy running a script.", REDIS_WAIT },
	{ "MISCONF Errors writing to the AOF file: No space left on device",
	  REDIS_WAIT },
	{ "OOM command not allowed when used memory > 'maxmemory'.",
	  REDIS_WAIT },
	{ "NOREPLICAS Not enough good replicas to write.", REDIS_WAIT },
	{ "MASTERDOWN Link with MASTER is down", REDIS_WAIT },
	{ "CLUSTERDOWN The cluster is down", REDIS_WAIT },
	{ "TRYAGAIN Multiple keys request during rehashing of slot",
	  REDIS_WAIT },
	{ "READONLY You can't write against a read only replica.",
	  REDIS_RECONNECT },
	{ "MOVED 10186 127.0.0.1:7402", REDIS_RECONNECT },
	{ "ASK 10186 127.0.0.1:7401", REDIS_RECONNECT },
	{ "ERR max number of clients reached", REDIS_RECONNECT },
	{ "ERR no such key", REDIS_RECONNECT },
	{ "UNKILLABLE Sorry the script already executed write commands",
	  REDIS_RECONNECT },
	{ "SOMETHING that no server says yet", REDIS_RECONNECT },
	{ "NOGROUP No such key 'ordermq' or consumer group 'points'",
	  REDIS_REPAIR },
	{ "UNBLOCKED the stream key no longer exists", REDIS_REPAIR },
	{ "UNBLOCKED force unblock from blocking operation", REDIS_REPAIR },
	{ "NOSCRIPT No matching script. Please use EVAL.", REDIS_RELOAD },
	{ "NOSCRIPT No matching script.", REDIS_RELOAD },
	{ "NOAUTH Authentication required.", REDIS_REFUSED },
	{ "WRONGPASS invalid username-password pair or user is disabled.",
	  REDIS_REFUSED },
	{ "NOPERM this user has no permissions to run the 'xadd' command",
	  REDIS_REFUSED },
	{ "NOPROTO unsupported protocol version", REDIS_REFUSED },
	{ "WRONGTYPE Operation against a key holding the wrong kind of value",
	  REDIS_REFUSED },
	{ "CROSSSLOT Keys in request don't hash to the same slot",
	  REDIS_REFUSED },
	{ "TOOOLD ordermq needs Redis 7.0 or Valkey", REDIS_REFUSED },
	{ "LOADING", REDIS_WAIT },
	{ "", REDIS_RECONNECT },
	{ " LOADING", REDIS_RECONNECT },
	{ "LOADING: no", REDIS_RECONNECT },
	{ "loading", REDIS_RECONNECT },
	{ "BUSYKEY Target key name already exists.", REDIS_RECONNECT },
	{ "BUSYGROUP Consumer Group name already exists", REDIS_RECONNECT },
	{ NULL, REDIS_WAIT },
};

static void the_first_word_alone_says_what_to_do(void **state)
{
	(void)state;
	for (size_t i = 0; rows[i].line != NULL; i++)
		assert_int_equal(redis_error_class(text_of(rows[i].line)),
				 rows[i].class);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_word_alone_says_what_to_do),
	};

	return cmocka_run_group_tests_name("redis_error", tests, NULL, NULL);
}
