#ifndef OMQ_SETTINGS_PRINT_H
#define OMQ_SETTINGS_PRINT_H

#include <stdio.h>

/* How settings_print_defaults() (lib/settings/settings.h) writes. */

#define SETTINGS_PRINT_COLUMNS 79

/* Print the words of text in lines of at most SETTINGS_PRINT_COLUMNS, each
   after prefix. A word longer than that gets a line of its own. */
void settings_print_wrapped(FILE *out, const char *prefix, const char *text);

#endif
