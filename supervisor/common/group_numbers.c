/* The numbers of a group before anybody has asked for them. Whoever asks Redis
   comes before (keeper/redis_numbers.c); figures.c and numbers_json.c carry
   them on. */

#include "config.h"

#include "supervisor/common/group_numbers.h"

void redis_numbers_clear(struct redis_numbers *numbers_r)
{
	*numbers_r = (struct redis_numbers){ -1, -1, -1, -1, -1,
					     -1, -1, -1, -1, -1 };
}
