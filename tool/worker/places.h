/* places.h: where exactly the stars of a picture are, all of them together. */
#ifndef TOOL_WORKER_PLACES_H
#define TOOL_WORKER_PLACES_H

#include <stdbool.h>
#include <stdint.h>

#include "worker/measure.h"

/* A star as it is thought to be. */
typedef struct place {
    float x, y;
    float height, size;   /* of its model, as a Gaussian's */
    float level;          /* of the sky around */
    float from_x, from_y; /* set: where it was */
    bool fixed;           /* others are measured without it, but it stays */
    bool touches;         /* set: another is so close that it pulls */
    bool blended;         /* set: and closer than that */
    bool still;           /* set: it moves no more */
    bool gone;            /* set: it became one with another */
} place;

/* Floats behind the last pixel of `left` that may be read. */
enum { PLACES_SLACK = 7 };

/* Settle place and height of each that touches others, with these taken away.
 * The brightest come first. `left` has room for a copy of the light, and slack;
 * what no star explains is left there. Returns 0 or -ENOMEM. */
int places_settle(const light_map *light, float *left, place *list,
                  uint32_t count);

#endif
