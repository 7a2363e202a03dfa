/* How many instances a backlog needs, decided on numbers alone. upkeep.c
   looks once a second and asks; service.c starts and stops them. */

#include "config.h"

#include "supervisor/ordermqd/autoscale.h"

#include "lib/base/num.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* While the oldest entry has waited longer than this, no instance is idle. */
#define SATURATED_MSECS 1000

/* A rate measured with fewer entries is not trusted. */
#define MEASURED_COUNT 16

/* From one look to the next. */
#define LOOK_MSECS 1000

/* Fewer instances are enough when what comes in takes at most this part of what
   they can do. */
#define USABLE 0.8

/* A step up has helped when the group became faster by this part of what the
   new instances could do, were they as fast as those before. */
#define HELPED 0.25

/* How fast entries come in and are settled, by the looks so far. */
struct pace {
	double arrival;   /* entries a second; -1: unknown */
	double service;   /* of all instances, while entries wait; -1 */
	bool is_measured; /* ... by enough entries */
	bool is_gaining;  /* less waits than did, since the last step */
};

void autoscale_forget(struct autoscale *autoscale)
{
	autoscale->look_count = 0;
	autoscale->calm_msecs = 0;
	autoscale->said = AUTOSCALE_STAY;
}

/* A count that falls is of another Redis. The number of arrived entries may
   fall by a few: its parts are not read at one moment. */
static bool goes_on(const struct autoscale_look *before,
		    const struct autoscale_look *look)
{
	return look->settled >= before->settled;
}

static void remember(struct autoscale *autoscale,
		     const struct autoscale_look *look)
{
	size_t kept = autoscale->look_count;

	if (kept > 0 && !goes_on(&autoscale->looks[0], look))
		kept = 0;
	if (kept == AUTOSCALE_SAMPLES)
		kept--;
	memmove(&autoscale->looks[1], &autoscale->looks[0],
		kept * sizeof(autoscale->looks[0]));
	autoscale->looks[0] = *look;
	autoscale->look_count = kept + 1;
}

/* For how many looks back every instance was busy, with an unchanged number of
   instances. */
static size_t saturated_count(const struct autoscale *autoscale)
{
	const struct autoscale_look *looks = autoscale->looks;
	size_t i = 0;

	while (i < autoscale->look_count &&
	       looks[i].age_msecs >= SATURATED_MSECS && looks[i].settled >= 0 &&
	       looks[i].working == looks[0].working)
		i++;
	return i;
}

static double per_second(int64_t count, int64_t msecs)
{
	return (double)count * 1000 / (double)msecs;
}

/* Does the backlog shrink? Where the lag is unknown the age tells, which is
   coarser. */
static bool is_gaining(const struct autoscale *autoscale)
{
	const struct autoscale_look *now = &autoscale->looks[0];
	const struct autoscale_look *then = now;

	for (size_t i = 1; i < autoscale->look_count; i++) {
		if (autoscale->looks[i].msecs > autoscale->step_msecs)
			then = &autoscale->looks[i];
	}
	if (now->lag >= 0 && then->lag >= 0)
		return now->lag < then->lag;
	return now->age_msecs < then->age_msecs;
}

static struct pace pace_of(struct autoscale *autoscale)
{
	const struct autoscale_look *looks = autoscale->looks;
	const struct autoscale_look *first = &looks[autoscale->look_count - 1];
	size_t busy = saturated_count(autoscale);
	struct pace pace = { -1, -1, false, false };
	int64_t settled;

	if (autoscale->look_count < 2)
		return pace;
	pace.is_gaining = is_gaining(autoscale);
	if (looks[0].arrived >= 0 && first->arrived >= 0)
		pace.arrival =
			per_second(looks[0].arrived > first->arrived
					   ? looks[0].arrived - first->arrived
					   : 0,
				   looks[0].msecs - first->msecs);
	if (busy < 2 || looks[0].working == 0)
		return pace;
	settled = looks[0].settled - looks[busy - 1].settled;
	pace.service =
		per_second(settled, looks[0].msecs - looks[busy - 1].msecs);
	pace.is_measured = settled >= MEASURED_COUNT;
	autoscale->rate = pace.service / looks[0].working;
	autoscale->rate_count = settled;
	return pace;
}

