/* fit.h: where exactly a peak is, how wide, how round, and against what. */
#ifndef TOOL_WORKER_STARS_FIT_H
#define TOOL_WORKER_STARS_FIT_H

#include <stdbool.h>

#include "worker/light/measure.h"

typedef struct fit {
    float x, y;       /* 0-based pixel centres */
    float size;       /* sigma of the Gaussian that fits best, pixels */
    float axis_ratio; /* small over large axis, 0 .. 1 */
    float theta;      /* of the large axis, radians from x towards y */
    float height;     /* of the peak pixel over the level around */
    float level;      /* around */
    float wing;       /* how much that level is over the one further out */
    float scatter;    /* how uneven the level around is, as one sigma */
    float light;      /* of the Gaussian: grey levels times pixels */
    float sharpness;  /* mean of the 8 neighbours over the peak pixel */
    bool converged;   /* false: no peak with a finite size */
} fit;

/* How far from its peak a fit looks at most, pixels. */
enum { FIT_REACH_MAX = 20 };

/* Fit around the pixel (x, y), starting with a guess of the size; `sign` is 1,
 * or -1 to look at a dark spot as if it was a star. */
fit fit_peak(const light_map *map, int x, int y, float size_guess, float sign);

/* Only level, height and sharpness; not converged. A tenth of the work. */
fit fit_glance(const light_map *map, int x, int y, float size_guess,
               float sign);

/* Their cosines and sines. */
enum { FIT_DIRECTIONS = 16 };
extern const float fit_directions[FIT_DIRECTIONS][2];

/* Where the level around a star of that size is looked for. */
#define FIT_RING_RADIUS(size) (3.5f * (size) + 1.5f)

/* Median and scatter, as one sigma, of `sign` times the values on two circles
 * around a pixel. False, and nothing told, where nearly all of them lie
 * outside. */
bool fit_ring(const light_map *map, int cx, int cy, float radius, float sign,
              float *level, float *scatter);

#endif
