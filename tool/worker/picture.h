/* picture.h: a decoded picture, in the one form that everything after the
 * decoders works on.
 */
#ifndef TOOL_WORKER_PICTURE_H
#define TOOL_WORKER_PICTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "worker/workspace.h"

/* Planes as JPEG has them (full range BT.601). All memory is lent by the
 * workspace; the picture itself owns nothing. */
typedef struct picture {
    uint32_t width, height; /* pixels */
    int subsampling;        /* enum TJSAMP, never TJSAMP_GRAY */
    uint8_t *planes[3];     /* Y, Cb, Cr */
    int strides[3];         /* bytes from row to row */
    float *light;           /* width * height values that are finer than Y
                               (16 bits, FITS), or NULL; row after row */
    float saturation;       /* from here on a value says only "very bright" */
    float noise_floor;      /* what rounding alone makes, as one sigma */
    bool has_holes;         /* some of `light` is NaN */
    bool linear;            /* `light` is not stretched to be looked at */
} picture;

/* Set dimensions and lay out the planes, contents undefined.
 * Returns 0 or -ENOMEM. */
int picture_lay_out(picture *p, workspace *ws, uint32_t width, uint32_t height,
                    int subsampling);

/* The same in another slot, for a second picture at the same time. */
int picture_lay_out_in(picture *p, workspace *ws, enum workspace_slot slot,
                       uint32_t width, uint32_t height, int subsampling);

/* Fill the planes of a laid out picture from interleaved rows without
 * padding; `pixel_format` is enum TJPF, of colours or TJPF_GRAY.
 * Returns 0 or -ENOMEM. */
int picture_fill(picture *p, workspace *ws, const uint8_t *pixels,
                 int pixel_format);

/* After Y was written: repeat its last column and row into the padding that
 * the encoder reads, and make the picture grey. */
void picture_finish_grey(picture *p);

/* The values that stars are searched in, width * height of them, to be
 * overwritten freely: `light`, or Y as floats. NULL without memory. */
float *picture_take_light(picture *p, workspace *ws);

#endif
