#ifndef OMQ_CRC32C_H
#define OMQ_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* CRC-32C (Castagnoli), as in iSCSI (RFC 3720, appendix B.4): it finds a torn
   write, a bad disk or a wrong file, and is no help against malice. */

/* Add bytes of data to a checksum; sum 0 begins one. A text may be added piece
   by piece. */
uint32_t crc32c(uint32_t sum, const void *data, size_t bytes);

#endif
