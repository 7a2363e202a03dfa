/* The rights that ordermq(7) asks for: enough for everything, needed for
   something, and known to doctor. */

#include "config.h"

#include "tests/fixtures/ctl_fixture.h"

#include <ctype.h>
#include <glob.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>

#include <cmocka.h>

#define RULES_MAX 100
#define RULE_BYTES 64

static struct worker points, push, xread;

/* The words of "ACL SETUSER" in the manual page, with a password of ours. */
static char rules[RULES_MAX][RULE_BYTES];
static size_t rule_count;

/* Commands in the source: "xack", "xinfo|stream". */
static char used[RULES_MAX][RULE_BYTES];
static size_t used_count;

/* A line of the manual page as it is shown. */
static void line_take(char *line)
{
	char *word, *rest = line, *at = line;

	for (char *from = line; *from != '\0'; from++) {
		if (*from != '\\')
			*at++ = *from;
	}
	*at = '\0';
	while ((word = strtok_r(rest, " \n", &rest)) != NULL) {
		assert_in_range(rule_count, 0, RULES_MAX - 2);
		(void)snprintf(rules[rule_count++], RULE_BYTES, "%s",
			       strcmp(word, ">PASSWORD") == 0 ? ">s3cret"
							      : word);
	}
}

static void rules_read(void)
{
	FILE *in = fopen(SOURCE_DIR "/man/ordermq.7", "re");
	bool inside = false;
	char line[256];

	assert_non_null(in);
	rule_count = 0;
	while (fgets(line, sizeof(line), in) != NULL) {
		inside = (inside || strncmp(line, "ACL SETUSER ", 12) == 0) &&
			 strncmp(line, ".Ed", 3) != 0;
		if (inside)
			line_take(line);
	}
	(void)fclose(in);
	assert_in_range(rule_count, 10, RULES_MAX);
}

/* A user that has just these, and programs that log in as him. */
static int open_restricted(void **state)
{
	struct text words[RULES_MAX];
	char more[4 * SHOP_PATH_BYTES], path[2 * SHOP_PATH_BYTES];
	const struct shop *shop;
	FILE *file;

	if (shop_open(state) != 0)
		return -1;
	shop = *state;
	rules_read();
	for (size_t i = 0; i < rule_count; i++)
		words[i] = text_of(rules[i]);
	assert_false(reply_is_error(
		redis_fixture_call(shop->redis, words, rule_count)));
	(void)snprintf(path, sizeof(path), "%s/password", shop->dir);
	file = fopen(path, "we");
	assert_non_null(file);
	(void)fputs("s3cret\n", file);
	assert_int_equal(fchmod(fileno(file), 0600), 0);
	(void)fclose(file);
	(void)snprintf(more, sizeof(more),
		       "user = \"%s\"; password_file = \"%s\";", rules[2],
		       path);
	shop_configure(shop, more, "", "");
	return 0;
}

static void nothing_was_denied(const struct shop *shop)
{
	const struct reply *log =
		redis_fixture_command(shop->redis, "ACL", "LOG", NULL);
	const struct reply *first = reply_at(log, 0);

	if (reply_count(log) > 0)
		fail_msg("denied: %s, to %s",
			 reply_text(reply_field(first, "object")).data,
			 reply_text(reply_field(first, "client-info")).data);
}

static bool points_has_died(void *data)
{
	return shop_number(data, "points", "books", "rejected") > 0;
}

static void the_services_need_no_more(void **state)
{
	struct shop *shop = *state;

	worker_start(&points, shop, "points", 1, "web1");
	worker_start(&push, shop, "push", 1, "web1");
	worker_start(&xread, shop, "xread", 1, "web1");
	shop_orders(shop, 1, 10);
	(void)shop_publish(shop, "orderno", "B-1", "amount", "12x", NULL);
	shop_await_done(shop, "points");
	shop_await_done(shop, "push");
	until(points_has_died, shop, "one is dead");
	/* What is left behind is taken over, and what it leaves is released. */
	worker_kill(&points);
	shop_orders_read_by(shop, 11, 10, "points", "points-7@web1");
	worker_start(&points, shop, "points", 2, "web1");
	shop_await_done(shop, "points");
	shop_check_points(shop, 20);
	assert_int_equal(worker_stop(&points), 0);
	assert_int_equal(worker_stop(&push), 0);
	assert_int_equal(worker_stop(&xread), 0);
	nothing_was_denied(shop);
}

static void publish(const struct shop *shop, const char *how)
{
	static struct program order;
	const char *argv[] = { "bin/ordermq-order", "-c", shop->conf, how,
			       "orderno=C-1",       NULL };

	program_run(&order, argv, "");
	if (order.status != EX_OK)
		fail_msg("%s", order.err);
}

