#include "config.h"

#include "producers/sources/csv.h"

#include "lib/base/err.h"
#include "producers/sources/csv_reader.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/source.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* CSV, in pieces; and its reader alone, whose cells can be measured. */

static void check_cells(const struct csv_reader *csv)
{
	const struct input *input = &csv->input;
	size_t end = 0;

	FUZZ_CHECK(csv->kept <= csv->scanned);
	FUZZ_CHECK(input->begin + csv->scanned <= input->end);
	FUZZ_CHECK(input->end <= input->bytes);
	/* What was read of one that is too long is gone. */
	for (size_t i = 0; i < csv->cell_count && i < CSV_COLUMNS_MAX &&
			   csv->fault[0] == '\0';
	     i++) {
		FUZZ_CHECK(csv->cells[i].begin >= end);
		FUZZ_CHECK(csv->cells[i].end >= csv->cells[i].begin);
		FUZZ_CHECK(csv->cells[i].end <= csv->kept);
		end = csv->cells[i].end;
	}
}

static void check_records(struct csv_reader *csv)
{
	uint64_t line = 0;
	struct err err;

	while (csv_reader_next(csv, &err) == INPUT_MORE) {
		check_cells(csv);
		FUZZ_CHECK(csv->record_line > line);
		line = csv->record_line;
	}
}

static void read_records(const uint8_t *data, size_t size)
{
	int fd = memfd_create("fuzz-csv", MFD_CLOEXEC);
	struct csv_reader csv;
	char path[64];
	struct err err;

	memset(&csv, 0, sizeof(csv));
	FUZZ_CHECK(fd >= 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	FUZZ_CHECK(csv_reader_open(path, &csv, &err) == 0);
	check_records(&csv);
	csv_reader_close(&csv);
	(void)close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_source(csv_open, data, size);
	if (size > FUZZ_SOURCE_PLAN_BYTES)
		read_records(data + FUZZ_SOURCE_PLAN_BYTES,
			     size - FUZZ_SOURCE_PLAN_BYTES);
	return 0;
}
