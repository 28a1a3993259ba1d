/* measure.h: where exactly a candidate is, how wide, and against what. */
#ifndef TOOL_WORKER_LIGHT_MEASURE_H
#define TOOL_WORKER_LIGHT_MEASURE_H

#include <stdbool.h>
#include <stdint.h>

#define FWHM_OF_SIGMA 2.3548f /* of a Gaussian */

typedef struct light_map {
    const float *values; /* background subtracted */
    int width, height;
} light_map;

typedef struct shape {
    float x, y;       /* 0-based pixel centres */
    float size;       /* sigma of the Gaussian that fits best, pixels */
    float axis_ratio; /* small over large axis of its moments, 0 .. 1 */
    float theta;      /* of the large axis, radians from x towards y */
    float height;     /* of the peak over the ring around */
    float light;      /* weighted light over the ring, times the weight's norm:
                         divided by the noise it is the signal to noise */
    float sharpness;  /* mean of the 8 neighbours over the peak pixel */
    float ring;       /* median level of the ring around */
    float scatter;    /* how uneven the ring is, as one sigma */
    bool converged;   /* false: no peak with a finite size */
} shape;

/* Measure around (x, y), starting from a guess of the size. */
shape measure(const light_map *map, double x, double y, float size_guess);

#endif