static void sell(const struct shop *shop, const char *const *words)
{
	static struct program seckill;
	const char *argv[16] = { "bin/ordermq-seckill", "-c", shop->conf };

	for (size_t i = 0; words[i] != NULL; i++)
		argv[3 + i] = words[i];
	program_run(&seckill, argv, "");
	if (seckill.status != EX_OK)
		fail_msg("%s", seckill.err);
}

static bool nothing_comes_back(void *data)
{
	const struct shop *shop = data;

	return redis_fixture_integer(shop->redis, "XLEN",
				     "{ordermq}:points:replay", NULL) == 0;
}

#define run(...) assert_int_equal(ctl_run_on(shop, __VA_ARGS__, NULL), EX_OK)

static void every_verb_needs_no_more(void **state)
{
	struct shop *shop = *state;

	worker_start(&points, shop, "points", 1, "web1");
	worker_start(&push, shop, "push", 1, "web1");
	shop_orders(shop, 1, 10);
	publish(shop, "--atomic");
	publish(shop, "--once");
	sell(shop, (const char *[]){ "load", "V", "1", "--ends",
				     "2999-01-01T00:00:00Z", NULL });
	sell(shop, (const char *[]){ "buy", "V", "1", "V-1", NULL });
	sell(shop, (const char *[]){ "load", "V", "2", "--replace", NULL });
	sell(shop, (const char *[]){ "status", "V", NULL });
	(void)shop_publish(shop, "orderno", "B-1", "amount", "12x", NULL);
	shop_await_done(shop, "points");
	shop_await_done(shop, "push");
	/* Without ordermqd. */
	assert_int_equal(ctl_run_on(shop, "status", "points", "--json", NULL),
			 EX_UNAVAILABLE);
	(void)ctl_records();
	assert_string_equal(ctl_value(2, "lag"), "0");
	assert_string_equal(ctl_value(2, "dead_letters"), "1");
	assert_true(atoi(ctl_value(2, "dead_letters_bytes")) > 0);
	(void)ctl_run_on(shop, "check", NULL);
	run("pending", "points");
	run("order", "A-1");
	run("entries", "--from", "1h");
	run("points", "1");
	run("dead", "list", "ALL");
	run("dead", "export", "points", "ALL");
	run("dead", "replay", "points", "ALL");
	run("replay", "points", "--from", "1h");
	run("replay", "points", "--from", "1h", "--execute");
	run("pending", "points");
	until(nothing_comes_back, shop, "what came back is settled");
	run("dead", "drop", "ALL", "ALL");
	run("verify", "points", "push", "--push-log", shop->push_file);
	assert_in_range(ctl_run_on(shop, "doctor", NULL), 1, 2);
	assert_non_null(strstr(ctl.out, "ok    rights of points: user "));
	assert_non_null(strstr(ctl.out, "ok    rights of ordermqctl: user "));
	assert_non_null(strstr(ctl.out, "ok    rights to publish: user "));
	assert_non_null(strstr(ctl.out, "ok    rights to publish once: user "));
	assert_non_null(strstr(ctl.out, "ok    rights of a flash sale: user "));
	assert_null(strstr(ctl.out, "not told"));
	ctl_start(shop, "entries", "-f", "--from", "1h", NULL);
	(void)kill(ctl.pid, SIGTERM);
	program_finish(&ctl);
	nothing_was_denied(shop);
}

/* "xack" as doctor writes it: "XACK"; "xinfo|stream": "XINFO STREAM". */
static const char *doctor_word(const char *rule)
{
	static char word[RULE_BYTES];
	size_t i;

	for (i = 0; rule[i] != '\0'; i++)
		word[i] = rule[i] == '|' ? ' ' : (char)toupper(rule[i]);
	word[i] = '\0';
	return word;
}

static void doctor_misses_each_of_them(void **state)
{
	const struct shop *shop = *state;
	char less[RULE_BYTES];

	for (size_t i = 0; i < rule_count; i++) {
		/* Without these there is nothing to tell at all. */
		if (rules[i][0] != '+' || strncmp(rules[i], "+acl", 4) == 0 ||
		    strcmp(rules[i], "+ping") == 0)
			continue;
		(void)snprintf(less, sizeof(less), "-%s", rules[i] + 1);
		(void)redis_fixture_command(shop->redis, "ACL", "SETUSER",
					    rules[2], less, NULL);
		(void)ctl_run_on(shop, "doctor", NULL);
		if (strstr(ctl.out, "may not: ") == NULL ||
		    strstr(ctl.out, doctor_word(rules[i] + 1)) == NULL)
			fail_msg("%s: not missed: %s%s", rules[i], ctl.out,
				 ctl.err);
		(void)redis_fixture_command(shop->redis, "ACL", "SETUSER",
					    rules[2], rules[i], NULL);
	}
}

