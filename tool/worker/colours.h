/* colours.h: what a picture's colours show that its luminance does not. */
#ifndef TOOL_WORKER_COLOURS_H
#define TOOL_WORKER_COLOURS_H

#include "worker/measure.h"
#include "worker/noise_map.h"
#include "worker/picture.h"
#include "worker/tiles.h"

/* Mark the tiles in which a spot of colour could be a star: one that stands out
 * by the noise of a pixel, `pixel_per_cell` times that of the map. */
void colours_mark(const picture *p, const noise_map *noise,
                  float pixel_per_cell, tiles *out);

/* The larger of red and blue, so that stars of either colour are found in one
 * search; in the marked tiles and `margin` pixels around them at least. */
void colours_take(const picture *p, const light_map *light, const tiles *only,
                  int margin, float *out);

#endif
