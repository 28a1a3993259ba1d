/* fits_header.h: what a FITS file's header cards promise, checked by us before
 * cfitsio sees the file.
 */
#ifndef TOOL_WORKER_DECODE_FITS_HEADER_H
#define TOOL_WORKER_DECODE_FITS_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "worker/decode/decode.h"
#include "worker/light/mosaic.h"

typedef struct fits_image {
    int hdu;  /* 1-based: where the picture is */
    int bits; /* BITPIX: 8, 16, 32, 64, -32 or -64 */
    uint32_t width, height;
    uint32_t planes;           /* of all further axes together, 1 .. */
    bool is_colour;            /* three of them: red, green and blue */
    mosaic_pattern mosaic;     /* what colours its pixels have, if any */
    double zero, scale;        /* value = zero + scale * stored */
    double saturate;           /* 0: not told */
    size_t header, header_end; /* where its cards are */
    size_t end; /* bytes of the file up to the end of the picture */
} fits_image;

/* Find the first picture of two axes or more and check that all of its data
 * is there. Returns enum job_verdict. */
uint32_t fits_find_image(const decode_source *source, fits_image *out,
                         refusal *why);

#endif
