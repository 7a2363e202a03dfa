#ifndef OMQ_SETTINGS_TABLE_H
#define OMQ_SETTINGS_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

/* The one table of every key in the configuration file. The defaults, the
   parser, the commented default file and the check of the manual page work from
   it. */

enum setting_kind {
	SETTING_TEXT,     /* in quotes; min and max bytes */
	SETTING_TEMPLATE, /* a text in which line breaks are allowed */
	SETTING_WORD,     /* in quotes; one of words, kept as text */
	SETTING_CHOICE,   /* in quotes; one of words, kept as a number */
	SETTING_INTEGER,
	SETTING_POWER,    /* an integer that is a power of ten */
	SETTING_DURATION, /* in quotes, with a unit; kept in milliseconds */
	SETTING_SIZE,     /* in quotes, with a unit; kept in bytes */
	SETTING_AMOUNT,   /* one field's name; also a section */
	SETTING_FACTORS,  /* a list of field names */
	SETTING_NAMES,    /* a list of names, empty at first */
	SETTING_KIND_COUNT,
};

struct setting {
	const char *path; /* "redis.url"; "groups." for a group's keys */
	enum setting_kind kind;
	/* The place in struct settings, or in struct settings_group for a key
	   of each group. */
	size_t offset;
	size_t bytes;
	const char *preset; /* as in the file, without quotes; NULL: required */
	int64_t min;
	int64_t max;
	const char *unit;    /* of an integer: "entries" */
	const char *words;   /* "auto, syslog, stderr" */
	const char *program; /* the only program that obeys it; NULL: all */
	/* The number that a word of words stands for; NULL: its place among
	   them, counted from 0. */
	int (*find)(const char *word);
	int (*check)(const char *text, struct err *err);
	const char *help;
};

/* All keys, in the order of the default file; a row with path NULL is the
   last. */
extern const struct setting settings_table[];

/* The key of that path, or NULL. */
const struct setting *setting_find(const char *path);

/* The first key in the section of that path ("redis"); NULL when there is no
   such section. */
const struct setting *setting_section(const char *path);

/* True for a key of each group; its offset is in struct settings_group. */
bool setting_is_of_group(const struct setting *key);

/* The form of its value in the file, for a person: "a whole number". */
const char *setting_form(const struct setting *key);

/* A number that changes whenever a key is added, moved or resized, so that
   settings of another version are recognised. */
uint64_t settings_layout(void);

#endif
