/* mosaic.h: frames of colour cameras as they come from the chip, where every
 * pixel has seen one colour.
 */
#ifndef TOOL_WORKER_LIGHT_MOSAIC_H
#define TOOL_WORKER_LIGHT_MOSAIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "worker/light/balance.h"

/* Where in two by two pixels the red one is, the blue one lying across from it;
 * and whether that is known. */
typedef struct mosaic_pattern {
    bool is_known;
    uint32_t red_x, red_y; /* 0 or 1 */
} mosaic_pattern;

/* From a name such as RGGB, row after row, and how far it is shifted. */
mosaic_pattern mosaic_of(const char *name, long offset_x, long offset_y);

/* Three samples a pixel, red first, of a frame of at least two by two: what a
 * pixel has not seen is the mean of its neighbours that have. Returns the
 * pattern, corrected where the frame says that it is a row off. */
mosaic_pattern mosaic_open(const float *frame, uint32_t width, uint32_t height,
                           mosaic_pattern pattern, float *rgb);

/* Light of all pixels on one scale, each taken from the sky of its colour and
 * over that colour's gain. Of pixels of `ceiling` and above all have the same,
 * the least that is certain, which is returned; INFINITY where that is. */
float mosaic_light(const float *frame, uint32_t width, uint32_t height,
                   mosaic_pattern pattern, const balance *b, float ceiling,
                   float *light);

/* Where pixels alternate between levels, whatever makes them: bring all four
 * kinds to one level. */
void mosaic_even_out(float *frame, uint32_t width, uint32_t height);

#endif
