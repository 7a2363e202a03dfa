#ifndef OMQ_CONF_H
#define OMQ_CONF_H

#include <sys/types.h>

struct err;
struct settings;

/* Reading the configuration file. libconfig may call exit(), and its version
   1.5 wraps large integers silently; so it only runs in a child process. The
   child parses, checks every key, value and range against the settings table,
   and leaves the accepted settings in a memfd, which is then sealed. An
   instance gets that descriptor, never the file. */

/* A child that is reading a file. It ends by itself within seconds. Only
   conf_finish() and conf_abort() may wait() for it. */
struct conf_reader {
	pid_t pid;
	int pidfd;      /* readable when the child is done; for epoll */
	int errors;     /* its complaints */
	int memfd;      /* the settings that it accepted */
	char path[256]; /* of the file, for complaints; cut when longer */
};

/* Start to read the file at path, with node (NULL: what the file says, else
   the host name) as the node name. Returns 0 and a reader that the caller must
   conf_finish() or conf_abort(); or -1 with ERR_RETRY. */
int conf_start(const char *path, const char *node, struct conf_reader *reader_r,
	       struct err *err);

/* Take the outcome of a reader whose pidfd is readable (else this waits for
   it). Returns the sealed memfd, which the caller owns, with the same settings
   in *settings_r; or -1 with ERR_FATAL and the complaints, one a line:
   "FILE:LINE: KEY: what is wrong", as many as fit, then "... and N more". The
   reader is gone either way. */
int conf_finish(struct conf_reader *reader, struct settings *settings_r,
		struct err *err);

/* End a reader early. Does nothing to a finished one. */
void conf_abort(struct conf_reader *reader);

/* conf_finish() for ordermqd, which cannot use settings without groups: they
   are refused, and the memfd is closed. */
int conf_finish_groups(struct conf_reader *reader, struct settings *settings_r,
		       struct err *err);

/* conf_start() and conf_finish() in one, for programs that have time to
   wait. */
int conf_load(const char *path, const char *node, struct settings *settings_r,
	      struct err *err);

/* Read settings from a sealed memfd that conf_finish() made. Returns 0; or -1
   with ERR_RETRY when another version of ordermq made it: then the supervisor
   must be restarted. The descriptor stays open. */
int conf_receive(int memfd, struct settings *settings_r, struct err *err);

#endif
