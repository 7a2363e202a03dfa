/* One command put together word by word. The consumer, the producers and the
   tools build here what redis.c sends. */

#include "config.h"

#include "lib/redis/command.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

int command_open(struct command *command, size_t size)
{
	*command = (struct command){
		.words = calloc(size, sizeof(*command->words)),
		.numbers =
			calloc(COMMAND_NUMBERS_MAX, sizeof(*command->numbers)),
		.size = size,
	};
	if (command->words != NULL && command->numbers != NULL)
		return 0;
	command_close(command);
	return -1;
}

void command_close(struct command *command)
{
	free(command->words);
	free(command->numbers);
	*command = (struct command){ 0 };
}

void command_begin(struct command *command, const char *name)
{
	command->count = 0;
	command->number_count = 0;
	command_word(command, name);
}

void command_text(struct command *command, struct text text)
{
	assert(command->count < command->size);
	command->words[command->count++] = text;
}

void command_word(struct command *command, const char *word)
{
	command_text(command, text_of(word));
}

void command_number(struct command *command, int64_t number)
{
	assert(command->number_count < COMMAND_NUMBERS_MAX);

	char *buf = command->numbers[command->number_count++];

	(void)snprintf(buf, sizeof(*command->numbers), "%" PRId64, number);
	command_word(command, buf);
}
