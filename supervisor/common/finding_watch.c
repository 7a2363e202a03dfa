/* Raises an alarm once on the coming of a finding and once on its going, for
   ordermqd, and for a keeper that runs without it. finding.c compares the
   lists. */
#include "config.h"

#include "supervisor/common/finding_watch.h"

#include "lib/base/log.h"

struct teller {
	void (*tell)(void *owner, const struct finding *finding, bool came);
	void *owner;
};

static void say(void *owner, const struct finding *finding, bool came)
{
	const struct teller *teller = owner;
	const char *word = finding_kind(finding->id)->word;
	const char *colon = finding->group[0] == '\0' ? "" : ": ";

	if (came)
		log_line(finding->severity == FINDING_CRITICAL ? LOG_ALERT
							       : LOG_CRIT,
			 "finding %s: %s%s%s", word, finding->group, colon,
			 finding->text);
	else
		log_line(LOG_NOTICE, "finding %s: %s%sover", word,
			 finding->group, colon);
	if (teller->tell != NULL)
		teller->tell(teller->owner, finding, came);
}

void finding_watch_take(struct finding_watch *watch,
			const struct findings *findings, int64_t now_msecs,
			void (*tell)(void *owner, const struct finding *finding,
				     bool came),
			void *owner)
{
	static struct findings now, settled;
	struct teller teller = { tell, owner };

	now = *findings;
	findings_carry(&now, &watch->seen, now_msecs);
	watch->seen = now;
	findings_settled(&now, now_msecs, &settled);
	findings_sort(&settled);
	findings_compare(&watch->told, &settled, say, &teller);
	watch->told = settled;
}
