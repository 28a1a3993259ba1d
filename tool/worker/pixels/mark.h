/* mark.h: rings around stars, and the picture as a JPEG. */
#ifndef TOOL_WORKER_PIXELS_MARK_H
#define TOOL_WORKER_PIXELS_MARK_H

#include <stddef.h>
#include <stdint.h>

#include "worker/job.h"
#include "worker/pixels/picture.h"

/* Draw a red ring around each star into the picture's planes, a cyan one where
 * the ground is as red; the list has the brightest star first. Lines are as
 * much thicker as `radius_min` is above MARK_RADIUS_MIN. */
void mark_stars(picture *p, const job_star *stars, uint32_t count,
                float radius_min);

/* Write beside each ring the star's place in the list, from 1 on. */
void mark_numbers(picture *p, const job_star *stars, uint32_t count,
                  float radius_min);

/* Of a star's ring: three times its size and `radius_min` at least, and more
 * the brighter it is than the faintest of the list. */
float mark_radius(const job_star *star, float faintest, float radius_min);

#define MARK_RADIUS_MIN 5.0f

/* What suits a picture of that size: MARK_RADIUS_MIN, and more in large ones,
 * which people look at from further away, as far as so many rings have room. */
float mark_radius_min(uint32_t width, uint32_t height, uint32_t count);

#endif
