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

/* Print a line for each thing that was looked at on stdout. status_path: the
   socket of ordermqd, which is asked for its findings. Returns an exit
   status. */
int doctor_run(const struct settings *settings, const char *status_path,
	       bool as_json);

#endif
