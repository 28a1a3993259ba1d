/* rare_samples.h: pictures of rare formats, made in memory. */
#ifndef TESTS_TOOL_WORKER_RARE_SAMPLES_H
#define TESTS_TOOL_WORKER_RARE_SAMPLES_H

#include <stdbool.h>

#include "samples.h"

typedef struct tiff_kind {
    int channels;    /* 1, 3, 4, or 2: grey and alpha */
    int bits;        /* of a sample; 0: 8 */
    int format;      /* SAMPLEFORMAT_; 0: whole numbers from 0 on */
    int compression; /* 0: none */
    int orientation; /* 0: nothing is said */
    int strip_rows;  /* 0: all */
    int tile;        /* pixels a side; 0: there are strips */
    bool separate;   /* a plane for each channel */
    bool white_is_zero;
    bool inks; /* four channels are cyan, magenta, yellow and black */
    const sample *profile; /* of colours; or NULL */
} tiff_kind;

/* By libtiff, of interleaved samples in the order of this machine. */
sample encode_tiff(const void *pixels, int width, int height,
                   const tiff_kind *kind);

/* By libheif. No data where it has no encoder. */
sample encode_heif(const uint8_t *rgb, int width, int height, bool avif);

/* The same of 16 bits a sample, in 10 or 12 of them. */
sample encode_deep_heif(const uint16_t *rgb, int width, int height, int bits,
                        bool avif);

#endif
