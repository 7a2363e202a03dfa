#ifndef OMQ_DIAL_H
#define OMQ_DIAL_H

struct err;
struct settings_redis;

/* A new connection to Redis, and what has to be said on it first. */
struct dial {
	int fd;            /* connected, non-blocking, close-on-exec */
	char *password;    /* NULL: none */
	char database[24]; /* "" is 0, which needs no SELECT */
};

/* Read the password file and connect within set->connect_timeout_msecs; a
   wake_fd that becomes readable ends the wait. A password file is a path, or a
   name in $CREDENTIALS_DIRECTORY (systemd), or in SYSCONFDIR/ordermq when that
   is not set; a file that others may read is refused. Returns 0: the socket
   belongs to the caller, and dial_forget() frees the rest. Or -1 with
   ERR_RETRY, and there is no socket. */
int dial_open(const struct settings_redis *set, int wake_fd,
	      struct dial *dial_r, struct err *err);

/* Wipe the password. The socket stays. */
void dial_forget(struct dial *dial);

#endif
