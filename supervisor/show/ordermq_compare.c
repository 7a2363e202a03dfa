/* A worker of "ordermqctl compare", as small as its way allows: take an order,
   note it, handle it, note that. Nothing of ordermq is in it but the
   connection: it shows what a list, Pub/Sub, XREAD and a consumer group do by
   themselves. compare_workers.c starts it; compare_count.c reads its notes. */

#include "config.h"

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/num.h"
#include "lib/redis/redis.h"
#include "lib/settings/settings.h"
#include "lib/base/text.h"
#include "supervisor/show/compare_notes.h"
#include "supervisor/show/compare_way.h"

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

/* How long a command waits for an order before it is sent again. */
#define BLOCK_SECS_TEXT "1"
#define BLOCK_MSECS_TEXT "1000"
#define BLOCK_MSECS 1000

struct worker {
	enum compare_way way;
	const char *key;
	const char *name;
	const char *group;
	int64_t round; /* the one whose end is ours */
	int64_t stop_at;
	struct redis *redis;
	struct arena *arena;
	int notes_fd;
	/* The id behind which the next XREAD reads. Of a group "0", for entries
	   that this consumer had before it was killed, and then ">", for new
	   ones. */
	char position[COMPARE_ID_BYTES];
};

/* An item that a worker has in hand. */
struct item {
	struct text order;
	char id[COMPARE_ID_BYTES]; /* "-": it has none */
};

static void item_make(struct item *item, const struct reply *order,
		      const struct reply *id)
{
	struct text text = reply_text(id);

	item->order = reply_text(order);
	(void)snprintf(item->id, sizeof(item->id), "%.*s",
		       text.length == 0 ? 1 : (int)text.length,
		       text.length == 0 ? "-" : text.data);
}

static const struct reply *worker_call(struct worker *worker,
				       const char *const *words,
				       struct err *err)
{
	struct text texts[12];
	const struct reply *reply;
	size_t count = 0;

	for (; words[count] != NULL; count++)
		texts[count] = text_of(words[count]);
	reply = redis_call(worker->redis, worker->arena, texts, count,
			   BLOCK_MSECS, err);
	if (reply == NULL || !reply_is_error(reply))
		return reply;
	(void)err_set(err, ERR_FATAL, "%s: %s", words[0],
		      reply_text(reply).data);
	return NULL;
}

/* The functions below wait for an item for a while. They return 1, 0 when there
   is none yet, or -1. */

static int list_receive(struct worker *worker, struct item *item,
			struct err *err)
{
	const char *const words[] = { "BRPOP", worker->key, BLOCK_SECS_TEXT,
				      NULL };
	const struct reply *reply = worker_call(worker, words, err);

	if (reply == NULL)
		return -1;
	item_make(item, reply_at(reply, 1), reply_at(reply, 2));
	return reply_count(reply) == 2;
}

static int pubsub_receive(struct worker *worker, struct item *item,
			  struct err *err)
{
	struct pollfd fd = { .fd = redis_fd(worker->redis), .events = POLLIN };
	const struct reply *reply;
	int whole = redis_next(worker->redis, worker->arena, &reply, err);

	if (whole == 0) {
		(void)poll(&fd, 1, BLOCK_MSECS);
		return redis_pump(worker->redis, err);
	}
	if (whole < 0)
		return -1;
	/* "message", the channel, the text */
	item_make(item, reply_at(reply, 2), reply_at(reply, 3));
	return 1;
}

/* The one entry of the one stream in a reply: [[key, [[id, [field, value]]]]].
 */
static int entry_take(const struct reply *reply, struct item *item)
{
	const struct reply *entry =
		reply_at(reply_at(reply_at(reply_at(reply, 0), 1), 0), 0);
	const struct reply *fields =
		reply_at(reply_at(reply_at(reply_at(reply, 0), 1), 0), 1);

	item_make(item, reply_at(fields, 1), entry);
	return reply_count(fields) == 2;
}

static int xread_receive(struct worker *worker, struct item *item,
			 struct err *err)
{
	const char *const words[] = { "XREAD",     "COUNT",          "1",
				      "BLOCK",     BLOCK_MSECS_TEXT, "STREAMS",
				      worker->key, worker->position, NULL };
	const struct reply *reply = worker_call(worker, words, err);

	if (reply == NULL)
		return -1;
	if (entry_take(reply, item) == 0)
		return 0;
	(void)strcpy(worker->position, item->id);
	return 1;
}

static int group_receive(struct worker *worker, struct item *item,
			 struct err *err)
{
	const char *const words[] = {
		"XREADGROUP", "GROUP",     worker->group,    worker->name,
		"COUNT",      "1",         "BLOCK",          BLOCK_MSECS_TEXT,
		"STREAMS",    worker->key, worker->position, NULL
	};
	const struct reply *reply = worker_call(worker, words, err);

	if (reply == NULL)
		return -1;
	if (entry_take(reply, item) == 1)
		return 1;
	(void)strcpy(worker->position, ">");
	return 0;
}

static int worker_receive(struct worker *worker, struct item *item,
			  struct err *err)
{
	switch (worker->way) {
	case COMPARE_LIST:
		return list_receive(worker, item, err);
	case COMPARE_PUBSUB:
		return pubsub_receive(worker, item, err);
	case COMPARE_XREAD:
		return xread_receive(worker, item, err);
	default:
		return group_receive(worker, item, err);
	}
}

