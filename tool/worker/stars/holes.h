/* holes.h: pixels of a frame that nobody measured. */
#ifndef TOOL_WORKER_STARS_HOLES_H
#define TOOL_WORKER_STARS_HOLES_H

#include <stdint.h>

/* Give pixels that are NaN what lies around them, as far as that reaches, and
 * the others `level`. Returns 0 or -ENOMEM. */
int holes_fill(float *light, uint32_t width, uint32_t height, float level);

#endif
