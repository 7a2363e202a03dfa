#ifndef OMQ_TESTS_CONF_FIXTURE_H
#define OMQ_TESTS_CONF_FIXTURE_H

#include "lib/settings/settings.h"

#include <stddef.h>

/* Configuration files for tests: written as "t.conf" in a directory of our own,
   so that complaints begin with that name. Everything fails the running test
   where it is not as it should be. */

/* What every good file needs, in one line. */
#define RUN "groups = ({ name = \"points\"; program = \"points\"; });\n"

/* What was loaded last. */
extern struct settings set;

/* For cmocka's group: enter and leave the directory. */
int conf_fixture_enter(void **state);
int conf_fixture_leave(void **state);

/* Write t.conf. */
void write_bytes(const char *bytes, size_t length);

/* Text is a good file; set holds what it says. */
void accept_file(const char *text);

/* The file at path is refused, and these are all the complaints. */
void refuse_path(const char *path, const char *complaints);

/* The same for a file of this text. */
void refuse(const char *text, const char *complaints);

/* The same, with a group to run in the line behind text. */
void refuse_setting(const char *text, const char *complaints);

/* The same for a setting in group "p" of program push; text is line 2. */
void refuse_in_group(const char *text, const char *complaints);

#endif