/* Subscribe, or make the group, before the first order. */
static int worker_begin(struct worker *worker, struct err *err)
{
	const char *const subscribe[] = { "SUBSCRIBE", worker->key, NULL };
	struct text create[] = { text_of("XGROUP"),    text_of("CREATE"),
				 text_of(worker->key), text_of(worker->group),
				 text_of("0"),         text_of("MKSTREAM") };
	const struct reply *reply;

	if (worker->way == COMPARE_PUBSUB)
		return worker_call(worker, subscribe, err) == NULL ? -1 : 0;
	if (worker->way != COMPARE_GROUP)
		return 0;
	(void)strcpy(worker->position, "0");
	reply = redis_call(worker->redis, worker->arena, create, 6, 0, err);
	if (reply == NULL || !reply_is_error(reply) ||
	    reply_is_error_word(reply, "BUSYGROUP"))
		return reply == NULL ? -1 : 0;
	return err_set(err, ERR_FATAL, "XGROUP: %s", reply_text(reply).data);
}

static int worker_settle(struct worker *worker, const struct item *item,
			 struct err *err)
{
	const char *const words[] = { "XACK", worker->key, worker->group,
				      item->id, NULL };

	return worker->way == COMPARE_GROUP &&
			       worker_call(worker, words, err) == NULL
		       ? -1
		       : 0;
}

/* Handle an item, which is to note it. Returns 0; 1 when it is the end of our
   round; or -1. */
static int worker_handle(struct worker *worker, const struct item *item,
			 struct err *err)
{
	enum compare_kind kind;
	int64_t number;

	if (compare_way_parse(item->order.data, item->order.length, &kind,
			      &number) < 0)
		return err_set(err, ERR_REJECT, "%s: this is no order",
			       worker->key);
	if (kind == COMPARE_ORDER &&
	    compare_notes_add(worker->notes_fd, "took", item->order, item->id,
			      err) < 0)
		return -1;
	/* In the middle of an order: to be killed here, or to go on. */
	if (kind == COMPARE_ORDER && worker->stop_at > 0 &&
	    number >= worker->stop_at)
		(void)raise(SIGSTOP);
	if (compare_notes_add(worker->notes_fd, "done", item->order, item->id,
			      err) < 0 ||
	    worker_settle(worker, item, err) < 0)
		return -1;
	return kind == COMPARE_END && number == worker->round;
}

/* Make the file that tells compare_workers.c that we listen. */
static int worker_ready(const char *path, struct err *err)
{
	FILE *out = fopen(path, "we");

	if (out == NULL || fclose(out) != 0)
		return err_errno(err, ERR_RETRY, "%s", path);
	return 0;
}

static int worker_work(struct worker *worker, struct err *err)
{
	int over = 0;

	while (over == 0) {
		struct item item;
		int there = worker_receive(worker, &item, err);

		if (there < 0)
			return -1;
		if (there == 0)
			continue;
		over = worker_handle(worker, &item, err);
		arena_reset(worker->arena);
	}
	return over < 0 ? -1 : 0;
}

/* Find where this reader was, by its own notes. */
static int position_find(struct worker *worker, const char *path,
			 struct err *err)
{
	struct compare_notes notes;
	int ret = compare_notes_read(path, 0, &notes, err);

	(void)snprintf(worker->position, sizeof(worker->position), "%s",
		       notes.id[0] == '\0' ? "0" : notes.id);
	compare_notes_close(&notes);
	return ret;
}

static int worker_run(struct worker *worker, const char *dir, struct err *err)
{
	struct settings settings;
	char path[SETTINGS_TEXT_BYTES];

	settings_defaults(&settings);
	(void)snprintf(settings.redis.url, sizeof(settings.redis.url),
		       "unix://%s/redis.sock", dir);
	worker->arena = arena_open(64 * 1024);
	if (worker->arena == NULL)
		return err_set(err, ERR_RETRY, "out of memory");
	(void)snprintf(path, sizeof(path), "%s/%s.notes", dir, worker->name);
	worker->notes_fd = compare_notes_open(path, err);
	if (worker->notes_fd < 0 || position_find(worker, path, err) < 0)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/%s.ready", dir, worker->name);
	if (redis_open(&settings.redis, -1, &worker->redis, err) < 0 ||
	    worker_begin(worker, err) < 0 || worker_ready(path, err) < 0)
		return -1;
	return worker_work(worker, err);
}

static int usage(FILE *out, int status)
{
	fputs("Usage: ordermq-compare DIRECTORY WAY NAME GROUP ROUND STOP-AT\n"
	      "\n"
	      "A worker of \"ordermqctl compare\", which starts it.\n"
	      "\n"
	      "  -h, --help     show this\n"
	      "      --version  show the version\n",
	      out);
	return status;
}

static bool is_option(const char *arg, const char *a, const char *b)
{
	return strcmp(arg, a) == 0 || strcmp(arg, b) == 0;
}

int main(int argc, char **argv)
{
	struct worker worker = { .notes_fd = -1 };
	struct err err;
	int way, ret;

	if (argc == 2 && is_option(argv[1], "-h", "--help"))
		return usage(stdout, EX_OK);
	if (argc == 2 && is_option(argv[1], "-V", "--version"))
		return puts("ordermq-compare " PACKAGE_VERSION) < 0;
	if (argc != 7 || (way = compare_way_find(argv[2])) < 0 ||
	    num_parse(argv[5], strlen(argv[5]), &worker.round) < 0 ||
	    num_parse(argv[6], strlen(argv[6]), &worker.stop_at) < 0)
		return usage(stderr, EX_USAGE);
	worker.way = (enum compare_way)way;
	worker.key = argv[2];
	worker.name = argv[3];
	worker.group = argv[4];
	ret = worker_run(&worker, argv[1], &err);
	redis_close(&worker.redis);
	arena_close(&worker.arena);
	if (worker.notes_fd >= 0)
		(void)close(worker.notes_fd);
	if (ret == 0)
		return EX_OK;
	fprintf(stderr, "%s: %s\n", worker.name, err.text);
	return err_exit_status(&err);
}
