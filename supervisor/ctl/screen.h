#ifndef OMQ_SCREEN_H
#define OMQ_SCREEN_H

#include <stddef.h>

struct overview;

/* The column by which the instances are sorted. */
enum screen_order {
	SCREEN_NAME,
	SCREEN_BUSY,
	SCREEN_RATE,
	SCREEN_MEMORY,
	SCREEN_RESTARTS,
	SCREEN_ORDER_COUNT,
};

/* An overview on the terminal (see terminal.h), cut to its size. */
struct screen {
	enum screen_order order;
	size_t first; /* line that stands on top */
};

/* Draw the overview, with the keys at the bottom. Returns 0; or -1 when the
   terminal is gone. */
int screen_draw(struct screen *screen, const struct overview *overview);

/* Obey a key; an unknown one does nothing. */
void screen_key(struct screen *screen, int key);

#endif
