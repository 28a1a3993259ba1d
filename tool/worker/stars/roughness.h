/* roughness.h: whether a sky is uneven by more than its noise. */
#ifndef TOOL_WORKER_STARS_ROUGHNESS_H
#define TOOL_WORKER_STARS_ROUGHNESS_H

#include "worker/light/noise_map.h"

/* 0 for noise that differs from pixel to pixel, 1 for clouds and threads as
 * strong as that. `noise` is that of the light under a filter of `sigma`,
 * `pixel_noise` that of neighbouring pixels. */
float roughness_of(const light_map *light, const noise_map *noise, float sigma,
                   float pixel_noise);

/* How much larger steps are at the borders of the squares of 8 by 8 pixels that
 * JPEG works on than within them; 1 where there are none. */
float roughness_squares(const light_map *light);

/* Share of the pixels around a place that are as their neighbours: there the
 * picture was smoothed, or rounded to nothing, and says little. */
float roughness_flat(const light_map *light, float x, float y);

/* Share of all pixels that are nearly black: there faint stars were cut off. */
float roughness_black(const light_map *light);

#endif
