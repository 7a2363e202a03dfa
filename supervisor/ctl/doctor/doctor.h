#ifndef OMQ_DOCTOR_H
#define OMQ_DOCTOR_H

#include <stdbool.h>

struct settings;

/* Look for dangers to the promises of ordermq: in the set-up of Redis, in the
   rights of the configured user, and in the entries that have piled up. It
   changes nothing. */

/* Exit statuses. */
#define DOCTOR_EXIT_OK 0
#define DOCTOR_EXIT_WARN 1
#define DOCTOR_EXIT_FAIL 2
#define DOCTOR_EXIT_SILENT 3 /* Redis did not answer */

/* Print a line for each finding on stdout. Returns an exit status. */
int doctor_run(const struct settings *settings, bool as_json);

#endif
