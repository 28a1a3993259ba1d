/* exif.h: how a camera was held. */
#ifndef TOOL_WORKER_DECODE_EXIF_H
#define TOOL_WORKER_DECODE_EXIF_H

#include <stddef.h>
#include <stdint.h>

/* The orientation, 1 .. 8, out of EXIF data, which begins as a TIFF file does.
 * 1, upright, for all that cannot be read. `data` may be NULL. */
int exif_orientation(const uint8_t *data, size_t size);

#endif
