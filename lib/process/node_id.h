#ifndef OMQ_NODE_ID_H
#define OMQ_NODE_ID_H

struct err;

/* The identity of a running set: 16 random hex digits, which its leases carry.
   It is kept in a locked file, so that a restarted set has its old identity and
   takes its leases back at once, while two sets never have the same one. */

#define NODE_ID_BYTES 17

/* A new id into buf, NODE_ID_BYTES long. */
void node_id_make(char *buf);

/* Read the id in the file behind fd, or write a new one into it. The caller
   holds the lock. Returns 0, or -1 with ERR_RETRY. */
int node_id_read(int fd, char *buf, struct err *err);

/* Lock the file at path (made when it is not there) and read the id in it, or
   write a new one. Returns the descriptor that holds the lock, which the caller
   owns; or -1 with ERR_FATAL when another process holds it, ERR_RETRY when the
   file cannot be used. */
int node_id_lock(const char *path, char *buf, struct err *err);

#endif
