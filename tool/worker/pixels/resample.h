/* resample.h: a plane of samples at another size, by Lanczos with three lobes.
 */
#ifndef TOOL_WORKER_PIXELS_RESAMPLE_H
#define TOOL_WORKER_PIXELS_RESAMPLE_H

#include <stdint.h>

#include "worker/pixels/workspace.h"

/* One kind of sample of a picture: Y, or red, or alpha. */
typedef struct plane {
    uint8_t *data;
    int width, height; /* places */
    int stride;        /* bytes from row to row */
} plane;

/* Where the samples of a row (or column) come from: sample i of the new plane
 * is centred at origin + (i + 0.5) * step, in samples of the old one, whose
 * first is from 0 to 1. A negative step turns it around. */
typedef struct resample_axis {
    double origin, step;
} resample_axis;

enum { RESAMPLE_CHANNELS_MAX = 4 };

/* Fill new planes of equal size, which have their memory, from an old one with
 * `channels` interleaved samples a place: one plane for each of the first
 * `wanted` of them. Places outside the old one count as its border. Returns 0
 * or -ENOMEM. */
int resample_plane(const plane *from, int channels, int wanted,
                   const resample_axis *x, const resample_axis *y,
                   const plane *to, workspace *ws);

/* Once, before the first of them. */
void resample_warm_up(void);

#endif
