#include "config.h"

#include "supervisor/common/finding.h"
#include "supervisor/common/finding_json.h"
#include "supervisor/common/finding_sheet.h"
#include "supervisor/common/finding_watch.h"

#include "lib/base/clock.h"
#include "lib/base/when.h"
#include "lib/process/board.h"
#include "supervisor/common/figures.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#define NOW INT64_C(1764500000000)

/* Words that other programs hang on. Add to it; remove nothing, ever. */
static const char *const golden[] = {
	"lost",
	"dropped",
	"skipped",
	"dead-letters",
	"waiting",
	"unknown-types",
	"new-group",
	"paused",
	"held",
	"beyond-end",
	"strangers",
	"nobody-reads",
	"left-stream",
	"silent-sender",
	"redis-full",
	"redis-not-durable",
	"redis-emptied",
	"degraded",
	"lag-unknown",
	"clock",
	"ids-of-another-clock",
};

#define GOLDEN_COUNT (sizeof(golden) / sizeof(golden[0]))

static struct finding finding_of(enum finding_id id, const char *group)
{
	struct finding finding;

	finding_set(&finding, id, group, 3, "three of %s", "them");
	return finding;
}

static void put(struct findings *findings, enum finding_id id,
		const char *group)
{
	struct finding finding = finding_of(id, group);

	findings_put(findings, &finding);
}

static void words_are_only_added(void **state)
{
	(void)state;
	for (size_t i = 0; i < GOLDEN_COUNT; i++)
		assert_int_not_equal(finding_id_of(golden[i]), -1);
	/* A new one is to be put into the list above. */
	assert_int_equal(GOLDEN_COUNT, FINDING_ID_COUNT);
	assert_int_equal(finding_id_of("no-such"), -1);
	assert_true(FINDING_ID_COUNT <= 64); /* bits of check --ignore */
}

/* Lines of the manual that are a section of that name. */
static int sections_of(const char *word)
{
	FILE *in = fopen(SOURCE_DIR "/man/ordermq-findings.7", "re");
	char line[256], section[80];
	int count = 0;

	assert_non_null(in);
	(void)snprintf(section, sizeof(section), ".Sh %s\n", word);
	while (fgets(line, sizeof(line), in) != NULL)
		count += strcmp(line, section) == 0;
	(void)fclose(in);
	return count;
}

static void each_has_a_section_of_its_own_in_the_manual(void **state)
{
	(void)state;
	for (int i = 0; i < FINDING_ID_COUNT; i++) {
		const struct finding_kind *kind = finding_kind(i);

		if (sections_of(kind->word) != 1)
			fail_msg("ordermq-findings(7): .Sh %s", kind->word);
		assert_true(strlen(kind->meaning) > 10);
		assert_true(strlen(kind->remedy) > 5);
	}
}

static void each_goes_through_json_and_comes_back(void **state)
{
	(void)state;
	for (int i = 0; i < FINDING_ID_COUNT; i++) {
		struct finding there = finding_of((enum finding_id)i, "points");
		struct finding back;
		json_t *object;

		there.since_msecs = NOW;
		(void)strcpy(there.instance, "points-2");
		object = finding_json(&there);
		assert_string_equal(
			json_string_value(json_object_get(object, "id")),
			finding_kind(i)->word);
		assert_int_equal(finding_from_json(object, &back), 0);
		assert_memory_equal(&there, &back, sizeof(there));
		json_decref(object);
	}
}

static void what_is_not_known_is_null(void **state)
{
	struct finding finding = finding_of(FINDING_CLOCK, NULL);
	json_t *object;

	(void)state;
	finding.number = -1;
	object = finding_json(&finding);
	assert_true(json_is_null(json_object_get(object, "group")));
	assert_true(json_is_null(json_object_get(object, "instance")));
	assert_true(json_is_null(json_object_get(object, "since")));
	assert_true(json_is_null(json_object_get(object, "number")));
	assert_int_equal(finding_from_json(object, &finding), 0);
	assert_int_equal(finding.since_msecs, -1);
	assert_int_equal(finding.number, -1);
	json_decref(object);
}

