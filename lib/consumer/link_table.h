#ifndef OMQ_LINK_TABLE_H
#define OMQ_LINK_TABLE_H

/* The way from a consumer to Redis as a table: what happened decides where the
   link stands next and what is to be done. Nothing here makes a system call, so
   every path is tested without a server.

   Every event is allowed in every state. */

enum link_state {
	LINK_DOWN,     /* not connected; connects when its time has come */
	LINK_GREETING, /* connected; no round trip has shown yet that all is
			  well: nothing new is read beside other calls */
	LINK_WELL,     /* settling and reading */
	LINK_WAITING,  /* connected to a server that cannot do it now: until its
			  time has come nothing is sent */
	LINK_LOST,     /* connected, but the lease is another one's: what is in
			  flight is dropped, and all begins anew */
	LINK_STATE_COUNT,
};

enum link_event {
	LINK_TIME,    /* the time for the next try has come */
	LINK_OPENED,  /* connected, and the lease is ours */
	LINK_ROUND,   /* a round trip is over, and all of it was answered */
	LINK_PUT_OFF, /* an error that the server itself gets over */
	LINK_BROKEN,  /* the connection could not be made, or is of no use */
	LINK_ROBBED,  /* the lease is not ours any more */
	LINK_CUT,     /* we stop, and do not wait for the answer to a read */
	LINK_EVENT_COUNT,
};

enum link_action {
	LINK_NOTHING,
	LINK_CONNECT, /* try to open the connection */
	LINK_PRAISE,  /* say that all is well, or well again */
	LINK_REST,    /* set the time for the next try */
	LINK_CLOSE,   /* put back what was under way, hang up, set the time */
	LINK_DROP,    /* drop what is in flight; the time is now */
	LINK_HANG_UP, /* put back what was under way; the time is now */
	LINK_RENEW,   /* hang up and forget the lease; the time is now */
	LINK_ACTION_COUNT,
};

struct link_step {
	enum link_state next;
	enum link_action action;
};

/* What follows from event in state. */
struct link_step link_step(enum link_state state, enum link_event event);

#endif
