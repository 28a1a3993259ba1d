/* pairs.h: whether what was taken for one star is two. */
#ifndef TOOL_WORKER_STARS_PAIRS_H
#define TOOL_WORKER_STARS_PAIRS_H

#include <stdbool.h>

#include "worker/light/measure.h"

typedef struct pairs_star {
    float x, y, height;
} pairs_star;

typedef struct pairs_sky {
    light_map left;  /* what no model explains, this star's among them */
    float noise;     /* of a pixel, one sigma */
    float star_size; /* sigma of the model */
} pairs_sky;

/* Fit the surroundings of `star` once more as one star, and as two. True when
 * two explain them better by `threshold`, in squares of the noise; then these
 * are in `two`, the brighter first, and `gain` is by how much. */
bool pairs_part(const pairs_sky *sky, const pairs_star *star, float threshold,
                pairs_star two[2], float *gain);

#endif
