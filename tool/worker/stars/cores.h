/* cores.h: stars so bright that the picture shows them as white discs. */
#ifndef TOOL_WORKER_STARS_CORES_H
#define TOOL_WORKER_STARS_CORES_H

#include <stdint.h>

#include "worker/light/measure.h"

enum { CORE_RAYS = 72, CORE_REACH_MAX = 220 };

typedef struct core {
    float x, y;
    float radius;            /* of the disc, pixels */
    float half_radius;       /* where half of its light over the sky is left */
    float reach;             /* where its glow ends */
    float level;             /* of the sky around */
    float height;            /* over it */
    float spikes[CORE_RAYS]; /* how far a spike reaches in each direction, or
                                0; clockwise from the x axis */
} core;

typedef struct core_list {
    core *cores; /* free() */
    uint32_t count;
} core_list;

/* Find discs at or above `white` that fade into the sky as stars do, and
 * subtract their glow from `rest`, a copy of the map. Returns 0 or -ENOMEM. */
int cores_take(const light_map *map, float white, float star_fwhm, float *rest,
               core_list *out);

/* Whether a peak of that height and axis ratio is only part of one of them:
 * inside the disc, or on a spike. */
int cores_explain(const core_list *list, float x, float y, float height,
                  float axis_ratio, float star_fwhm);

/* Whether a place is so far inside of one that no other star can be seen. */
int cores_cover(const core_list *list, float x, float y, float star_fwhm);

#endif
