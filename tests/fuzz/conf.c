#include "config.h"

#include "tests/fuzz/fuzz.h"

#include "lib/settings/conf_complaints.h"
#include "lib/settings/conf_file.h"
#include "lib/settings/conf_tree.h"
#include "lib/base/err.h"
#include "lib/settings/settings.h"
#include "lib/settings/settings_check.h"
#include "lib/settings/settings_value.h"
#include "lib/settings/url.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* What the child that reads a configuration file does, in this process: the
   file, its letters, its tree. libconfig is only called with what the scan lets
   pass, so its exit() at an @include must not be reached: it would end this
   process, and libFuzzer tells. libconfig itself is not what is tried here. */

#define PATH_BYTES 64

/* libconfig 1.5 loses the memory of a text without a closing quote; in the
   product that goes with the child. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libconfig";
}

/* A file of no folder, for as long as the process. */
static int file_open(char *path)
{
	int fd = memfd_create("fuzz-conf", MFD_CLOEXEC);

	FUZZ_CHECK(fd >= 0);
	(void)snprintf(path, PATH_BYTES, "/proc/self/fd/%d", fd);
	return fd;
}

static void file_write(int fd, const void *data, size_t size)
{
	FUZZ_CHECK(ftruncate(fd, 0) == 0);
	FUZZ_CHECK(pwrite(fd, data, size, 0) == (ssize_t)size);
}

static void check_group(const struct settings *settings,
			const struct settings_group *group)
{
	const struct settings_push *push = &group->push;
	struct err err;

	FUZZ_CHECK(settings_group(settings, group->name) == group);
	FUZZ_CHECK(settings_check_name(group->name, &err) == 0);
	FUZZ_CHECK(settings_check_program(group->program, &err) == 0);
	FUZZ_CHECK(settings_check_start(group->start, &err) == 0);
	FUZZ_CHECK(group->instances <= SETTINGS_INSTANCES_MAX);
	FUZZ_CHECK(group->scale.min <= group->scale.max);
	FUZZ_CHECK(!settings_scales(group) ||
		   group->instances == group->scale.min);
	FUZZ_CHECK(group->retry_base_msecs <= group->retry_max_msecs);
	FUZZ_CHECK(settings_check_template(push->paid_title, &err) == 0);
	FUZZ_CHECK(settings_check_template(push->paid_body, &err) == 0);
	FUZZ_CHECK(settings_check_template(push->refunded_title, &err) == 0);
	FUZZ_CHECK(settings_check_template(push->refunded_body, &err) == 0);
}

/* What was accepted holds what the settings promise. */
static void check_settings(struct settings *settings)
{
	char dir[SETTINGS_TEXT_BYTES];
	struct url url;
	struct err err;

	FUZZ_CHECK(settings_are_sane(settings));
	FUZZ_CHECK(settings_check_key(settings->stream_key, &err) == 0);
	FUZZ_CHECK(url_parse(settings->redis.url, &url, &err) == 0);
	FUZZ_CHECK(settings_runtime_dir(settings, dir) == dir);
	FUZZ_CHECK(settings->node[0] == '\0' ||
		   settings_check_node(settings->node, &err) == 0);
	for (int64_t i = 0; i < settings->group_count; i++)
		check_group(settings, &settings->groups[i]);
}

/* A person gets to read them, all or how many more there are. */
static void check_complaints(const struct conf_complaints *complaints, int fd)
{
	char lines[64 * 1024];
	struct err err;
	ssize_t length;

	FUZZ_CHECK(ftruncate(fd, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0);
	FUZZ_CHECK(conf_complaints_write(complaints, fd) == 0);
	length = pread(fd, lines, sizeof(lines) - 1, 0);
	FUZZ_CHECK(length > 0);
	lines[length] = '\0';
	FUZZ_CHECK(conf_complaints_fit(lines, &err) == -1);
	FUZZ_CHECK(err.class == ERR_FATAL && err.text[0] != '\0');
	FUZZ_CHECK(strlen(err.text) < sizeof(err.text));
	FUZZ_CHECK(strncmp(err.text, "t.conf:", strlen("t.conf:")) == 0);
}

static void read_text(const char *text, size_t length, int fd)
{
	struct conf_complaints *complaints = conf_complaints_open("t.conf");
	struct settings settings;

	FUZZ_CHECK(complaints != NULL);
	settings_defaults(&settings);
	if (conf_file_scan(text, length, complaints) == 0)
		conf_tree_read(text, &settings, complaints);
	else
		FUZZ_CHECK(conf_complaints_count(complaints) > 0);
	FUZZ_CHECK(settings.group_count <= SETTINGS_GROUPS_MAX);
	if (conf_complaints_count(complaints) == 0)
		check_settings(&settings);
	else
		check_complaints(complaints, fd);
	conf_complaints_close(&complaints);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char path[PATH_BYTES];
	static int fd = -1;
	struct conf_complaints *complaints = conf_complaints_open("t.conf");
	size_t length = 0;
	char *text;

	FUZZ_CHECK(complaints != NULL);
	if (fd < 0)
		fd = file_open(path);
	file_write(fd, data, size);
	text = conf_file_read(path, &length, complaints);
	if (text == NULL) {
		FUZZ_CHECK(size > CONF_FILE_BYTES_MAX);
	} else {
		FUZZ_CHECK(length == size && text[length] == '\0');
		FUZZ_CHECK(memcmp(text, data, size) == 0);
		read_text(text, length, fd);
	}
	free(text);
	conf_complaints_close(&complaints);
	return 0;
}
