/* tiff_samples.h: TIFF with more than 8 bits a sample, at its own depth. */
#ifndef TOOL_WORKER_TIFF_SAMPLES_H
#define TOOL_WORKER_TIFF_SAMPLES_H

#include <stdbool.h>
#include <stdint.h>

#include <tiffio.h>

#include "worker/deep.h"

/* How a file holds its samples. */
typedef struct tiff_samples {
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

/* Read them into *out, whose width and height are set: whole numbers of 16 bits
 * where tiff_samples_are_whole(), else light. What is allocated on the way has
 * `most` bytes at most. Returns 0, -ENOMEM, -EFBIG, or -EIO where libtiff has
 * told its error. */
int tiff_samples_read(TIFF *tiff, const tiff_samples *how, uint64_t most,
                      workspace *ws, deep_samples *out);
bool tiff_samples_are_whole(const tiff_samples *how);

#endif
