#ifndef OMQ_JSONL_H
#define OMQ_JSONL_H

struct err;
struct source;

/* Orders from JSON Lines (RFC 8259, UTF-8): each line has one flat object,
   whose members are the fields.

   - A string is published as its bytes, an integer as its digits, true and
     false as these words; a member that is null is left out.
   - Rejected with its line: what is no JSON object, a repeated member, an
     object or an array as a value, a number with a fraction or an exponent
     (write money as an integer or as a string: a float has no exact value), an
     integer beyond 64 bits, more than 128 fields, a line over 256 KiB.
   - A line of blanks is no order. */

/* Open the file at path ("-": stdin), which is borrowed. Returns 0 and a source
   that the caller must source_close(); or -1 with ERR_REJECT: the file cannot
   be read. */
int jsonl_open(const char *path, struct source **source_r, struct err *err);

#endif
