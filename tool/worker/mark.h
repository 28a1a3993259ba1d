/* mark.h: rings around stars, and the picture as a JPEG. */
#ifndef TOOL_WORKER_MARK_H
#define TOOL_WORKER_MARK_H

#include <stddef.h>
#include <stdint.h>

#include "worker/job.h"
#include "worker/picture.h"

/* Draw a red ring around each star into the picture's planes, of three times
 * the star's size and at least `radius_min` pixels. */
void mark_stars(picture *p, const job_star *stars, uint32_t count,
                float radius_min);

/* What suits a picture at its full size. */
#define MARK_RADIUS_MIN 5.0f

#endif
