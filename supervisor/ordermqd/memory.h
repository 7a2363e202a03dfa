#ifndef OMQ_MEMORY_H
#define OMQ_MEMORY_H

#include <stdint.h>
#include <sys/types.h>

/* Bytes of memory that a process of ours has in use now, by proc(5); -1: it
   does not tell. pid must not have been waited for. */
int64_t memory_bytes(pid_t pid);

#endif