static void used_add(const char *rule)
{
	for (size_t i = 0; i < used_count; i++) {
		if (strcmp(used[i], rule) == 0)
			return;
	}
	assert_in_range(used_count, 0, RULES_MAX - 1);
	(void)snprintf(used[used_count++], RULE_BYTES, "%s", rule);
}

static bool is_container(const char *word)
{
	static const char *const words[] = { "xinfo",  "xgroup", "script",
					     "memory", "config", "acl" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i], word) == 0)
			return true;
	}
	return false;
}

static bool is_command(const struct shop *shop, const char *word)
{
	const struct reply *info = redis_fixture_command(shop->redis, "COMMAND",
							 "INFO", word, NULL);

	return reply_count(reply_at(info, 0)) > 0;
}

/* A quoted word in capitals, in small letters; it may follow a container, which
   is then empty again. */
static void word_take(const struct shop *shop, const char *word,
		      char *container)
{
	char rule[2 * RULE_BYTES];

	if (container[0] != '\0') {
		(void)snprintf(rule, sizeof(rule), "%s|%s", container, word);
		container[0] = '\0';
		used_add(rule);
	} else if (is_container(word)) {
		(void)strcpy(container, word);
	} else if (is_command(shop, word)) {
		used_add(word);
	}
}

static void file_take(const struct shop *shop, const char *path)
{
	static char source[64 * 1024];
	char word[RULE_BYTES], container[RULE_BYTES] = "";
	FILE *in = fopen(path, "re");

	assert_non_null(in);
	source[fread(source, 1, sizeof(source) - 1, in)] = '\0';
	(void)fclose(in);
	for (char *at = source; (at = strpbrk(at, "'\"")) != NULL; at++) {
		size_t length = strspn(at + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");

		if (length < 3 || length >= RULE_BYTES || at[length + 1] != *at)
			continue;
		for (size_t i = 0; i < length; i++)
			word[i] = (char)tolower(at[1 + i]);
		word[length] = '\0';
		word_take(shop, word, container);
		at += length + 1;
	}
}

/* The list itself, and what has a server of its own, have no need of rights. */
static bool is_left_out(const char *path)
{
	return strstr(path, "/doctor_rights.c") != NULL ||
	       strstr(path, "/show/") != NULL;
}

static void sources_take(const struct shop *shop)
{
	static const char *const patterns[] = {
		"lib/*/*.c",          "lib/scripts/*.lua",
		"consumers/*.c",      "consumers/*.lua",
		"producers/*/*.c",    "producers/*/*.lua",
		"supervisor/*/*.c",   "supervisor/*/*.lua",
		"supervisor/*/*/*.c", "supervisor/*/*/*.lua",
	};
	glob_t files;

	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		char pattern[512];

		(void)snprintf(pattern, sizeof(pattern), SOURCE_DIR "/%s",
			       patterns[i]);
		assert_int_equal(glob(pattern, 0, NULL, &files), 0);
		for (size_t n = 0; n < files.gl_pathc; n++) {
			if (!is_left_out(files.gl_pathv[n]))
				file_take(shop, files.gl_pathv[n]);
		}
		globfree(&files);
	}
}

static bool has_rule(const char *command)
{
	for (size_t i = 0; i < rule_count; i++) {
		if (rules[i][0] == '+' && strcmp(rules[i] + 1, command) == 0)
			return true;
	}
	return false;
}

/* What needs no right; and capitals that are no commands: the first word of an
   error, the head of a column. */
static bool is_free(const char *command)
{
	return strcmp(command, "auth") == 0 ||
	       strcmp(command, "readonly") == 0 || strcmp(command, "type") == 0;
}

static void they_are_the_commands_in_the_source(void **state)
{
	const struct shop *shop = *state;

	used_count = 0;
	/* Of the file that is left out. */
	used_add("acl|dryrun");
	used_add("acl|whoami");
	sources_take(shop);
	for (size_t i = 0; i < used_count; i++) {
		if (!is_free(used[i]) && !has_rule(used[i]))
			fail_msg("%s is used, and not in ordermq(7)", used[i]);
	}
	for (size_t i = 0; i < rule_count; i++) {
		bool found = rules[i][0] != '+';

		for (size_t n = 0; n < used_count; n++)
			found = found || strcmp(used[n], rules[i] + 1) == 0;
		if (!found)
			fail_msg("%s is in ordermq(7), and not used", rules[i]);
	}
}

#define restricted(test)                                                       \
	cmocka_unit_test_setup_teardown(test, open_restricted, ctl_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		restricted(the_services_need_no_more),
		restricted(every_verb_needs_no_more),
		restricted(doctor_misses_each_of_them),
		restricted(they_are_the_commands_in_the_source),
	};

	if (redis_fixture_skip_all())
		return 0;
	return cmocka_run_group_tests_name("rights", tests, NULL, NULL);
}
