/* tiff_samples.h: TIFF with more than 8 bits a sample, at its own depth; and
 * with inks. */
#ifndef TOOL_WORKER_DECODE_TIFF_SAMPLES_H
#define TOOL_WORKER_DECODE_TIFF_SAMPLES_H

#include <stdbool.h>
#include <stdint.h>

#include <tiffio.h>

#include "worker/light/deep.h"

/* What is made of a file's samples. */
enum tiff_result {
    TIFF_WHOLE, /* whole numbers of 16 bits */
    TIFF_LIGHT, /* floats */
    TIFF_INKS   /* four bytes, 255 meaning no ink */
};

/* How a file holds them. */
typedef struct tiff_samples {
    enum tiff_result result;
    uint16_t kind;        /* SAMPLEFORMAT_ */
    uint16_t bits;        /* of a sample */
    uint16_t count;       /* of a pixel, with those that are not read */
    uint16_t photometric; /* PHOTOMETRIC_ */
    uint16_t planar;      /* PLANARCONFIG_ */
    int channels;         /* that are read */
    bool multiplied;      /* the colours are, by their alpha */
} tiff_samples;

/* Whether they are of a kind that is read here, and how. */
bool tiff_samples_of(TIFF *tiff, tiff_samples *out);

/* Read them into *out, whose width and height are set. What is allocated on the
 * way has `most` bytes at most. Returns 0, -ENOMEM, -EFBIG, or -EIO where
 * libtiff has told its error. */
int tiff_samples_read(TIFF *tiff, const tiff_samples *how, uint64_t most,
                      workspace *ws, deep_samples *out);

#endif
