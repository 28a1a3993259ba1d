/* picture.h: a decoded picture, in the one form that everything after the
 * decoders works on.
 */
#ifndef TOOL_WORKER_PIXELS_PICTURE_H
#define TOOL_WORKER_PIXELS_PICTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "worker/pixels/workspace.h"

/* Planes as JPEG has them (full range BT.601), or pixels, whichever its decoder
 * makes. All memory is lent by the workspace or is the file; the picture itself
 * owns nothing. */
typedef struct picture {
    uint32_t width, height;           /* pixels as decoded */
    uint32_t full_width, full_height; /* pixels of the file */
    int eighths;         /* decoded at so many eighths of its size; 8: full */
    bool has_planes;     /* else picture_need_planes() makes them */
    bool is_grey;        /* Cb and Cr say nothing */
    int subsampling;     /* enum TJSAMP, never TJSAMP_GRAY */
    uint8_t *planes[3];  /* Y, Cb, Cr */
    int strides[3];      /* bytes from row to row */
    uint8_t *pixels;     /* rows of interleaved samples, or NULL */
    size_t pixel_stride; /* bytes from row to row */
    int pixel_bytes;     /* 1: grey; 3: RGB; 4: RGB and alpha or nothing */
    bool has_alpha;      /* the fourth; the others are multiplied by it */
    int orientation;     /* as EXIF counts, 1 .. 8; 1: upright */
    const uint8_t *icc;  /* colour profile, or NULL */
    size_t icc_size;
    const uint8_t *cards; /* FITS header of the picture, or NULL */
    size_t cards_size;
    float *light;      /* width * height values that are finer than Y
                          (16 bits, FITS), or NULL; row after row */
    float *colour;     /* the same of what colours show besides, of two by two
                          pixels each, see colours.h; or NULL */
    float saturation;  /* from here on a value says only "very bright" */
    float noise_floor; /* what rounding alone makes, as one sigma */
    float step;        /* of a JPEG's waves, see jpeg_walk.h; or 0 */
    bool has_holes;    /* some of `light` is NaN */
    bool linear;       /* `light` is not stretched to be looked at */
} picture;

/* Nothing yet, and what holds for most pictures. */
void picture_reset(picture *p);

/* The picture is these pixels, row after row without padding. */
void picture_hold_pixels(picture *p, uint32_t width, uint32_t height,
                         uint8_t *pixels, int pixel_bytes, bool has_alpha);

/* Multiply the colours of `count` pixels RGBA by how much there is of them. */
void picture_multiply_by_alpha(uint8_t *pixels, size_t count);

/* Make the planes from the pixels, unless there are planes; what was
 * transparent is black, the colour of the sky. Returns 0 or -ENOMEM. */
int picture_need_planes(picture *p, workspace *ws);

/* Set dimensions and lay out the planes, contents undefined.
 * Returns 0 or -ENOMEM. */
int picture_lay_out(picture *p, workspace *ws, uint32_t width, uint32_t height,
                    int subsampling);

/* The same in another slot, for a second picture at the same time. */
int picture_lay_out_in(picture *p, workspace *ws, enum workspace_slot slot,
                       uint32_t width, uint32_t height, int subsampling);

/* After Y was written: repeat its last column and row into the padding that
 * the encoder reads, and make the picture grey. */
void picture_finish_grey(picture *p);

#endif
