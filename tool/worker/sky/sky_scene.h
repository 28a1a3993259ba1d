/* sky_scene.h: what one simulated picture is made of. */
#ifndef TOOL_WORKER_SKY_SKY_SCENE_H
#define TOOL_WORKER_SKY_SKY_SCENE_H

#include <stdint.h>

#include "worker/job.h"

enum {
    SKY_ONE = 64,      /* a grey level in the fixed-point rows of a band */
    SKY_BAND_ROWS = 32 /* rows drawn at a time: the picture stays in cache */
};

typedef struct sky_scene {
    uint64_t seed;
    int width, height;
    float noise;    /* of luma, grey levels */
    float gain;     /* grey levels per root of an electron */
    float dark;     /* root of the electrons that are drawn as level 0 */
    float sky;      /* root of the electrons of the plain sky */
    float fwhm;     /* pixels */
    float gas;      /* brightest nebulosity, grey levels */
    float gas_tint; /* -1 blue .. 1 red */
    float slope_x, slope_y; /* of the sky, grey levels across the picture */
    float cluster_x, cluster_y, cluster_size; /* pixels */
    float cluster_share;                      /* of all stars */
} sky_scene;

/* Rows top .. top + SKY_BAND_ROWS - 1 before the noise, in 1/SKY_ONE levels.
 * The colour rows are half as many and half as long, around 0. */
typedef struct sky_band {
    int top, stride; /* stride: of luma; half of it for the colours */
    int16_t *luma, *blue, *red;
} sky_band;

typedef struct sky_star {
    double x, y;
    float electrons;
    float tint; /* -1 blue .. 1 red */
    int reach;  /* pixels from the centre that it changes visibly */
    /* What it has added to the finished luma so far. */
    double sum, sum_of_squares;
    float peak;
    bool saturated;
} sky_star;

/* Fill `stars`, brightest first. */
void sky_stars_scatter(const sky_scene *scene, sky_star *stars, uint32_t count);

/* Add to the band the light that falls on it, and to the star's sums. */
void sky_star_shine(const sky_scene *scene, sky_star *star,
                    const sky_band *band);

#endif
