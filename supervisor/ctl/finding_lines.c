/* Shows the findings below the tables of status (table.c); overview.c has got
   them from ordermqd, or has made them. */
#include "config.h"

#include "supervisor/ctl/finding_lines.h"

#include "lib/base/clock.h"
#include "lib/base/num.h"
#include "lib/base/text.h"
#include "supervisor/common/finding_json.h"

static void print(FILE *out, const struct finding *finding)
{
	int64_t msecs = clock_wall_msecs() - finding->since_msecs;
	char shown[2 * FINDING_TEXT_BYTES], age[NUM_TEXT_MAX];

	fprintf(out, "%-8s %s: %s%s%s",
		finding->severity == FINDING_CRITICAL ? "CRITICAL" : "WARNING",
		finding_kind(finding->id)->word, finding->group,
		finding->group[0] == '\0' ? "" : ": ",
		text_show(text_of(finding->text), shown, sizeof(shown)));
	if (finding->since_msecs >= 0)
		fprintf(out, " (for %s)",
			finding_age(msecs < 0 ? 0 : msecs, age));
	fputc('\n', out);
}

void finding_lines_print(FILE *out, const json_t *objects)
{
	struct finding finding;
	bool has_some = false;
	json_t *object;
	size_t i;

	json_array_foreach(objects, i, object)
	{
		if (finding_from_json(object, &finding) < 0)
			continue;
		if (!has_some)
			fputc('\n', out);
		has_some = true;
		print(out, &finding);
	}
	if (has_some)
		fputs("See ordermq-findings(7).\n", out);
}
