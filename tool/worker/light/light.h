/* light.h: the one plane of a picture that stars are searched in. */
#ifndef TOOL_WORKER_LIGHT_LIGHT_H
#define TOOL_WORKER_LIGHT_LIGHT_H

#include "worker/pixels/picture.h"

/* width * height values, to be overwritten freely: `light` where the file has
 * finer ones, else its colours added up so that stars stand out of the noise.
 * Sets noise_floor to what rounding makes of that. NULL without memory. */
float *light_take(picture *p, workspace *ws);

/* Luminance, and how the mean of the colours differs from it. */
typedef struct light_step {
    float luminance, mean;
} light_step;

typedef light_step light_look(const void *from, uint32_t x, uint32_t y);

/* How far from luminance, 0, to the mean of the colours, 1, the noise is
 * least. */
float light_choose_share(light_look *look, const void *from, uint32_t width,
                         uint32_t height);

/* What red, green and blue are multiplied with for that. */
void light_weights(float share, float weights[3]);

#endif
