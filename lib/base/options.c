/* The command line of a program by a table. main() calls it first, with a table
   of its own; nothing is read or opened before. */

#include "config.h"

#include "lib/base/options.h"

#include "lib/base/err.h"
#include "lib/base/num.h"
#include "lib/base/when.h"

#include <getopt.h>
#include <stdbool.h>
#include <string.h>

/* Where the descriptions of --help begin, and where a line of it ends. */
#define HELP_COLUMN 23
#define HELP_WIDTH 79

/* What getopt_long() returns for the first row; the letters lie below. */
#define ROW_FIRST 256

struct options_row options_flag(char letter, const char *name, const char *help,
				bool *to)
{
	return (struct options_row){ OPTIONS_FLAG, letter, name, NULL, help,
				     to,           0,      0,    NULL };
}

struct options_row options_text(char letter, const char *name, const char *arg,
				const char *help, const char **to)
{
	return (struct options_row){ OPTIONS_TEXT, letter, name, arg, help,
				     to,           0,      0,    NULL };
}

struct options_row options_texts(char letter, const char *name, const char *arg,
				 const char *help, const char **to)
{
	struct options_row row = options_text(letter, name, arg, help, to);

	row.kind = OPTIONS_TEXTS;
	return row;
}

struct options_row options_number(char letter, const char *name,
				  const char *arg, const char *help,
				  int64_t *to, int64_t min, int64_t max)
{
	return (struct options_row){
		OPTIONS_NUMBER, letter, name, arg, help, to, min, max, NULL
	};
}

struct options_row options_duration(char letter, const char *name,
				    const char *arg, const char *help,
				    int64_t *to, int64_t min, int64_t max)
{
	return (struct options_row){
		OPTIONS_DURATION, letter, name, arg, help, to, min, max, NULL
	};
}

struct options_row options_moment(char letter, const char *name,
				  const char *arg, const char *help,
				  int64_t *to)
{
	return (struct options_row){
		OPTIONS_MOMENT, letter, name, arg, help, to, 0, 0, NULL
	};
}

struct options_row options_take(char letter, const char *name, const char *arg,
				const char *help, options_take_fn *take,
				void *to)
{
	return (struct options_row){ OPTIONS_TAKE, letter, name, arg, help,
				     to,           0,      0,    take };
}

struct options_row options_heading(const char *help)
{
	return (struct options_row){
		OPTIONS_HEADING, 0, NULL, NULL, help, NULL, 0, 0, NULL
	};
}

struct options_row options_end(void)
{
	return (struct options_row){ 0 };
}

/* The rows as getopt_long() wants them. */
struct options_words {
	struct option longs[OPTIONS_MAX + 3];
	char shorts[2 * OPTIONS_MAX + 5];
};

static void words_add(struct options_words *words, int i,
		      const struct options_row *row, int value)
{
	char *letter = words->shorts + strlen(words->shorts);

	words->longs[i] = (struct option){
		.name = row->name,
		.has_arg = row->arg == NULL ? no_argument : required_argument,
		.val = value,
	};
	if (row->letter != '\0')
		*letter++ = row->letter;
	if (row->letter != '\0' && row->arg != NULL)
		*letter++ = ':';
}

/* What every program has. */
static const struct options_row rows_of_all[] = {
	{ OPTIONS_FLAG, 'h', "help", NULL, "print this text", NULL, 0, 0,
	  NULL },
	{ OPTIONS_FLAG, 'V', "version", NULL, "print the version", NULL, 0, 0,
	  NULL },
};

static void words_make(struct options_words *words,
		       const struct options *options)
{
	const struct options_row *rows = options->rows;
	int count = 0;

	*words = (struct options_words){ .shorts = ":" };
	if (options->to_first_operand)
		memcpy(words->shorts, "+:", sizeof("+:"));
	for (int i = 0; rows[i].kind != OPTIONS_END; i++) {
		if (rows[i].kind != OPTIONS_HEADING)
			words_add(words, count++, &rows[i], ROW_FIRST + i);
	}
	for (int i = 0; options->usage != NULL && i < 2; i++)
		words_add(words, count++, &rows_of_all[i],
			  rows_of_all[i].letter);
}

static const struct options_row *row_of(const struct options_row *rows,
					int value)
{
	if (value >= ROW_FIRST)
		return &rows[value - ROW_FIRST];
	while (rows->letter != value)
		rows++;
	return rows;
}

static int number_take(const struct options_row *row, const char *text,
		       struct err *err)
{
	int64_t number;

	if (num_parse(text, strlen(text), &number) < 0 || number < row->min ||
	    number > row->max)
		return err_set(err, ERR_REJECT,
			       "a whole number from %lld to %lld is needed",
			       (long long)row->min, (long long)row->max);
	*(int64_t *)row->value = number;
	return 0;
}

static int duration_take(const struct options_row *row, const char *text,
			 struct err *err)
{
	char most[NUM_TEXT_MAX];
	int64_t msecs;

