#ifndef OMQ_COMMAND_H
#define OMQ_COMMAND_H

#include "lib/base/text.h"

#include <stddef.h>
#include <stdint.h>

/* The words of one command of Redis, put together piece by piece. Texts are
   borrowed until the command is sent; numbers are kept inside. The memory is
   kept for later commands. */
struct command {
	struct text *words;
	size_t count;
	size_t size;
	char (*numbers)[24];
	size_t number_count;
};

#define COMMAND_NUMBERS_MAX 64

/* Make room for size words. Returns 0, or -1 when out of memory. */
int command_open(struct command *command, size_t size);
void command_close(struct command *command);

/* Begin a new command. */
void command_begin(struct command *command, const char *name);

/* Append a word. More words than the command was opened for, or more than
   COMMAND_NUMBERS_MAX numbers, are a bug of the caller. */
void command_text(struct command *command, struct text text);
void command_word(struct command *command, const char *word);
void command_number(struct command *command, int64_t number);

#endif
