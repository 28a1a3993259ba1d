/* rare_samples.h: pictures of rare formats, made in memory. */
#ifndef TESTS_TOOL_WORKER_RARE_SAMPLES_H
#define TESTS_TOOL_WORKER_RARE_SAMPLES_H

#include <stdbool.h>

#include "samples.h"

typedef struct tiff_kind {
    int channels;    /* of 8 bits: 1, 3 or 4 */
    int compression; /* 0: none */
    int orientation; /* 0: nothing is said */
    int strip_rows;  /* 0: all */
} tiff_kind;

/* By libtiff. */
sample encode_tiff(const uint8_t *pixels, int width, int height,
                   const tiff_kind *kind);

/* By libheif. No data where it has no encoder. */
sample encode_heif(const uint8_t *rgb, int width, int height, bool avif);

#endif
