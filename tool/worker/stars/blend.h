/* blend.h: which stars of a list have the light of others in theirs. */
#ifndef TOOL_WORKER_STARS_BLEND_H
#define TOOL_WORKER_STARS_BLEND_H

#include "worker/job.h"

/* Flag those at whose centre the others of the list add more than a tenth of
 * their own light, as far as a star's profile tells: `fwhm` is its width.
 * Returns 0 or -ENOMEM. */
int blend_flag(job_star *stars, uint32_t count, int width, int height,
               float fwhm);

#endif
