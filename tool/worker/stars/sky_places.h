/* sky_places.h: where on the sky the stars of a FITS picture are. */
#ifndef TOOL_WORKER_STARS_SKY_PLACES_H
#define TOOL_WORKER_STARS_SKY_PLACES_H

#include "worker/job.h"
#include "worker/pixels/picture.h"

/* Set ra and dec of each star, in degrees, by the world coordinates in the
 * picture's header; NaN where it has none, or none for that place. Returns
 * whether there are any, and if not, why. */
enum job_places sky_places_set(const picture *p, job_star *stars,
                               uint32_t count);

#endif
