#ifndef OMQ_CRC32C_H
#define OMQ_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* CRC-32C (Castagnoli), as iSCSI has it (RFC 3720, appendix B.4): finds what a
   torn write, a bad disk or a wrong file did; no help against malice. */

/* The checksum of what sum is of, with bytes more behind it; sum 0: of nothing.
   So a text may be added piece by piece. */
uint32_t crc32c(uint32_t sum, const void *data, size_t bytes);

#endif
