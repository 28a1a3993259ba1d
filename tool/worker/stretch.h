/* stretch.h: linear light as a picture would show it. */
#ifndef TOOL_WORKER_STRETCH_H
#define TOOL_WORKER_STRETCH_H

#include <stdbool.h>
#include <stddef.h>

#include "worker/measure.h"

typedef struct light_stats {
    float middle; /* median */
    float noise;  /* of neighbouring pixels, one sigma */
} light_stats;

/* From a sample of rows; holes (NaN) are left out. */
light_stats stretch_look(const light_map *light);

/* The highest value of all. */
float stretch_highest(const light_map *light);

/* Map the sky to 20, `full` and what is above to 255, with a scale that is
 * linear in the noise and logarithmic in bright light; holes become sky. */
void stretch_light(const light_map *light, const light_stats *stats, float full,
                   float *out);

#endif
