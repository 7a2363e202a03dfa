#ifndef OMQ_CSV_H
#define OMQ_CSV_H

struct err;
struct source;

/* Orders from a CSV file as RFC 4180 has it: cells apart by commas, quoted
   where they hold commas, quotes (doubled) or line ends; CRLF or LF; a UTF-8
   byte order mark is taken off. The first record names the fields.

   - An empty cell is left out: CSV cannot tell empty from absent, and for an
     order both mean the same.
   - An empty line is no record.
   - A record that is no CSV, has more or fewer cells than the header, or more
     than 256 KiB is rejected with the line it begins in; the next one is read
     as if nothing had been.
   - A header that is not there, has an empty, a repeated or an unprintable
     name, or more than 1,024 of them, fails the source.
   - All other bytes, NUL too, are data. */

/* Open the file at path ("-": stdin), which is borrowed. Returns 0 and a source
   that the caller must source_close(); or -1 with ERR_REJECT: the file cannot
   be read. */
int csv_open(const char *path, struct source **source_r, struct err *err);

#endif
