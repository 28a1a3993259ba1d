/* mark.h: rings around stars, and the picture as a JPEG. */
#ifndef TOOL_WORKER_MARK_H
#define TOOL_WORKER_MARK_H

#include <stddef.h>
#include <stdint.h>

#include "worker/job.h"
#include "worker/picture.h"

/* Draw a red ring around each star into the picture's planes; the list has the
 * brightest star first. */
void mark_stars(picture *p, const job_star *stars, uint32_t count,
                float radius_min);

/* Write beside each ring the star's place in the list, from 1 on. */
void mark_numbers(picture *p, const job_star *stars, uint32_t count,
                  float radius_min);

/* Of a star's ring: three times its size and `radius_min` at least, and more
 * the brighter it is than the faintest of the list. */
float mark_radius(const job_star *star, float faintest, float radius_min);

/* What suits a picture at its full size. */
#define MARK_RADIUS_MIN 5.0f

#endif
