/* checksum.h: checksums as people write them into lists. */
#ifndef TOOL_STORE_CHECKSUM_H
#define TOOL_STORE_CHECKSUM_H

#include <stddef.h>

enum { CHECKSUM_MAX = 144 }; /* bytes of one in our form, with its NUL */

/* From "sha256=AB...", "sha256:ab..." or hexadecimal digits alone, whose number
 * tells which kind it is (md5, sha1, sha256, sha512), to "sha256:ab...".
 * Returns 0, or -EINVAL for what is none of these. */
int checksum_normalise(const char *written, char out[CHECKSUM_MAX]);

/* Compute the checksum of the same kind as `wanted`, which is in our form.
 * Returns 0, or -EINVAL, -ENOTSUP where the machine forbids that kind. */
int checksum_compute(const char *wanted, const void *data, size_t size,
                     char out[CHECKSUM_MAX]);

#endif
