/* The text of a configuration file before libconfig sees it: reading it, and
   finding what libconfig would read wrongly or die of. conf.c calls it in the
   child; conf_tree.c comes after. */

#include "config.h"

#include "lib/settings/conf_file.h"

#include "lib/settings/conf_complaints.h"
#include "lib/base/text.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Every integer of at most that many digits fits an int; with "L" behind it, an
   int64. */
#define INT_DIGITS_MAX 9
#define INT64_DIGITS_MAX 18

/* Read to the end of fd, or to the limit and one byte more. Returns the length,
   or -1. */
static ssize_t read_all(int fd, char *text)
{
	size_t length = 0;

	while (length <= CONF_FILE_BYTES_MAX) {
		ssize_t got = read(fd, text + length,
				   CONF_FILE_BYTES_MAX + 1 - length);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		length += (size_t)got;
	}
	return (ssize_t)length;
}

static char *read_regular(int fd, size_t *length_r,
			  struct conf_complaints *complaints)
{
	char *text = NULL;
	struct stat st;
	ssize_t length;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		conf_complain(complaints, 0, "is no regular file");
		return NULL;
	}
	text = calloc(1, CONF_FILE_BYTES_MAX + 2);
	length = text == NULL ? -1 : read_all(fd, text);
	if (length < 0)
		conf_complain(complaints, 0, "cannot be read: %s",
			      strerror(errno));
	else if ((size_t)length > CONF_FILE_BYTES_MAX)
		conf_complain(complaints, 0, "is larger than 1MiB");
	else {
		*length_r = (size_t)length;
		return text;
	}
	free(text);
	return NULL;
}

char *conf_file_read(const char *path, size_t *length_r,
		     struct conf_complaints *complaints)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	char *text;

	if (fd < 0) {
		conf_complain(complaints, 0, "cannot be opened: %s",
			      strerror(errno));
		return NULL;
	}
	text = read_regular(fd, length_r, complaints);
	(void)close(fd);
	return text;
}

/* A walk over the text, which is terminated. */
struct scan {
	const char *at;
	unsigned int line;
	struct conf_complaints *complaints;
};

static void scan_step(struct scan *scan)
{
	scan->line += *scan->at == '\n';
	scan->at++;
}

/* Is every byte part of a character, and none a NUL? */
static int scan_bytes(const char *text, size_t length,
		      struct conf_complaints *complaints)
{
	struct text rest = { text, length };
	unsigned int line = 1;

	while (rest.length > 0) {
		size_t bytes = text_utf8_length(rest);

		if (bytes == 0 || *rest.data == '\0') {
			conf_complain(complaints, line,
				      bytes == 0 ? "no valid UTF-8"
						 : "a NUL byte");
			return -1;
		}
		line += *rest.data == '\n';
		rest.data += bytes;
		rest.length -= bytes;
	}
	return 0;
}

/* To the end of the line. */
static void scan_comment(struct scan *scan)
{
	while (*scan->at != '\0' && *scan->at != '\n')
		scan->at++;
}

static void scan_long_comment(struct scan *scan)
{
	unsigned int begin = scan->line;

	for (scan->at += 2; *scan->at != '\0'; scan_step(scan)) {
		if (strncmp(scan->at, "*/", 2) == 0) {
			scan->at += 2;
			return;
		}
	}
	conf_complain(scan->complaints, begin,
		      "the comment that begins here has no end");
}

/* libconfig would silently end the string at \x00. */
static void scan_escape(struct scan *scan)
{
	if (strncmp(scan->at, "\\x00", 4) == 0)
		conf_complain(scan->complaints, scan->line,
			      "a NUL byte (\\x00)");
	scan->at++;
	if (*scan->at != '\0')
		scan_step(scan);
}

static void scan_string(struct scan *scan)
{
	unsigned int begin = scan->line;

	scan->at++;
	while (*scan->at != '\0' && *scan->at != '"') {
		if (*scan->at == '\\')
			scan_escape(scan);
		else
			scan_step(scan);
	}
	if (*scan->at == '"')
		scan->at++;
	else
		conf_complain(scan->complaints, begin,
			      "the text that begins here has no closing quote");
}

static bool is_word_byte(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '*' || c == '-';
}

static void scan_word(struct scan *scan)
{
	while (is_word_byte(*scan->at))
		scan->at++;
}

/* Why libconfig would not read the number at text as it is written. NULL: it
   would, or the type of the number is wrong anyway (1.5, 1e3). */
static const char *number_fault(const char *text)
{
	size_t digits = strspn(text, "0123456789");
	char next = text[digits];

	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
		return "write numbers in decimal";
	if (next == '.' || next == 'e' || next == 'E')
		return NULL;
	if (text[0] == '0' && digits > 1)
		return "write numbers without leading zeroes";
	if (digits > INT64_DIGITS_MAX)
		return "no number has more than 18 digits here";
	if (digits > INT_DIGITS_MAX && next != 'L')
		return "write an \"L\" behind a number of more than 9 digits";
	return NULL;
}

static void scan_number(struct scan *scan)
{
	const char *fault = number_fault(scan->at);

	if (fault != NULL)
		conf_complain_number(scan->complaints, scan->line, fault);
	while (isalnum((unsigned char)*scan->at) || *scan->at == '.')
		scan->at++;
}

/* Pass one token, or one byte between two tokens. */
static int scan_token(struct scan *scan)
{
	char c = *scan->at;

	if (c == '@') {
		conf_complain(scan->complaints, scan->line,
			      "@include is not supported");
		scan->at++;
		return -1;
	}
	if (c == '#' || strncmp(scan->at, "//", 2) == 0)
		scan_comment(scan);
	else if (strncmp(scan->at, "/*", 2) == 0)
		scan_long_comment(scan);
	else if (c == '"')
		scan_string(scan);
	else if (isdigit((unsigned char)c))
		scan_number(scan);
	else if (isalpha((unsigned char)c) || c == '*')
		scan_word(scan);
	else
		scan_step(scan);
	return 0;
}

int conf_file_scan(const char *text, size_t length,
		   struct conf_complaints *complaints)
{
	struct scan scan = { text, 1, complaints };
	int result = scan_bytes(text, length, complaints);

	/* A NUL ends the walk early; what stands behind it is not looked at,
	   by nobody. */
	while (*scan.at != '\0') {
		if (scan_token(&scan) < 0)
			result = -1;
	}
	return result;
}
