/* frame.h: the light that a camera counted, as it is shown in 8 bits. */
#ifndef TOOL_WORKER_LIGHT_FRAME_H
#define TOOL_WORKER_LIGHT_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The logarithmic scale, in steps that are too small to be seen. */
enum { FRAME_STEPS = 512, FRAME_OCTAVES = 32 };

/* How values are shown. */
typedef struct frame_stretch {
    float black, noise;
    float softening; /* up to there the scale is linear */
    float full;      /* of the scale, what is white */
    uint8_t levels[FRAME_STEPS * FRAME_OCTAVES];
} frame_stretch;

/* Make undefined, infinite and absurd values one thing, NaN. Returns whether
 * there are any. */
bool frame_clean(float *values, size_t count);

/* From a sample of cleaned values. False if all are undefined. */
bool frame_choose_stretch(const float *values, size_t count,
                          frame_stretch *out);

/* What is undefined becomes black. */
void frame_show(const frame_stretch *s, const float *values, size_t count,
                uint8_t *out);

/* Far below the noise that a camera can have, but never 0. */
float frame_noise_floor(const frame_stretch *s);

#endif
