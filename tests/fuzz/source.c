#include "config.h"

#include "tests/fuzz/source.h"

#include "lib/base/err.h"
#include "producers/sources/input.h"
#include "producers/sources/source.h"
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PIECES 4
#define PATH_BYTES 64

/* So much is put into the middle of a long file. */
#define LONG_BYTES (INPUT_RECORD_MAX - 64)

struct file {
	char *data;
	size_t size;
	size_t pieces[PIECES];
};

/* A source, and what it has given so far. */
struct reading {
	struct source *source;
	uint64_t print;
	uint64_t line;
	uint64_t item_count;
	uint64_t done;
};

static struct file file_of(const uint8_t *data, size_t size)
{
	struct file file = { 0 };
	bool is_long;
	size_t head;

	for (int i = 0; i < PIECES; i++)
		file.pieces[i] = 1 + fuzz_byte(&data, &size);
	is_long = fuzz_byte(&data, &size) == 'L';
	head = is_long ? size / 2 : size;
	file.size = size + (is_long ? LONG_BYTES : 0);
	file.data = malloc(file.size + 1);
	FUZZ_CHECK(file.data != NULL);
	memset(file.data, 'x', file.size);
	if (size > 0) {
		memcpy(file.data, data, head);
		memcpy(file.data + file.size - (size - head), data + head,
		       size - head);
	}
	return file;
}

static void take_order(struct reading *reading, const struct source_item *item)
{
	uint64_t print = fuzz_mix(reading->print, &item->pair_count,
				  sizeof(item->pair_count));

	FUZZ_CHECK(item->reason == NULL);
	for (size_t i = 0; i < 2 * item->pair_count; i++)
		print = fuzz_mix_text(print, item->pairs[i]);
	reading->print = print;
}

static void take_reject(struct reading *reading, const struct source_item *item)
{
	FUZZ_CHECK(item->pair_count == 0);
	FUZZ_CHECK(item->reason != NULL && item->reason[0] != '\0');
	reading->print = fuzz_mix_text(reading->print, text_of(item->reason));
}

static void check_progress(struct reading *reading,
			   const struct source_item *item,
			   const struct file *file)
{
	FUZZ_CHECK(item->line > reading->line);
	FUZZ_CHECK(++reading->item_count <= file->size);
	FUZZ_CHECK(reading->source->done >= reading->done);
	FUZZ_CHECK(reading->source->done <= file->size);
	reading->done = reading->source->done;
	reading->line = item->line;
	reading->print =
		fuzz_mix(reading->print, &item->line, sizeof(item->line));
}

/* Take what it gives now. Returns false when it waits for more. */
static bool drain(struct reading *reading, const struct file *file)
{
	struct source *source = reading->source;
	struct source_item item;
	struct err err;

	for (;;) {
		switch (source->next(source, &item, &err)) {
		case SOURCE_ORDER:
			check_progress(reading, &item, file);
			take_order(reading, &item);
			break;
		case SOURCE_REJECT:
			check_progress(reading, &item, file);
			take_reject(reading, &item);
			break;
		case SOURCE_LATER:
			return false;
		case SOURCE_FLUSH: /* no file has parts */
			FUZZ_CHECK(false);
			return true;
		case SOURCE_END:
			return true;
		case SOURCE_FAILED:
			FUZZ_CHECK(err.class == ERR_REJECT);
			/* Its name is not the same. */
			reading->print = fuzz_mix_text(
				reading->print,
				text_of(err.text + strlen(source->name)));
			return true;
		}
	}
}

static struct reading reading_open(fuzz_source_fn *open_source, int fd)
{
	struct reading reading = { 0 };
	char path[PATH_BYTES];
	struct err err;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	FUZZ_CHECK(open_source(path, &reading.source, &err) == 0);
	reading.source->name = "t";
	return reading;
}

static uint64_t read_file(fuzz_source_fn *open_source, const struct file *file)
{
	int fd = memfd_create("fuzz-source", MFD_CLOEXEC);
	struct reading reading;

	FUZZ_CHECK(fd >= 0);
	FUZZ_CHECK(pwrite(fd, file->data, file->size, 0) ==
		   (ssize_t)file->size);
	reading = reading_open(open_source, fd);
	FUZZ_CHECK(reading.source->total == file->size);
	FUZZ_CHECK(drain(&reading, file));
	source_close(&reading.source);
	(void)close(fd);
	return reading.print;
}

/* The next piece; of a long file the middle goes at once, or it would take too
   long. */
static size_t piece_size(const struct file *file, size_t done, size_t turn)
{
	size_t piece = file->pieces[turn % PIECES];

	if (file->size > LONG_BYTES && done > 0 && turn % PIECES == 0)
		piece = 32 * 1024;
	return piece < file->size - done ? piece : file->size - done;
}

static uint64_t read_pieces(fuzz_source_fn *open_source,
			    const struct file *file)
{
	struct reading reading;
	bool is_done = false;
	size_t done = 0;
	int ends[2];

	FUZZ_CHECK(pipe2(ends, O_CLOEXEC) == 0);
	reading = reading_open(open_source, ends[0]);
	for (size_t turn = 0; done < file->size && !is_done; turn++) {
		size_t piece = piece_size(file, done, turn);

		FUZZ_CHECK(write(ends[1], file->data + done, piece) ==
			   (ssize_t)piece);
		done += piece;
		is_done = drain(&reading, file);
	}
	(void)close(ends[1]);
	/* A signal of the fuzzer's own clock may look like a wait. */
	while (!is_done)
		is_done = drain(&reading, file);
	source_close(&reading.source);
	(void)close(ends[0]);
	return reading.print;
}

void fuzz_source(fuzz_source_fn *open_source, const uint8_t *data, size_t size)
{
	struct file file = file_of(data, size);

	FUZZ_CHECK(read_file(open_source, &file) ==
		   read_pieces(open_source, &file));
	free(file.data);
}