	if (num_parse_duration(text, &msecs) < 0 || msecs < row->min)
		return err_set(err, ERR_REJECT,
			       "a duration such as 30s or 7d is needed");
	if (msecs > row->max)
		return err_set(err, ERR_REJECT,
			       "a duration of at most %s is needed",
			       num_format_duration(row->max, most));
	*(int64_t *)row->value = msecs;
	return 0;
}

static void texts_add(const char **texts, const char *text)
{
	while (*texts != NULL)
		texts++;
	*texts = text;
}

static int row_take(const struct options_row *row, const char *text,
		    struct err *err)
{
	switch (row->kind) {
	case OPTIONS_TEXT:
		*(const char **)row->value = text;
		return 0;
	case OPTIONS_TEXTS:
		texts_add(row->value, text);
		return 0;
	case OPTIONS_FLAG:
		*(bool *)row->value = true;
		return 0;
	case OPTIONS_NUMBER:
		return number_take(row, text, err);
	case OPTIONS_DURATION:
		return duration_take(row, text, err);
	case OPTIONS_MOMENT:
		return when_parse(text, row->value) == 0
			       ? 0
			       : err_set(err, ERR_REJECT,
					 "a time such as 2026-11-11T00:00:00Z "
					 "is needed");
	case OPTIONS_TAKE:
		return row->take(row->value, text, err);
	case OPTIONS_HEADING:
	case OPTIONS_END:
		break;
	}
	return 0;
}

/* What getopt_long() did not understand. Of a letter it says which, of a word
   only that it was the last one; and which row it is, where it takes no
   value. */
static int word_reject(const struct options_words *words, int value,
		       const char *word, struct err *err)
{
	const char letter[] = { '-', (char)optopt, '\0' };
	const bool is_letter = optopt > 0 && optopt < ROW_FIRST;

	for (int i = 0; value == '?' && words->longs[i].name != NULL; i++) {
		if (words->longs[i].val == optopt)
			return err_set(err, ERR_REJECT, "--%s: takes no value",
				       words->longs[i].name);
	}
	return err_set(err, ERR_REJECT, "%s: %s", is_letter ? letter : word,
		       value == ':' ? "its argument is missing"
				    : "no such option");
}

/* Returns as options_parse(), but 0 to go on. */
static int value_take(const struct options *options, int value, struct err *err)
{
	const struct options_row *row;

	if (options->usage != NULL && value == 'h') {
		options_print_help(options, stdout);
		return 1;
	}
	if (options->usage != NULL && value == 'V') {
		(void)printf("%s %s\n", options->program, PACKAGE_VERSION);
		return 1;
	}
	row = row_of(options->rows, value);
	return row_take(row, optarg, err) < 0
		       ? err_wrap(err, "--%s: %s", row->name, optarg)
		       : 0;
}

int options_parse(const struct options *options, int argc, char **argv,
		  int *operand_r, struct err *err)
{
	struct options_words words;
	int value, ret;

	words_make(&words, options);
	optind = 0; /* begin anew */
	opterr = 0;
	while ((value = getopt_long(argc, argv, words.shorts, words.longs,
				    NULL)) != -1) {
		ret = value == '?' || value == ':'
			      ? word_reject(&words, value, argv[optind - 1],
					    err)
			      : value_take(options, value, err);
		if (ret != 0)
			return ret;
	}
	*operand_r = optind;
	return 0;
}

/* The description behind what stands in the columns up to column, in lines of
   HELP_WIDTH. */
static void help_print(const char *help, int column, FILE *out)
{
	while (*help != '\0') {
		const int length = (int)strcspn(help, " ");

		if (column > HELP_COLUMN && column + 1 + length > HELP_WIDTH) {
			(void)fputc('\n', out);
			column = 0;
		}
		if (column < HELP_COLUMN)
			column += fprintf(out, "%*s", HELP_COLUMN - column, "");
		else
			column += fprintf(out, " ");
		column += fprintf(out, "%.*s", length, help);
		help += length;
		help += strspn(help, " ");
	}
	(void)fputc('\n', out);
}

static void row_print(const struct options_row *row, FILE *out)
{
	int column;

	if (row->kind == OPTIONS_HEADING)
		(void)fprintf(out, "%s\n", row->help);
	if (row->kind == OPTIONS_HEADING || row->help == NULL)
		return;
	column = row->letter == '\0' ? fprintf(out, "      ")
				     : fprintf(out, "  -%c, ", row->letter);
	column +=
		fprintf(out, "--%s%s%s", row->name, row->arg == NULL ? "" : " ",
			row->arg == NULL ? "" : row->arg);
	if (column >= HELP_COLUMN) {
		(void)fputc('\n', out);
		column = 0;
	}
	help_print(row->help, column, out);
}

void options_print_help(const struct options *options, FILE *out)
{
	(void)fputs(options->usage, out);
	for (const struct options_row *row = options->rows;
	     row->kind != OPTIONS_END; row++)
		row_print(row, out);
	for (int i = 0; i < 2; i++)
		row_print(&rows_of_all[i], out);
	if (options->more != NULL)
		(void)fputs(options->more, out);
}
