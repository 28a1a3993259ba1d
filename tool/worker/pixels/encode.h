/* encode.h: pixels become a file's bytes. */
#ifndef TOOL_WORKER_PIXELS_ENCODE_H
#define TOOL_WORKER_PIXELS_ENCODE_H

#include <stddef.h>
#include <stdint.h>

#include "worker/pixels/picture.h"

/* Interleaved pixels: 1 grey, 3 RGB, 4 RGBA (not multiplied). */
typedef struct flat {
    uint8_t *data;
    uint32_t width, height;
    size_t stride; /* bytes from row to row */
    int channels;
} flat;

/* All of them write into `room` bytes at `to`; *size is what was written.
 * They return 0, -ENOSPC when the room is too small, -EFBIG for a picture that
 * is too large for the format, or -ENOMEM. */

/* A picture's planes as a JPEG. */
int encode_planes(const picture *p, workspace *ws, int quality, uint8_t *to,
                  size_t room, size_t *size);

/* Pixels in a format that is written: JPEG, which lays alpha on white, PNG or
 * WebP. */
int encode_flat(const flat *pixels, workspace *ws, uint32_t format, int quality,
                uint8_t *to, size_t room, size_t *size);

/* Pixels that are 0 or 255, grey: without losses where the format can. */
int encode_mask(const flat *pixels, workspace *ws, uint32_t format, int quality,
                uint8_t *to, size_t room, size_t *size);

#endif