static void a_kind_of_a_later_release_is_passed_over(void **state)
{
	json_t *object = json_pack("{s:s,s:s}", "kind", "finding", "id",
				   "made-up-later");
	struct finding finding;

	(void)state;
	assert_int_equal(finding_from_json(object, &finding), -1);
	json_decref(object);
}

static void the_remedy_names_the_group(void **state)
{
	struct finding finding = finding_of(FINDING_PAUSED, "push");
	char remedy[FINDING_TEXT_BYTES];

	(void)state;
	assert_string_equal(finding_remedy(&finding, remedy),
			    "ordermqctl resume push");
}

static void there_is_one_of_a_kind_for_a_group(void **state)
{
	struct findings findings = { .count = 0 };

	(void)state;
	put(&findings, FINDING_LOST, "points");
	put(&findings, FINDING_LOST, "points");
	put(&findings, FINDING_LOST, "push");
	put(&findings, FINDING_LOST, NULL);
	assert_int_equal(findings.count, 3);
}

static void what_does_not_fit_is_counted(void **state)
{
	struct findings findings = { .count = 0 };
	char name[16];

	(void)state;
	for (int i = 0; i < FINDINGS_MAX + 5; i++) {
		(void)snprintf(name, sizeof(name), "g%d", i);
		put(&findings, FINDING_LOST, name);
	}
	assert_int_equal(findings.count, FINDINGS_MAX);
	assert_int_equal(findings.left_out, 5);
}

static void critical_ones_come_first(void **state)
{
	struct findings findings = { .count = 0 };

	(void)state;
	put(&findings, FINDING_CLOCK, NULL);
	put(&findings, FINDING_DEAD_LETTERS, "push");
	put(&findings, FINDING_DEAD_LETTERS, "points");
	put(&findings, FINDING_BEYOND_END, "push");
	findings_sort(&findings);
	assert_int_equal(findings.list[0].id, FINDING_BEYOND_END);
	assert_string_equal(findings.list[1].group, "points");
	assert_string_equal(findings.list[2].group, "push");
	assert_int_equal(findings.list[3].id, FINDING_CLOCK);
}

/* What was told, as "+lost -paused ...". */
static char told[512];

static void note(void *owner, const struct finding *finding, bool came)
{
	size_t used = strlen(told);

	(void)owner;
	(void)snprintf(told + used, sizeof(told) - used, "%c%s ",
		       came ? '+' : '-', finding_kind(finding->id)->word);
}

static const char *take(struct finding_watch *watch,
			const struct findings *findings, int64_t msecs)
{
	told[0] = '\0';
	finding_watch_take(watch, findings, msecs, note, NULL);
	return told;
}

static void an_alarm_is_raised_once_on_coming_and_once_on_going(void **state)
{
	static struct finding_watch watch;
	struct findings findings = { .count = 0 };
	const struct findings none = { .count = 0 };

	(void)state;
	put(&findings, FINDING_LOST, "points");
	put(&findings, FINDING_DEAD_LETTERS, "points");
	assert_string_equal(take(&watch, &findings, NOW),
			    "+lost +dead-letters ");
	findings.list[0].number++;
	assert_string_equal(take(&watch, &findings, NOW + 1000), "");
	assert_int_equal(watch.told.list[0].since_msecs, NOW);
	assert_int_equal(watch.told.list[0].number, 4);
	/* It got worse. */
	findings.list[1].severity = FINDING_CRITICAL;
	assert_string_equal(take(&watch, &findings, NOW + 2000),
			    "+dead-letters ");
	findings.list[1].severity = FINDING_WARNING;
	assert_string_equal(take(&watch, &findings, NOW + 3000), "");
	assert_string_equal(take(&watch, &none, NOW + 4000),
			    "-lost -dead-letters ");
	assert_string_equal(take(&watch, &none, NOW + 5000), "");
}

