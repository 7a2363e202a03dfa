#ifndef OMQ_DOCTOR_H
#define OMQ_DOCTOR_H

#include <stdbool.h>

struct settings;

/* What stands between this installation and what ordermq promises: how Redis is
   set up, what we may do there, and what has piled up. Only asks. */

/* Exit statuses. */
#define DOCTOR_EXIT_OK 0
#define DOCTOR_EXIT_WARN 1
#define DOCTOR_EXIT_FAIL 2
#define DOCTOR_EXIT_SILENT 3 /* Redis did not answer */

/* Print a line for each thing on stdout. Returns an exit status. */
int doctor_run(const struct settings *settings, bool as_json);

#endif
