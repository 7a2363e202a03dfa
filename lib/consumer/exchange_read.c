/* What a round trip reads: new entries, what came back, our own past, what is
   due. Before this comes consumer_read.c, which decides on one of them, after
   it consumer_answer.c. */

#include "config.h"

#include "lib/consumer/exchange_read.h"

#include "lib/consumer/delivery.h"
#include "lib/consumer/lease.h"
#include "lib/consumer/waiting.h"
#include "lib/settings/settings.h"

#include <inttypes.h>
#include <stdio.h>

/* What the other answers of a round trip may have of redis.max_reply. */
#define EXCHANGE_ANSWERS_BYTES (256 * 1024)

/* How large one entry may be, and how large the answer, but for its first
   entry. */
static void bytes_write(struct exchange *exchange, size_t bytes)
{
	const struct settings *set = exchange->lease->set.settings;
	int64_t most = set->redis.max_reply_bytes - EXCHANGE_ANSWERS_BYTES;

	command_number(&exchange->lease->command, most);
	command_number(&exchange->lease->command,
		       (int64_t)bytes < most ? (int64_t)bytes : most);
}

int exchange_read_replay(struct exchange *exchange, size_t count,
			 struct err *err)
{
	struct command *command = &exchange->lease->command;
	const struct lease *lease = exchange->lease;
	struct call *call = exchange_call_begin(exchange, CALL_READ);

	call->replays = true;
	command_begin(command, "XREADGROUP");
	command_word(command, "GROUP");
	command_word(command, lease->set.group->name);
	command_word(command, lease->set.consumer);
	command_word(command, "COUNT");
	command_number(command, (int64_t)count);
	command_word(command, "STREAMS");
	command_word(command, lease->keys.replay);
	command_word(command, ">");
	return exchange_call_send(exchange, 0, err);
}

int exchange_read(struct exchange *exchange, size_t count, int64_t block_msecs,
		  const char *last_id, struct err *err)
{
	struct command *command = &exchange->lease->command;
	const struct lease *lease = exchange->lease;

	(void)exchange_call_begin(exchange, CALL_READ);
	command_begin(command, lease->set.groupless ? "XREAD" : "XREADGROUP");
	if (!lease->set.groupless) {
		command_word(command, "GROUP");
		command_word(command, lease->set.group->name);
		command_word(command, lease->set.consumer);
	}
	command_word(command, "COUNT");
	command_number(command, (int64_t)count);
	/* To Redis, 0 means for ever. */
	if (block_msecs > 0) {
		command_word(command, "BLOCK");
		command_number(command, block_msecs);
	}
	command_word(command, "STREAMS");
	command_word(command, lease->keys.stream);
	command_word(command, lease->set.groupless ? last_id : ">");
	return exchange_call_send(exchange, block_msecs, err);
}

int exchange_history(struct exchange *exchange, bool replays, size_t count,
		     size_t bytes, const char *after_id, struct err *err)
{
	struct command *command = &exchange->lease->command;

	exchange_call_begin(exchange, CALL_HISTORY)->replays = replays;
	lease_begin_on(exchange->lease, SCRIPT_HISTORY, replays, NULL, 0);
	command_word(command, after_id);
	command_number(command, (int64_t)count);
	bytes_write(exchange, bytes);
	return exchange_call_send(exchange, 0, err);
}

int exchange_fetch(struct exchange *exchange,
		   const struct waiting_entry *entries, size_t count,
		   size_t bytes, struct err *err)
{
	struct command *command = &exchange->lease->command;

	exchange_call_begin(exchange, CALL_FETCH)->replays = entries[0].replays;
	lease_begin_on(exchange->lease, SCRIPT_FETCH, entries[0].replays, NULL,
		       0);
	bytes_write(exchange, bytes);
	for (size_t i = 0; i < count; i++) {
		(void)snprintf(exchange->ids[i], sizeof(exchange->ids[i]),
			       "%" PRId64 "-%" PRIu64, entries[i].id_msecs,
			       entries[i].id_seq);
		command_word(command, exchange->ids[i]);
	}
	return exchange_call_send(exchange, 0, err);
}
