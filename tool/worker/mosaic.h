/* mosaic.h: frames of colour cameras as they come from the chip, where every
 * pixel has seen one colour.
 */
#ifndef TOOL_WORKER_MOSAIC_H
#define TOOL_WORKER_MOSAIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where in two by two pixels the red one is, the blue one lying across from it;
 * and whether that is known. */
typedef struct mosaic_pattern {
    bool is_known;
    uint32_t red_x, red_y; /* 0 or 1 */
} mosaic_pattern;

/* From a name such as RGGB, row after row, and how far it is shifted. */
mosaic_pattern mosaic_of(const char *name, long offset_x, long offset_y);

/* Three samples a pixel, red first, of a frame of at least two by two: what a
 * pixel has not seen is the mean of its neighbours that have. */
void mosaic_open(const float *frame, uint32_t width, uint32_t height,
                 mosaic_pattern pattern, float *rgb);

/* Where pixels alternate between levels, whatever makes them: bring all four
 * kinds to one level. */
void mosaic_even_out(float *frame, uint32_t width, uint32_t height);

#endif
