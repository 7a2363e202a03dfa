/* Reading the configuration in a child process, because libconfig may call
   exit(). ordermqd, the tools and instances that run alone start here;
   conf_file.c, conf_tree.c and conf_complaints.c work in the child. */

#include "config.h"

#include "lib/settings/conf.h"

#include "lib/settings/conf_complaints.h"
#include "lib/settings/conf_file.h"
#include "lib/settings/conf_tree.h"
#include "lib/base/err.h"
#include "lib/settings/settings.h"
#include "lib/settings/settings_table.h"
#include "lib/settings/settings_value.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#define CONF_MAGIC UINT64_C(0x6f6d715f636f6e66) /* "omq_conf" */

/* At most that much CPU time, and that much time in all, is given to the child.
   An ordinary file takes a millisecond. */
#define CONF_CPU_SECS 5
#define CONF_WALL_SECS 10

#define CONF_ERRORS_BYTES_MAX ((off_t)64 * 1024)

#define CONF_SEALS (F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

/* What lies in the memfd. */
struct conf_image {
	uint64_t magic;
	uint64_t layout;
	char version[32];
	struct settings settings;
};

/* Make sure that the child ends whatever happens, dies with its parent, and
   holds no descriptor but the two. */
static void child_confine(pid_t parent, int errors, int memfd)
{
	const struct rlimit cpu = { CONF_CPU_SECS, CONF_CPU_SECS + 1 };
	const struct rlimit core = { 0, 0 };
	sigset_t none;

	for (int s = 1; s < NSIG; s++)
		(void)signal(s, SIG_DFL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)alarm(CONF_WALL_SECS);
	(void)setrlimit(RLIMIT_CPU, &cpu);
	(void)setrlimit(RLIMIT_CORE, &core);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EX_TEMPFAIL);
#ifdef HAVE_CLOSE_RANGE
	unsigned int low = (unsigned int)(errors < memfd ? errors : memfd);
	unsigned int high = (unsigned int)(errors < memfd ? memfd : errors);

	if (low > 3)
		(void)close_range(3, low - 1, 0);
	if (high > low + 1)
		(void)close_range(low + 1, high - 1, 0);
	(void)close_range(high + 1, ~0U, 0);
#else
	(void)errors;
	(void)memfd;
#endif
}

static void set_node(struct settings *settings, const char *node,
		     struct conf_complaints *complaints)
{
	struct err err;

	if (node != NULL &&
	    setting_set_text(setting_find("node"), settings, node, &err) < 0)
		conf_complain(complaints, 0, "node: %s", err.text);
	if (settings_complete(settings, &err) < 0)
		conf_complain(complaints, 0, "node: %s", err.text);
}

static void child_read(const char *path, const char *node,
		       struct settings *settings,
		       struct conf_complaints *complaints)
{
	size_t length;
	char *text = conf_file_read(path, &length, complaints);

	settings_defaults(settings);
	if (text != NULL && conf_file_scan(text, length, complaints) == 0) {
		conf_tree_read(text, settings, complaints);
		set_node(settings, node, complaints);
	}
	free(text);
}

static int image_write(int memfd, const struct conf_image *image)
{
	const char *at = (const char *)image;
	size_t done = 0;

	while (done < sizeof(*image)) {
		ssize_t wrote = pwrite(memfd, at + done, sizeof(*image) - done,
				       (off_t)done);

		if (wrote < 0 && errno != EINTR)
			return -1;
		done += wrote < 0 ? 0 : (size_t)wrote;
	}
	return 0;
}

/* All that the child does. Returns its exit status: EX_CONFIG with complaints,
   EX_OK with settings. */
static int child_run(const char *path, const char *node, int errors, int memfd)
{
	struct conf_complaints *complaints = conf_complaints_open(path);
	struct conf_image *image = calloc(1, sizeof(*image));

	if (complaints == NULL || image == NULL)
		return EX_OSERR;
	child_read(path, node, &image->settings, complaints);
	if (conf_complaints_count(complaints) > 0)
		return conf_complaints_write(complaints, errors) < 0
			       ? EX_OSERR
			       : EX_CONFIG;
	image->magic = CONF_MAGIC;
	image->layout = settings_layout();
	(void)strncpy(image->version, PACKAGE_VERSION,
		      sizeof(image->version) - 1);
	return image_write(memfd, image) < 0 ? EX_OSERR : EX_OK;
}

