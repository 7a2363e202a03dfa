/* Moments and entry ids as text. The operator's tools and ordermq-seckill read
   and print them here. */

#include "config.h"

#include "lib/base/when.h"

#include "lib/base/num.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

const char *when_format(int64_t msecs, char *buf)
{
	time_t secs = (time_t)(msecs / 1000);
	struct tm tm = { 0 };
	size_t used;

	(void)gmtime_r(&secs, &tm);
	used = strftime(buf, WHEN_TEXT_BYTES, "%Y-%m-%dT%H:%M:%S", &tm);
	(void)snprintf(buf + used, WHEN_TEXT_BYTES - used, ".%03dZ",
		       (int)(msecs % 1000));
	return buf;
}

/* Take exactly count digits. */
static bool digits(const char **at, size_t count, int *value_r)
{
	int64_t value;

	if (strnlen(*at, count) < count || num_parse(*at, count, &value) < 0)
		return false;
	*at += count;
	*value_r = (int)value;
	return true;
}

static bool letter(const char **at, char wanted)
{
	if (**at != wanted)
		return false;
	(*at)++;
	return true;
}

/* ".123" behind the seconds; digits below a millisecond are dropped. */
static bool fraction(const char **at, int *msecs_r)
{
	int weight = 100;

	*msecs_r = 0;
	if (!letter(at, '.'))
		return true;
	if (**at < '0' || **at > '9')
		return false;
	for (; **at >= '0' && **at <= '9'; (*at)++) {
		*msecs_r += (**at - '0') * weight;
		weight /= 10;
	}
	return true;
}

/* "Z", "+02:00" or "-05:30". */
static bool zone(const char **at, int *secs_r)
{
	int hours, minutes, sign = **at == '-' ? -1 : 1;

	*secs_r = 0;
	if (letter(at, 'Z'))
		return true;
	if (!letter(at, '+') && !letter(at, '-'))
		return false;
	if (!digits(at, 2, &hours) || !letter(at, ':') ||
	    !digits(at, 2, &minutes) || hours > 23 || minutes > 59)
		return false;
	*secs_r = sign * (hours * 3600 + minutes * 60);
	return true;
}

static bool date_and_time(const char **at, struct tm *tm)
{
	if (!digits(at, 4, &tm->tm_year) || !letter(at, '-') ||
	    !digits(at, 2, &tm->tm_mon) || !letter(at, '-') ||
	    !digits(at, 2, &tm->tm_mday) || !letter(at, 'T') ||
	    !digits(at, 2, &tm->tm_hour) || !letter(at, ':') ||
	    !digits(at, 2, &tm->tm_min))
		return false;
	tm->tm_year -= 1900;
	tm->tm_mon -= 1;
	return !letter(at, ':') || digits(at, 2, &tm->tm_sec);
}

int when_parse(const char *text, int64_t *msecs_r)
{
	struct tm given = { 0 }, tm;
	int msecs, zone_secs;
	int64_t secs;

	if (!date_and_time(&text, &given) || !fraction(&text, &msecs) ||
	    !zone(&text, &zone_secs) || *text != '\0')
		return -1;
	tm = given;
	secs = timegm(&tm);
	/* There is no February 30th, and no 25th hour. */
	if (tm.tm_mon != given.tm_mon || tm.tm_mday != given.tm_mday ||
	    tm.tm_hour != given.tm_hour || tm.tm_min != given.tm_min ||
	    tm.tm_sec != given.tm_sec || secs < zone_secs)
		return -1;
	*msecs_r = (secs - zone_secs) * 1000 + msecs;
	return 0;
}

/* "ms" or "ms-seq"; sequence numbers use all 64 bits. */
static bool is_id(const char *text)
{
	size_t length = strcspn(text, "-");
	const char *seq = text + length;
	int64_t msecs;

	if (strlen(text) >= WHEN_ID_BYTES ||
	    num_parse(text, length, &msecs) < 0)
		return false;
	if (*seq == '\0')
		return true;
	return seq[1] != '\0' && strlen(seq + 1) <= 20 &&
	       seq[1 + strspn(seq + 1, "0123456789")] == '\0';
}

int when_id(const char *text, int64_t now_msecs, char *id_r)
{
	int64_t msecs;

	if (is_id(text)) {
		(void)snprintf(id_r, WHEN_ID_BYTES, "%s", text);
		return 0;
	}
	if (num_parse_duration(text[0] == '-' ? text + 1 : text, &msecs) == 0)
		msecs = msecs > now_msecs ? 0 : now_msecs - msecs;
	else if (when_parse(text, &msecs) < 0)
		return -1;
	(void)snprintf(id_r, WHEN_ID_BYTES, "%" PRId64, msecs);
	return 0;
}

int64_t when_of_id(const char *id)
{
	int64_t msecs;

	if (num_parse(id, strcspn(id, "-"), &msecs) < 0 ||
	    msecs > WHEN_MSECS_MAX)
		return -1;
	return msecs;
}
