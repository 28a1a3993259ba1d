/* cmyk.h: pictures that say how much ink is to be printed. */
#ifndef TOOL_WORKER_DECODE_CMYK_H
#define TOOL_WORKER_DECODE_CMYK_H

#include <stddef.h>
#include <stdint.h>

/* Make pixels of four inks RGB and a byte without meaning, in place. 255 means
 * no ink. The profile, which may be NULL, says what the inks look like
 * together; a broken one is passed over. */
void cmyk_to_rgbx(uint8_t *pixels, size_t count, const uint8_t *icc,
                  size_t icc_size);

#endif
