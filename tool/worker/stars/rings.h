/* rings.h: what a candidate looks like, ring by ring. */
#ifndef TOOL_WORKER_STARS_RINGS_H
#define TOOL_WORKER_STARS_RINGS_H

#include "worker/light/measure.h"

/* Of each ring mean, least and most, how uneven it is, and how much it is
 * brighter on one side, and on two; the first ring is one point. */
enum { RINGS = 10, RING_TERMS = 6, RINGS_TERMS = (RINGS - 1) * RING_TERMS + 1 };

/* What a height is held against, and how a star's place is known. */
typedef struct rings_place {
    float x, y;
    float size;                 /* of the picture's stars, as sigma */
    float sign;                 /* -1: a dark spot as if it was a star */
    float level, height, noise; /* around; over it; of a pixel */
} rings_place;

/* In units of the height, and of the noise. */
void rings_measure(const light_map *map, const rings_place *place,
                   float terms[RINGS_TERMS]);

#endif
