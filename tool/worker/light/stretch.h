/* stretch.h: linear light as a picture would show it. */
#ifndef TOOL_WORKER_LIGHT_STRETCH_H
#define TOOL_WORKER_LIGHT_STRETCH_H

#include <stdbool.h>
#include <stddef.h>

#include "worker/light/measure.h"

typedef struct light_stats {
    float middle; /* median */
    float noise;  /* of neighbouring pixels, one sigma */
} light_stats;

/* From a sample of rows; holes (NaN) are left out. */
light_stats stretch_look(const light_map *light);

/* The highest value of all. */
float stretch_highest(const light_map *light);

/* Beyond which value a camera could not count: what is `told`, if that makes
 * sense, or what the frame shows, level tops three pixels wide or more;
 * INFINITY if neither is. */
float stretch_ceiling(const light_map *light, float told);

/* The scale on which a frame is searched. */
typedef struct stretch {
    float middle, per_noise;
    float scale; /* levels for each step of the logarithm */
} stretch;

/* Maps the sky to 20 and `full` to 255, linear in the noise and logarithmic in
 * bright light. */
stretch stretch_choose(const light_stats *stats, float full);

float stretch_value(const stretch *s, float value);

/* Holes become sky. */
void stretch_values(const stretch *s, const float *values, size_t count,
                    float *out);

#endif
