/* light.h: the one plane of a picture that stars are searched in. */
#ifndef TOOL_WORKER_LIGHT_H
#define TOOL_WORKER_LIGHT_H

#include "worker/picture.h"

/* width * height values, to be overwritten freely: `light` where the file has
 * finer ones, else its colours added up so that stars stand out of the noise.
 * Sets noise_floor to what rounding makes of that. NULL without memory. */
float *light_take(picture *p, workspace *ws);

#endif
