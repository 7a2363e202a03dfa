#ifndef OMQ_CSV_H
#define OMQ_CSV_H

struct err;
struct settings_fields;
struct source;

/* Orders from a CSV file as in RFC 4180: cells are separated by commas, and
   quoted when they hold commas, quotes (doubled) or line ends; lines end in
   CRLF or LF; a UTF-8 byte order mark is dropped. The first record names the
   fields.

   - An empty cell is left out: CSV cannot tell empty from absent, and for an
     order both mean one thing; but see csv_keep_blank_amounts().
   - An empty line is no record.
   - A record is rejected with the line in which it begins when it is no CSV,
     has more or fewer cells than the header, or more than 256 KiB. The next
     record is read as usual.
   - The source fails when the header is missing, has an empty, a repeated or
     an unprintable name, or more than 1,024 names.
   - All other bytes, also NUL, are data. */

/* Open the file at path ("-": stdin), which is borrowed. Returns 0 and a source
   that the caller must source_close(); or -1 with ERR_REJECT: the file cannot
   be read. */
int csv_open(const char *path, struct source **source_r, struct err *err);

/* Keep empty cells of the fields of which the amount is made: a row whose
   amount is blank is no event, and not one of the amount 0. For a source that
   is not read yet; fields is borrowed for its life. */
void csv_keep_blank_amounts(struct source *source,
			    const struct settings_fields *fields);

#endif
