#include "config.h"

#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

/* Runs a fuzz target over files, and over all files of directories; without
   arguments over the seeds of the target, whose name stands behind "replay_" in
   that of the program. A test for each file, as TAP: what must not be ends the
   process, and the plan is then not fulfilled. */

#define INPUT_BYTES_MAX ((size_t)4 * 1024 * 1024)

static unsigned int count;

/* In a block of its own length, so that a byte too many is found. */
static void replay_bytes(const char *path, const char *bytes, size_t size)
{
	uint8_t *data = malloc(size == 0 ? 1 : size);
	const char *slash = strrchr(path, '/');

	FUZZ_CHECK(data != NULL);
	memcpy(data, bytes, size);
	FUZZ_CHECK(LLVMFuzzerTestOneInput(data, size) == 0);
	free(data);
	(void)printf("ok %u - %s\n", ++count, slash == NULL ? path : slash + 1);
	(void)fflush(stdout);
}

static int replay_file(const char *path)
{
	char *bytes = malloc(INPUT_BYTES_MAX);
	FILE *in = fopen(path, "rb");
	size_t size = 0;

	if (in == NULL || bytes == NULL) {
		(void)printf("Bail out! %s: cannot be read\n", path);
		free(bytes);
		return -1;
	}
	size = fread(bytes, 1, INPUT_BYTES_MAX, in);
	(void)fclose(in);
	replay_bytes(path, bytes, size);
	free(bytes);
	return 0;
}

static int is_seed(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int replay_directory(const char *path)
{
	struct dirent **entries;
	char file[PATH_MAX];
	int found = scandir(path, &entries, is_seed, alphasort);
	int result = found < 0 ? -1 : 0;

	for (int i = 0; i < found; i++) {
		(void)snprintf(file, sizeof(file), "%s/%s", path,
			       entries[i]->d_name);
		if (result == 0)
			result = replay_file(file);
		free(entries[i]);
	}
	if (found >= 0)
		free(entries);
	return result;
}

static int replay(const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return replay_directory(path);
	return replay_file(path);
}

/* Automake tells where the source is. */
static int replay_seeds(const char *program)
{
	const char *top = getenv("srcdir");
	const char *target = strstr(program, "replay_");
	char path[PATH_MAX];

	FUZZ_CHECK(target != NULL);
	(void)snprintf(path, sizeof(path), "%s/tests/fuzz/seeds/%s",
		       top == NULL ? "." : top, target + strlen("replay_"));
	return replay(path);
}

int main(int argc, char **argv)
{
	int result = argc > 1 ? 0 : replay_seeds(argv[0]);

	for (int i = 1; i < argc && result == 0; i++)
		result = replay(argv[i]);
	if (count == 0)
		result = -1;
	(void)printf("1..%u\n", count);
	return result == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
