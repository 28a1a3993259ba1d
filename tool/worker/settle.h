/* settle.h: last looks at what was accepted, all of a picture together. */
#ifndef TOOL_WORKER_SETTLE_H
#define TOOL_WORKER_SETTLE_H

#include "worker/job.h"
#include "worker/starlike.h"
#include "worker/workspace.h"

/* Refuse what is a second sight of another star, and settle those that touch.
 * `stars` are accepted, the brightest first. Returns 0 or -ENOMEM. */
int settle_candidates(const light_map *light, candidate **stars, uint32_t count,
                      const star_locus *locus, workspace *ws);

/* Measure the stars of a frame in its own units, in which all have one shape
 * and light adds up. What turns out to be part of another goes. Returns 0 or
 * -ENOMEM. */
int settle_frame(const light_map *light, job_star *stars, uint32_t *count,
                 workspace *ws);

#endif
