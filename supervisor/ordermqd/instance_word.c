/* The word for an instance, from its state (instance_table.h) and its board.
   status.c, the unit's status text and the findings say how it is by this. */
#include "config.h"

#include "supervisor/ordermqd/instance_word.h"

#include "supervisor/ordermqd/instance.h"

#include <string.h>

const char *instance_word(const struct instance *instance,
			  const struct board *board)
{
	uint64_t state = board == NULL ? BOARD_READY : board_get(&board->state);

	if (instance->frozen_msecs != 0 &&
	    (instance->state == INSTANCE_READY ||
	     instance->state == INSTANCE_STARTING))
		return "frozen";
	if (instance->state == INSTANCE_READY &&
	    (state == BOARD_DEGRADED || state == BOARD_STALLED ||
	     state == BOARD_PAUSED))
		return board_state_name(state);
	if (instance->is_held && instance->state == INSTANCE_STOPPED)
		return "held";
	return instance_state_name(instance->state);
}

bool instance_word_is_well(const char *word)
{
	return strcmp(word, "ready") == 0 || strcmp(word, "paused") == 0;
}

bool instance_is_well(const struct instance *instance)
{
	struct board board;
	bool has_board = instance_board(instance, &board) == 0;

	return instance_word_is_well(
		instance_word(instance, has_board ? &board : NULL));
}
