/* The reader of hiredis, with object functions that build each reply in an
   arena. redis.c feeds it what the socket received; reply.h gives access to
   what comes out. */

#include "config.h"

#include "lib/redis/resp.h"

#include "lib/base/arena.h"
#include "lib/redis/reply.h"

#include <hiredis/hiredis.h>

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* At most that many elements are in all arrays of a reply; no answer to us has
   more. A few bytes announce an array, and its elements take their memory at
   once, so that a broken peer could ask for any amount. */
#define RESP_ELEMENTS_MAX ((size_t)4 * 1024 * 1024)

/* At most that much memory stays in the reader between replies. */
#define RESP_KEEP_BYTES (256 * 1024)

/* A string of at most that many bytes is short. */
#define RESP_SHORT_BYTES 32

#if HIREDIS_MAJOR >= 1
typedef size_t resp_elements;
#else
typedef int resp_elements;
#endif

struct resp {
	redisReader *reader;
	struct arena *arena;  /* where the reader puts what it parses */
	const char *end;      /* of the bytes that the reader has */
	size_t element_count; /* of the reply that is being parsed */
};

/* The reader's object functions: each puts its value into the element of its
   parent that is waiting for it. */
static inline struct reply *element_of(const redisReadTask *task)
{
	const struct reply *parent = task->parent->obj;

	return &parent->array.elements[task->idx];
}

static inline struct reply *element_for(const redisReadTask *task)
{
	struct resp *resp = task->privdata;

	return task->parent == NULL
		       ? arena_take(resp->arena, sizeof(struct reply))
		       : element_of(task);
}

static inline void string_set(struct reply *reply, enum reply_type type,
			      char *copy, size_t length)
{
	copy[length] = '\0';
	reply->type = type;
	reply->text = (struct text){ .data = copy, .length = length };
}

/* Not inline: its registers would be saved in create_string() each time. */
static __attribute__((noinline)) void *create_any_string(
	const redisReadTask *task, const char *data, size_t length)
{
	struct resp *resp = task->privdata;
	struct reply *reply = element_for(task);
	char *copy = arena_take_chars(resp->arena, length + 1);

	if (reply == NULL || copy == NULL)
		return NULL;
	memcpy(copy, data, length);
	string_set(reply,
		   task->type == REDIS_REPLY_ERROR    ? REPLY_ERROR
		   : task->type == REDIS_REPLY_STATUS ? REPLY_STATUS
						      : REPLY_STRING,
		   copy, length);
	return reply;
}

/* Nearly all strings are short ones in an array. Of those RESP_SHORT_BYTES are
   copied whatever their length: a copy of constant size is a few instructions,
   and nobody reads the bytes behind the end. Both the reader's buffer and the
   arena have to have that many. It saves 9 % of the instructions of a worker
   whose handler does nothing. */
static void *create_string(const redisReadTask *task, char *data, size_t length)
{
	struct resp *resp = task->privdata;
	struct reply *reply;
	char *copy;

	if (length > RESP_SHORT_BYTES || resp->end - data < RESP_SHORT_BYTES ||
	    !arena_has(resp->arena, RESP_SHORT_BYTES + 1) ||
	    task->type != REDIS_REPLY_STRING || task->parent == NULL)
		return create_any_string(task, data, length);
	reply = element_of(task);
	copy = arena_take_chars(resp->arena, length + 1);
	memcpy(copy, data, RESP_SHORT_BYTES);
	string_set(reply, REPLY_STRING, copy, length);
	return reply;
}

static void *create_array(const redisReadTask *task, resp_elements count)
{
	struct resp *resp = task->privdata;
	struct reply *reply = element_for(task);
	struct reply *elements;

	if (reply == NULL ||
	    (size_t)count > RESP_ELEMENTS_MAX - resp->element_count)
		return NULL;
	resp->element_count += (size_t)count;
	elements = arena_take(resp->arena,
			      ((size_t)count + 1) * sizeof(*elements));
	if (elements == NULL)
		return NULL;
	reply->type = REPLY_ARRAY;
	reply->array.elements = elements;
	reply->array.count = (size_t)count;
	return reply;
}

static void *create_integer(const redisReadTask *task, long long value)
{
	struct reply *reply = element_for(task);

	if (reply == NULL)
		return NULL;
	reply->type = REPLY_INTEGER;
	reply->integer = value;
	return reply;
}

static void *create_nil(const redisReadTask *task)
{
	struct reply *reply = element_for(task);

	if (reply == NULL)
		return NULL;
	reply->type = REPLY_NIL;
	return reply;
}

#if HIREDIS_MAJOR >= 1
/* Types of RESP3, which we never ask for. Without these functions the reader
   would give back numbers where objects are due. */
static void *create_double(const redisReadTask *task, double value, char *data,
			   size_t length)
{
	(void)value;
	(void)data;
	(void)length;
	return create_nil(task);
}

static void *create_bool(const redisReadTask *task, int value)
{
	return create_integer(task, value);
}
#endif

static void free_object(void *object)
{
	(void)object; /* it belongs to the arena */
}

static redisReplyObjectFunctions object_functions = {
	.createString = create_string,
	.createArray = create_array,
	.createInteger = create_integer,
	.createNil = create_nil,
	.freeObject = free_object,
#if HIREDIS_MAJOR >= 1
	.createDouble = create_double,
	.createBool = create_bool,
#endif
};

struct resp *resp_open(void)
{
	struct resp *resp = calloc(1, sizeof(*resp));

	if (resp == NULL)
		return NULL;
	resp->reader = redisReaderCreateWithFunctions(&object_functions);
	if (resp->reader == NULL) {
		free(resp);
		return NULL;
	}
	resp->reader->privdata = resp;
	resp->reader->maxbuf = RESP_KEEP_BYTES;
	return resp;
}

void resp_close(struct resp **_resp)
{
	struct resp *resp = *_resp;

	*_resp = NULL;
	if (resp == NULL)
		return;
	redisReaderFree(resp->reader);
	free(resp);
}

int resp_feed(struct resp *resp, const char *data, size_t bytes)
{
	return redisReaderFeed(resp->reader, data, bytes) == REDIS_OK ? 0 : -1;
}

size_t resp_left(const struct resp *resp)
{
	return resp->reader->len - resp->reader->pos;
}

int resp_next(struct resp *resp, struct arena *arena,
	      const struct reply **reply_r)
{
	void *reply = NULL;

	resp->arena = arena;
	resp->end = resp->reader->buf + resp->reader->len;
	if (redisReaderGetReply(resp->reader, &reply) != REDIS_OK)
		return -1;
	if (reply == NULL)
		return 0;
	resp->element_count = 0;
	*reply_r = reply;
	return 1;
}

const char *resp_error(const struct resp *resp)
{
	return resp->reader->errstr;
}
