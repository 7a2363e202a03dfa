#ifndef OMQ_ASK_H
#define OMQ_ASK_H

#include <jansson.h>
#include <stdint.h>

struct err;

/* The client end of ordermqd's sockets (ordermqd/control.h): send one line to
   the socket at path and take the answer, an array of objects that the caller
   must json_decref(). Returns NULL with ERR_RETRY when nobody listens, when the
   answer is not complete within timeout_msecs, or when it is no JSON. */
json_t *ask(const char *path, const char *line, int64_t timeout_msecs,
	    struct err *err);

#endif
