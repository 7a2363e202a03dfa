#ifndef OMQ_DOCTOR_H
#define OMQ_DOCTOR_H

#include <stdbool.h>

struct settings;

/* Find what stands between this installation and what ordermq promises: how
   Redis is set up, what the configured user may do there, and what has piled
   up. It changes nothing. */

/* Exit statuses. */
#define DOCTOR_EXIT_OK 0
#define DOCTOR_EXIT_WARN 1
#define DOCTOR_EXIT_FAIL 2
#define DOCTOR_EXIT_SILENT 3 /* Redis did not answer */

/* Print a line for each finding on stdout. Returns an exit status. */
int doctor_run(const struct settings *settings, bool as_json);

#endif
