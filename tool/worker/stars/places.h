/* places.h: where exactly the stars of a picture are, all of them together. */
#ifndef TOOL_WORKER_STARS_PLACES_H
#define TOOL_WORKER_STARS_PLACES_H

#include <stdbool.h>
#include <stdint.h>

#include "worker/light/measure.h"
#include "worker/stars/unstretch.h"

/* A star as it is thought to be. */
typedef struct place {
    float x, y;
    float height, size;   /* of its model, as a Gaussian's */
    float level;          /* of the sky around */
    float from_x, from_y; /* set: where it was */
    uint32_t of;      /* the caller's number; parts have that of the whole */
    bool fixed;       /* others are measured without it, but it stays */
    bool touches;     /* set: another is so close that it pulls */
    bool still;       /* set: it moves no more */
    bool gone;        /* set: it became one with another */
    bool unsure;      /* set: it may be two */
    bool sure;        /* set: a part that is one beyond doubt */
    uint32_t near;    /* set: how many others are close by */
    uint32_t part_of; /* set: 1 + the one it was told from, or 0 */
    float share;      /* set: of the light of the whole */
} place;

typedef struct places_sky {
    const light_map *light;
    float *left; /* room for a copy of it, and slack: what no star explains */
    float noise; /* of a pixel; INFINITY: nobody is to be taken for two */
    const unstretch *bent; /* how the light was stretched, or NULL */
} places_sky;

/* A list may become so many times as long. */
enum { PLACES_GROWTH = 2 };

/* Floats behind the last pixel of `left` that may be read. */
enum { PLACES_SLACK = 7 };

/* Settle place and height of each that touches others, with these taken away;
 * where they crowd, tell apart what shares a peak, which is added to the list.
 * The brightest come first. Returns 0 or -ENOMEM. */
int places_settle(const places_sky *sky, place *list, uint32_t *count);

#endif
