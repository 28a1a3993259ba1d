/* colours.h: what a picture's colours show that its luminance does not. */
#ifndef TOOL_WORKER_LIGHT_COLOURS_H
#define TOOL_WORKER_LIGHT_COLOURS_H

#include "worker/light/measure.h"
#include "worker/light/noise_map.h"
#include "worker/pixels/picture.h"
#include "worker/light/stretch.h"
#include "worker/light/tiles.h"

/* Where colours come from: planes of 8 bits, or what exceeds the light in them,
 * of two by two pixels each, (width + 1) / 2 values a row. */
typedef struct colours {
    const picture *coarse; /* or NULL */
    const float *fine;     /* or NULL */
} colours;

/* Bytes of the fine kind. */
static inline size_t colours_fine_size(uint32_t width, uint32_t height)
{
    return (size_t)((width + 1) / 2) * ((height + 1) / 2) * sizeof(float);
}

/* Make the fine kind of the larger of red and blue, in place. `scale`: both it
 * and the light are searched on that; or NULL. */
void colours_exceed(const light_map *light, const stretch *scale, float *fine);

/* Mark the tiles in which a spot of colour could be a star: one that stands out
 * by the noise of a pixel, `pixel_per_cell` times that of the map. */
void colours_mark(const colours *from, const noise_map *noise,
                  float pixel_per_cell, tiles *out);

/* The larger of red and blue, so that stars of either colour are found in one
 * search; in the marked tiles and `margin` pixels around them at least. */
void colours_take(const colours *from, const light_map *light,
                  const tiles *only, int margin, float *out);

#endif
