#include "config.h"

#include "supervisor/keeper/pause.h"

#include "supervisor/common/json_line.h"

json_t *pause_json(const struct pause *pause)
{
	if (pause->msecs <= 0)
		return json_null();
	return json_pack("{s:o,s:o,s:o}", "who", json_line_text(pause->who),
			 "when", json_line_time(pause->msecs), "why",
			 json_line_text(pause->why));
}
