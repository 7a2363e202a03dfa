/* The last things that happened, for "ordermqctl events". instance.c,
   upkeep.c, steer.c, steer_restart.c and daemon_reload.c add; steer.c writes
   them out. */

#include "config.h"

#include "supervisor/ordermqd/events.h"

#include "lib/base/clock.h"
#include "supervisor/common/json_line.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct event {
	int64_t msecs; /* since 1970 */
	char name[80];
	char text[240];
};

struct events {
	struct event ring[EVENTS_MAX];
	int64_t next; /* number of the next one */
};

struct events *events_open(void)
{
	return calloc(1, sizeof(struct events));
}

void events_close(struct events **events)
{
	free(*events);
	*events = NULL;
}

void events_add(struct events *events, const char *name, const char *fmt, ...)
{
	struct event *event = &events->ring[events->next++ % EVENTS_MAX];
	va_list args;

	event->msecs = clock_wall_msecs();
	(void)snprintf(event->name, sizeof(event->name), "%s", name);
	va_start(args, fmt);
	(void)vsnprintf(event->text, sizeof(event->text), fmt, args);
	va_end(args);
}

void events_write(FILE *out, const struct events *events, int64_t from)
{
	int64_t oldest =
		events->next > EVENTS_MAX ? events->next - EVENTS_MAX : 0;

	json_line_write(out, json_pack("{s:s,s:I}", "kind", "events", "next",
				       (json_int_t)events->next));
	for (int64_t i = from > oldest ? from : oldest; i < events->next; i++) {
		const struct event *event = &events->ring[i % EVENTS_MAX];

		json_line_write(out,
				json_pack("{s:s,s:I,s:o,s:o,s:o}", "kind",
					  "event", "number", (json_int_t)i,
					  "time", json_line_time(event->msecs),
					  "name", json_line_text(event->name),
					  "text", json_line_text(event->text)));
	}
}