static int reader_spawn(struct conf_reader *reader, const char *path,
			const char *node, struct err *err)
{
	pid_t parent = getpid();

	reader->errors = memfd_create("ordermq-conf-errors", MFD_CLOEXEC);
	reader->memfd =
		memfd_create("ordermq-conf", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (reader->errors < 0 || reader->memfd < 0)
		return err_errno(err, ERR_RETRY, "memfd");
	reader->pid = fork();
	if (reader->pid < 0)
		return err_errno(err, ERR_RETRY, "fork");
	if (reader->pid == 0) {
		child_confine(parent, reader->errors, reader->memfd);
		_exit(child_run(path, node, reader->errors, reader->memfd));
	}
	reader->pidfd = (int)syscall(SYS_pidfd_open, reader->pid, 0);
	if (reader->pidfd < 0)
		return err_errno(err, ERR_RETRY, "pidfd_open");
	(void)fcntl(reader->pidfd, F_SETFD, FD_CLOEXEC);
	return 0;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

static void reader_close(struct conf_reader *reader)
{
	close_fd(&reader->pidfd);
	close_fd(&reader->errors);
	close_fd(&reader->memfd);
	reader->pid = -1;
}

int conf_start(const char *path, const char *node, struct conf_reader *reader_r,
	       struct err *err)
{
	struct conf_reader reader = { -1, -1, -1, -1, "" };

	(void)strncpy(reader.path, path, sizeof(reader.path) - 1);
	if (reader_spawn(&reader, path, node, err) < 0) {
		conf_abort(&reader);
		return err_wrap(err, "%s", path);
	}
	*reader_r = reader;
	return 0;
}

void conf_abort(struct conf_reader *reader)
{
	if (reader->pid > 0) {
		(void)kill(reader->pid, SIGKILL);
		while (waitpid(reader->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	reader_close(reader);
}

/* Put the child's complaints into err, or why there are none. Returns -1. */
static int take_errors(int errors, struct err *err)
{
	struct stat st;
	char *lines = NULL;
	ssize_t length = -1;

	if (fstat(errors, &st) == 0 && st.st_size > 0 &&
	    st.st_size <= CONF_ERRORS_BYTES_MAX)
		lines = calloc(1, (size_t)st.st_size + 1);
	if (lines != NULL)
		length = pread(errors, lines, (size_t)st.st_size, 0);
	if (length > 0)
		(void)conf_complaints_fit(lines, err);
	else
		(void)err_set(err, ERR_FATAL, "the parser does not say why");
	free(lines);
	return -1;
}

static int take_status(struct conf_reader *reader, struct err *err)
{
	int status;

	while (waitpid(reader->pid, &status, 0) < 0) {
		if (errno != EINTR)
			return err_errno(err, ERR_FATAL, "%s: waitpid",
					 reader->path);
	}
	reader->pid = -1;
	if (WIFSIGNALED(status))
		return err_set(err, ERR_FATAL,
			       "%s: the parser ended with signal %d (%s)",
			       reader->path, WTERMSIG(status),
			       strsignal(WTERMSIG(status)));
	if (WEXITSTATUS(status) == EX_CONFIG)
		return take_errors(reader->errors, err);
	if (WEXITSTATUS(status) != EX_OK)
		return err_set(err, ERR_FATAL,
			       "%s: the parser ended with status %d",
			       reader->path, WEXITSTATUS(status));
	return 0;
}

static int take_settings(struct conf_reader *reader,
			 struct settings *settings_r, struct err *err)
{
	if (take_status(reader, err) < 0)
		return -1;
	if (fcntl(reader->memfd, F_ADD_SEALS, CONF_SEALS) < 0)
		return err_errno(err, ERR_FATAL, "%s: seal", reader->path);
	if (conf_receive(reader->memfd, settings_r, err) < 0) {
		(void)err_wrap(err, "%s", reader->path);
		err->class = ERR_FATAL;
		return -1;
	}
	return 0;
}

int conf_finish(struct conf_reader *reader, struct settings *settings_r,
		struct err *err)
{
	int memfd = -1;

	if (take_settings(reader, settings_r, err) == 0) {
		memfd = reader->memfd;
		reader->memfd = -1;
	}
	reader_close(reader);
	return memfd;
}

int conf_finish_groups(struct conf_reader *reader, struct settings *settings_r,
		       struct err *err)
{
	int memfd = conf_finish(reader, settings_r, err);

	if (memfd < 0 || settings_r->group_count > 0)
		return memfd;
	(void)close(memfd);
	return err_set(err, ERR_FATAL, "%s: groups: nothing to run",
		       reader->path);
}

int conf_load(const char *path, const char *node, struct settings *settings_r,
	      struct err *err)
{
	struct conf_reader reader;
	int memfd;

	if (conf_start(path, node, &reader, err) < 0)
		return -1;
	memfd = conf_finish(&reader, settings_r, err);
	if (memfd < 0)
		return -1;
	(void)close(memfd);
	return 0;
}

static bool image_is_ours(const struct conf_image *image)
{
	return image->magic == CONF_MAGIC &&
	       image->layout == settings_layout() &&
	       strncmp(image->version, PACKAGE_VERSION,
		       sizeof(image->version)) == 0 &&
	       settings_are_sane(&image->settings);
}

int conf_receive(int memfd, struct settings *settings_r, struct err *err)
{
	const struct conf_image *image;
	struct stat st;
	int result = 0;

	/* A sealed memfd cannot change while it is read. */
	if (fcntl(memfd, F_GET_SEALS) != CONF_SEALS || fstat(memfd, &st) < 0)
		return err_set(err, ERR_RETRY, "settings: not sealed");
	if (st.st_size != (off_t)sizeof(*image))
		return err_set(err, ERR_RETRY,
			       "settings: from another version of ordermq");
	image = mmap(NULL, sizeof(*image), PROT_READ, MAP_PRIVATE, memfd, 0);
	if (image == MAP_FAILED)
		return err_errno(err, ERR_RETRY, "settings: mmap");
	if (image_is_ours(image))
		*settings_r = image->settings;
	else
		result = err_set(err, ERR_RETRY,
				 "settings: from another version of ordermq");
	(void)munmap((void *)image, sizeof(*image));
	return result;
}
