/* filter.h: a picture seen at the size of its stars. */
#ifndef TOOL_WORKER_FILTER_H
#define TOOL_WORKER_FILTER_H

#include "worker/measure.h"
#include "worker/workspace.h"

/* The widest sigma that is worth filtering with. */
#define FILTER_SIGMA_MAX 6.0f

/* Write into `out` (as many values as the map) the map under a Gaussian of
 * `sigma` pixels less the map under one of 2.2 sigma + 0.4: a filter whose sum
 * is zero, blind to everything that is smooth. Uses WORKSPACE_SCRATCH.
 * Returns 0 or -ENOMEM. */
int filter_zero_sum(const light_map *map, float sigma, float *out,
                    workspace *ws);

#endif
