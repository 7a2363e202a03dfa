#include "config.h"

#include "supervisor/keeper/pause.h"

#include "supervisor/common/json_line.h"

json_t *pause_json(const struct pause *pause)
{
	if (pause->msecs <= 0)
		return json_null();
	return json_pack("{s:o,s:o,s:o}", "who", record_text(pause->who),
			 "when", record_time(pause->msecs), "why",
			 record_text(pause->why));
}