/* The smallest number of instances that settles per_second_all. */
static int count_for(double per_second_all, double rate)
{
	double count = per_second_all / rate;

	if (count >= SETTINGS_INSTANCES_MAX)
		return SETTINGS_INSTANCES_MAX;
	return (double)(int)count < count ? (int)count + 1 : (int)count;
}

/* How many instances would catch up in time. */
static int needed(const struct autoscale *autoscale, const struct pace *pace,
		  const struct settings_scale *scale,
		  const struct autoscale_look *look)
{
	int twice = 2 * look->wanted;
	double backlog;
	int count;

	if (autoscale->rate <= 0 || pace->arrival < 0 || look->lag < 0)
		return twice;
	backlog = per_second(look->lag,
			     AUTOSCALE_DRAIN * scale->target_age_msecs);
	count = count_for(pace->arrival + backlog, autoscale->rate);
	return autoscale->rate_count < MEASURED_COUNT && count > twice ? twice
								       : count;
}

/* Did the last step up, not long ago, change next to nothing? Then something
   else is the limit, and more instances would wait for it, too. */
static bool was_in_vain(const struct autoscale *autoscale,
			const struct pace *pace,
			const struct settings_scale *scale,
			const struct autoscale_look *look)
{
	double hoped = autoscale->step_rate *
		       (look->working - autoscale->step_from) /
		       (autoscale->step_from > 0 ? autoscale->step_from : 1);

	return autoscale->step_rate > 0 && pace->is_measured &&
	       look->msecs - autoscale->step_msecs <
		       AUTOSCALE_CALM * scale->target_age_msecs &&
	       pace->service - autoscale->step_rate < HELPED * hoped;
}

/* Write the reason of the decision, as far as it is known. */
static void explain(struct autoscale_verdict *verdict, const char *what,
		    const struct autoscale *autoscale, const struct pace *pace)
{
	int used = snprintf(verdict->why, sizeof(verdict->why), "%s", what);

	if (pace->arrival >= 0 && used > 0 &&
	    (size_t)used < sizeof(verdict->why))
		used += snprintf(verdict->why + used,
				 sizeof(verdict->why) - (size_t)used,
				 "; %.0f/s come in", pace->arrival);
	if (autoscale->rate > 0 && used > 0 &&
	    (size_t)used < sizeof(verdict->why))
		(void)snprintf(verdict->why + used,
			       sizeof(verdict->why) - (size_t)used,
			       ", one instance settles %.*f/s",
			       autoscale->rate < 10 ? 1 : 0, autoscale->rate);
}

static void explain_age(struct autoscale_verdict *verdict, const char *end,
			const struct autoscale *autoscale,
			const struct pace *pace,
			const struct settings_scale *scale,
			const struct autoscale_look *look)
{
	char age[NUM_TEXT_MAX], target[NUM_TEXT_MAX], text[128];

	(void)snprintf(text, sizeof(text),
		       "the oldest entry has waited %s for a reader, not %s%s",
		       num_format_duration(look->age_msecs, age),
		       num_format_duration(scale->target_age_msecs, target),
		       end);
	explain(verdict, text, autoscale, pace);
}

/* The group needs more instances than it gets: tell it once, when that
   begins. */
static void fall_short(struct autoscale *autoscale,
		       struct autoscale_verdict *verdict, const char *end,
		       const struct pace *pace,
		       const struct settings_scale *scale,
		       const struct autoscale_look *look)
{
	if (autoscale->said == AUTOSCALE_SHORT)
		return;
	autoscale->said = AUTOSCALE_SHORT;
	verdict->what = AUTOSCALE_SHORT;
	explain_age(verdict, end, autoscale, pace, scale, look);
}

