#ifndef OMQ_PROXY_FIXTURE_H
#define OMQ_PROXY_FIXTURE_H

/* A process between clients and a redis-server: TCP on 127.0.0.1, on a port
   that was free, to the server's Unix socket. What it does to the bytes is what
   networks do. To a client a proxy that takes nothing any more looks like a
   peer that is gone without a word, but for the kernel, which still confirms
   what was sent; so no privilege is needed. It dies with the test. */
struct proxy;

enum proxy_mode {
	PROXY_PASS,    /* pass on everything */
	PROXY_SILENT,  /* pass on nothing, accept nothing: half-open */
	PROXY_DEAF,    /* requests arrive, replies stay on the way */
	PROXY_ENTRIES, /* the same after the first reply with orders */
	PROXY_SLOW,    /* in pieces of 16 bytes, a millisecond apart */
	PROXY_RESET,   /* reset every connection, also new ones */
};

/* Start one that passes everything on. Fails the test when it cannot. */
struct proxy *proxy_start(const char *socket_path);

/* End it, and all connections through it. NULL is fine. */
void proxy_stop(struct proxy **proxy);

/* From its return on. What was held back arrives when it passes on again. */
void proxy_set(struct proxy *proxy, enum proxy_mode mode);

/* "redis://127.0.0.1:PORT", as long as the proxy. */
const char *proxy_url(const struct proxy *proxy);

#endif
