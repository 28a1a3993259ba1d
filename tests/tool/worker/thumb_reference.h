/* thumb_reference.h: thumbnails as they should be, the slow way. */
#ifndef TESTS_TOOL_WORKER_THUMB_REFERENCE_H
#define TESTS_TOOL_WORKER_THUMB_REFERENCE_H

#include <stdint.h>

#include "job_runner.h"
#include "samples.h"

/* Interleaved RGB in floating point, row after row. */
typedef struct image {
    int width, height;
    float *rgb;
} image;

void image_free(image *image);

/* Something like a photograph: soft shades, texture, hard edges. */
sample photo_pixels(int width, int height, unsigned seed);

/* A file as pixels: JPEG or PNG. */
image image_of_jpeg(const uint8_t *data, size_t size);
image image_of_pixels(const uint8_t *rgb, int width, int height);
image image_of_png(const uint8_t *data, size_t size);

/* Lanczos with three lobes from all of the picture, in double precision. */
image image_resized(const image *from, int width, int height);

/* The same after it was rounded and went through a JPEG of that quality. */
image image_recoded(const image *from, int quality);

/* In decibels, all three colours together, or luma alone. */
double image_psnr(const image *a, const image *b);
double image_luma_psnr(const image *a, const image *b);

/* What asks for thumbnails of these widths, and one of them that came. */
job_request thumbs_of(const int *widths, uint32_t count);
image thumb_image(const job_run *run, uint32_t index);

#endif