/* Entries wait for too long. */
static void go_up(struct autoscale *autoscale,
		  struct autoscale_verdict *verdict, const struct pace *pace,
		  const struct settings_scale *scale,
		  const struct autoscale_look *look)
{
	int target = needed(autoscale, pace, scale, look);
	bool all_work = look->working == look->able;

	if (look->working == 0 || autoscale->look_count < 2 ||
	    (autoscale->step_msecs > 0 &&
	     look->msecs - autoscale->step_msecs <
		     scale->target_age_msecs + LOOK_MSECS))
		return;
	if (target <= look->wanted && (!all_work || pace->is_gaining))
		return;
	if (target <= look->wanted)
		target = look->wanted + 1;
	if (look->wanted >= scale->max) {
		fall_short(autoscale, verdict, ", with the most instances",
			   pace, scale, look);
		return;
	}
	if (was_in_vain(autoscale, pace, scale, look)) {
		fall_short(autoscale, verdict, ", and more do not help", pace,
			   scale, look);
		return;
	}
	verdict->wanted = target < scale->max ? target : (int)scale->max;
	verdict->what = AUTOSCALE_UP;
	explain_age(verdict, "", autoscale, pace, scale, look);
	autoscale->said = AUTOSCALE_UP;
	autoscale->step_msecs = look->msecs;
	autoscale->step_from = look->working;
	autoscale->step_rate = pace->is_measured ? pace->service : 0;
}

/* How many instances are enough for what comes in now, as far as that is
   known. */
static int enough(const struct autoscale *autoscale, const struct pace *pace,
		  const struct settings_scale *scale,
		  const struct autoscale_look *look)
{
	int count;

	if (pace->arrival == 0)
		count = (int)scale->min;
	else if (pace->arrival < 0 || autoscale->rate <= 0)
		count = look->wanted - 1;
	else
		count = count_for(pace->arrival, USABLE * autoscale->rate);
	return count < scale->min ? (int)scale->min : count;
}

static void go_down(struct autoscale *autoscale,
		    struct autoscale_verdict *verdict, const struct pace *pace,
		    const struct settings_scale *scale,
		    const struct autoscale_look *look)
{
	int64_t calm = AUTOSCALE_CALM * scale->target_age_msecs;
	int count = enough(autoscale, pace, scale, look);
	int half = (look->wanted + 1) / 2;
	char text[64], period[NUM_TEXT_MAX];

	if (count >= look->wanted || look->working < look->able ||
	    autoscale->look_count < 2) {
		autoscale->calm_msecs = 0;
		return;
	}
	if (autoscale->calm_msecs == 0) {
		autoscale->calm_msecs = look->msecs;
		autoscale->calm_most = 0;
	}
	if (count > autoscale->calm_most)
		autoscale->calm_most = count;
	if (look->msecs - autoscale->calm_msecs < calm)
		return;
	verdict->wanted =
		autoscale->calm_most > half ? autoscale->calm_most : half;
	verdict->what = AUTOSCALE_DOWN;
	(void)snprintf(text, sizeof(text), "fewer were enough for %s",
		       num_format_duration(calm, period));
	explain(verdict, text, autoscale, pace);
	autoscale->calm_msecs = 0;
}

struct autoscale_verdict autoscale_decide(struct autoscale *autoscale,
					  const struct settings_scale *scale,
					  const struct autoscale_look *look)
{
	struct autoscale_verdict verdict = { .wanted = look->wanted };
	struct pace pace;

	if (look->age_msecs < 0 || look->able == 0) {
		autoscale_forget(autoscale);
		return verdict;
	}
	if (autoscale->look_count > 0 &&
	    look->msecs <= autoscale->looks[0].msecs)
		return verdict;
	remember(autoscale, look);
	pace = pace_of(autoscale);
	if (look->age_msecs > scale->target_age_msecs) {
		autoscale->calm_msecs = 0;
		go_up(autoscale, &verdict, &pace, scale, look);
		return verdict;
	}
	/* Between half of the target and all of it nothing changes. */
	if (look->age_msecs * 2 > scale->target_age_msecs) {
		autoscale->calm_msecs = 0;
		return verdict;
	}
	autoscale->said = AUTOSCALE_STAY;
	go_down(autoscale, &verdict, &pace, scale, look);
	return verdict;
}
