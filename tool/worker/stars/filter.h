/* filter.h: a picture seen at the size of its stars. */
#ifndef TOOL_WORKER_STARS_FILTER_H
#define TOOL_WORKER_STARS_FILTER_H

#include "worker/light/measure.h"
#include "worker/light/tiles.h"
#include "worker/pixels/workspace.h"

/* The widest sigma that is worth filtering with. */
#define FILTER_SIGMA_MAX 6.0f

/* A map that was filtered. All of it is lent by the workspace. */
typedef struct filtered_map {
    light_map map;
    float *values; /* of the map */
    float *beyond; /* of each row of each tile the value furthest from zero,
                      without its sign; tile after tile of a row */
} filtered_map;

/* The map under a Gaussian of `sigma` pixels less the map under one `ratio`
 * times as wide: a filter whose sum is zero, blind to everything that is
 * smooth. Where few tiles are marked only those are written, and `margin`
 * pixels around them, else, and with NULL, all: what is not written is as the
 * last call has left it. Uses WORKSPACE_FILTER and WORKSPACE_SCRATCH. Returns
 * 0 or -ENOMEM. */
int filter_zero_sum(const light_map *map, float sigma, float ratio, tiles *only,
                    int margin, workspace *ws, filtered_map *out);

/* How far from a pixel the filter looks. */
int filter_reach(float sigma, float ratio);

/* What the second Gaussian usually is, and its least. */
#define FILTER_RATIO 2.5f
#define FILTER_RATIO_MIN 1.8f

#endif
