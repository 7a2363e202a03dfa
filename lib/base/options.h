#ifndef OMQ_OPTIONS_H
#define OMQ_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct err;

/* The command line of a program, read by one table: each row says how an option
   is spelt, what it takes, where that goes, and what --help says about it. The
   options --help (-h) and --version (-V) need no row. */

enum options_kind {
	OPTIONS_END,
	OPTIONS_HEADING,
	OPTIONS_FLAG,
	OPTIONS_TEXT,
	OPTIONS_TEXTS,
	OPTIONS_NUMBER,
	OPTIONS_DURATION,
	OPTIONS_MOMENT,
	OPTIONS_TAKE,
};

/* Take the text of an option. Returns 0; or -1 with ERR_REJECT and what would
   have been right. */
typedef int options_take_fn(void *value, const char *text, struct err *err);

/* To be made by the functions below. */
struct options_row {
	enum options_kind kind;
	char letter;
	const char *name;
	const char *arg;
	const char *help;
	void *value;
	int64_t min, max;
	options_take_fn *take;
};

/* A row for each kind of option. letter: 0 for none. name: without dashes. arg:
   what --help calls the value. help: NULL hides the option. The value goes to
   *to when the option is given. */
struct options_row options_flag(char letter, const char *name, const char *help,
				bool *to);
/* The text itself, borrowed from argv. */
struct options_row options_text(char letter, const char *name, const char *arg,
				const char *help, const char **to);
/* A text that may be given several times: each goes behind those before it in
   to, an array that ends with NULL and has room for argc texts. */
struct options_row options_texts(char letter, const char *name, const char *arg,
				 const char *help, const char **to);

/* A whole number from min to max. */
struct options_row options_number(char letter, const char *name,
				  const char *arg, const char *help,
				  int64_t *to, int64_t min, int64_t max);
/* A duration such as "30s", in milliseconds, from min to max. */
struct options_row options_duration(char letter, const char *name,
				    const char *arg, const char *help,
				    int64_t *to, int64_t min, int64_t max);
/* A moment such as "2026-11-11T00:00:00Z", in milliseconds since 1970. */
struct options_row options_moment(char letter, const char *name,
				  const char *arg, const char *help,
				  int64_t *to);
/* Whatever take() makes of the text. */
struct options_row options_take(char letter, const char *name, const char *arg,
				const char *help, options_take_fn *take,
				void *to);
/* No option: a line of --help. */
struct options_row options_heading(const char *help);
/* The last row of a table, which has at most OPTIONS_MAX others. */
#define OPTIONS_MAX 40
struct options_row options_end(void);
struct options {
	const char *program;
	/* What --help says before the options; NULL: --help and --version are
	   rows of the program's own. */
	const char *usage;
	const char *more; /* what it says behind them; may be NULL */
	const struct options_row *rows;
	bool to_first_operand; /* options behind it are for another table */
};

/* Read argv, which is put in order: options first. Returns
    0 and the index of the first operand (argc: there is none);
    1 when --help or --version was asked for, and is printed;
   -1 with ERR_REJECT: "--rate: 12x: a number is needed". */
int options_parse(const struct options *options, int argc, char **argv,
		  int *operand_r, struct err *err);

/* Print what --help does. */
void options_print_help(const struct options *options, FILE *out);

#endif
