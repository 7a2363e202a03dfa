/* The small stream of tests/redis/retention and what is picked of it.
   Everything else in that test stands on this. */

#include "config.h"

#include "tests/redis/retention_model.h"

#include "lib/redis/reply.h"

#include <stdio.h>

#define WORDS_MAX (MODEL_ENTRIES_MAX + 16)

struct model model;
struct model_sum model_sum;
bool model_is_told;
struct redis_fixture *model_server;
struct settings *model_hosts[2];
struct command model_command;
const char *const model_consumers[MODEL_CONSUMERS] = { "c1", "c2", "c3" };

void model_open(void)
{
	model_server = redis_fixture_start();
	assert_int_equal(command_open(&model_command, WORDS_MAX), 0);
}

void model_close(void)
{
	command_close(&model_command);
	redis_fixture_stop(&model_server);
}

unsigned int model_host(int h)
{
	return 1U << h;
}

/* Xorshift: the same on every machine. */
unsigned int model_pick(unsigned int below)
{
	model.random ^= model.random << 13;
	model.random ^= model.random >> 17;
	model.random ^= model.random << 5;
	return model.random % below;
}

bool model_one_in(unsigned int many)
{
	return model_pick(many) == 0;
}

const struct reply *model_run(void)
{
	const struct reply *reply = redis_fixture_call(
		model_server, model_command.words, model_command.count);

	if (model_is_told) {
		printf("# %d:", model.step);
		for (size_t i = 0; i < model_command.count; i++)
			printf(" %s", model_command.words[i].data);
		printf("\n");
	}
	if (reply_is_error(reply))
		wrong("%s: %s", model_command.words[0].data,
		      reply_text(reply).data);
	return reply;
}

void model_begin(const char *name, const struct stream_group *group)
{
	command_begin(&model_command, name);
	command_word(&model_command, "ordermq");
	if (group != NULL)
		command_word(&model_command, group->name);
}

int model_entry_of(struct text id)
{
	for (int e = 0; e < model.count; e++) {
		if (text_is(id, model.entries[e].id))
			return e;
	}
	wrong("nobody has published %s", id.data);
	return -1;
}

const char *model_id_behind(int next)
{
	return next == 0 ? "0" : model.entries[next - 1].id;
}

struct stream_group *model_some_group(bool is_there)
{
	unsigned int count = (unsigned int)model.group_count;
	unsigned int from = model_pick(count);

	for (unsigned int i = 0; i < count; i++) {
		struct stream_group *group = &model.groups[(from + i) % count];

		if (group->is_there == is_there)
			return group;
	}
	return NULL;
}

int model_some_consumer(const struct stream_group *group, bool is_dead)
{
	unsigned int from = model_pick(MODEL_CONSUMERS);

	for (unsigned int i = 0; i < MODEL_CONSUMERS; i++) {
		unsigned int consumer = (from + i) % MODEL_CONSUMERS;

		if (group->is_dead[consumer] == is_dead)
			return (int)consumer;
	}
	return -1;
}

struct stream_group *model_some_work(int *consumer_r)
{
	struct stream_group *group = model_some_group(true);

	if (group == NULL || (group->is_slow && !model_one_in(16)) ||
	    (group->declared != 0 && (group->declared & ~model.stopped) == 0))
		return NULL;
	*consumer_r = model_some_consumer(group, false);
	return *consumer_r < 0 ? NULL : group;
}