static void what_ends_by_itself_is_not_told(void **state)
{
	static struct finding_watch watch;
	struct findings findings = { .count = 0 };
	const struct findings none = { .count = 0 };
	int64_t settle = finding_kind(FINDING_DEGRADED)->settle_msecs;

	(void)state;
	assert_true(settle > 1000);
	put(&findings, FINDING_DEGRADED, "points");
	assert_string_equal(take(&watch, &findings, NOW), "");
	assert_string_equal(take(&watch, &findings, NOW + settle - 1), "");
	assert_string_equal(take(&watch, &none, NOW + settle), "");
	assert_string_equal(take(&watch, &findings, NOW + settle + 1), "");
	assert_string_equal(take(&watch, &findings, NOW + 2 * settle + 1),
			    "+degraded ");
}

/* A board file with room, whose keeper is gone. */
static int sheet_fd(void)
{
	int fd = memfd_create("board", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, sizeof(struct board)), 0);
	return fd;
}

static void they_lie_behind_the_figures(void **state)
{
	static struct figures figures, figures_back;
	struct findings findings = { .count = 0 }, back;
	int fd = sheet_fd();

	(void)state;
	clock_set(50000);
	assert_int_equal(finding_sheet_read(fd, clock_msecs(), &back), -1);
	put(&findings, FINDING_LOST, "points");
	finding_sheet_write(fd, &findings);
	figures.msecs = clock_msecs();
	figures_write(fd, &figures);
	assert_int_equal(figures_read(fd, clock_msecs(), &figures_back), 0);
	assert_int_equal(finding_sheet_read(fd, clock_msecs(), &back), 0);
	assert_memory_equal(&findings, &back, sizeof(back));
	/* They grow old. */
	assert_int_equal(
		finding_sheet_read(fd, 50001 + FIGURES_STALE_MSECS, &back), -1);
	clock_set(-1);
	(void)close(fd);
}

static void what_another_process_wrote_is_not_believed(void **state)
{
	const off_t offset =
		(off_t)(sizeof(struct board) + sizeof(struct figures));
	struct findings findings = { .count = 0 }, back;
	static char bytes[sizeof(struct finding_sheet)];
	int fd = sheet_fd();

	(void)state;
	put(&findings, FINDING_LOST, "points");
	finding_sheet_write(fd, &findings);
	assert_int_equal(pread(fd, bytes, sizeof(bytes), offset),
			 (ssize_t)sizeof(bytes));
	for (size_t i = 0; i < 200; i++) {
		bytes[i] ^= 0x55;
		assert_int_equal(pwrite(fd, bytes, sizeof(bytes), offset),
				 (ssize_t)sizeof(bytes));
		assert_int_equal(finding_sheet_read(fd, clock_msecs(), &back),
				 -1);
		bytes[i] ^= 0x55;
	}
	findings.list[0].id = FINDING_ID_COUNT;
	assert_false(findings_are_sound(&findings));
	findings.list[0].id = FINDING_LOST;
	memset(findings.list[0].text, 'x', sizeof(findings.list[0].text));
	assert_false(findings_are_sound(&findings));
	findings.count = FINDINGS_MAX + 1;
	assert_false(findings_are_sound(&findings));
	(void)close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_only_added),
		cmocka_unit_test(each_has_a_section_of_its_own_in_the_manual),
		cmocka_unit_test(each_goes_through_json_and_comes_back),
		cmocka_unit_test(what_is_not_known_is_null),
		cmocka_unit_test(a_kind_of_a_later_release_is_passed_over),
		cmocka_unit_test(the_remedy_names_the_group),
		cmocka_unit_test(there_is_one_of_a_kind_for_a_group),
		cmocka_unit_test(what_does_not_fit_is_counted),
		cmocka_unit_test(critical_ones_come_first),
		cmocka_unit_test(
			an_alarm_is_raised_once_on_coming_and_once_on_going),
		cmocka_unit_test(what_ends_by_itself_is_not_told),
		cmocka_unit_test(they_lie_behind_the_figures),
		cmocka_unit_test(what_another_process_wrote_is_not_believed),
	};

	return cmocka_run_group_tests_name("finding", tests, NULL, NULL);
}
