/* stand.h: how a star stands out of what is around it. */
#ifndef TOOL_WORKER_STARS_STAND_H
#define TOOL_WORKER_STARS_STAND_H

#include "worker/light/measure.h"
#include "worker/stars/rings.h"

typedef struct stand {
    float height;    /* of that star */
    float snr;       /* of a star of that size in what is around */
    float misfit;    /* of the star and its pixels, for what noise would do */
    float unlike;    /* the same, for the star's height */
    float near, far; /* levels on two rings, over that around */
    float uneven; /* how much the mean around is above the middle, in noises */
    float noise;  /* around, of a pixel */
    float rings[RINGS_TERMS];
} stand;

/* Fit a star of `size` (sigma, pixels) at a place; `sign` is 1, or -1 to look
 * at a dark spot as if it was a star. */
stand stand_measure(const light_map *map, float x, float y, float size,
                    float sign);

#endif
