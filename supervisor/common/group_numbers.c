/* The numbers of a group while all of them are unknown. keeper/redis_numbers.c
   and numbers_json.c fill them in; figures.c hands them to ordermqd. */

#include "config.h"

#include "supervisor/common/group_numbers.h"

void redis_numbers_clear(struct redis_numbers *numbers_r)
{
	*numbers_r = (struct redis_numbers){ -1, -1, -1, -1, -1, -1,
					     -1, -1, -1, -1, -1 };
}
