/* settle.h: last looks at what was accepted, all of a picture together. */
#ifndef TOOL_WORKER_STARS_SETTLE_H
#define TOOL_WORKER_STARS_SETTLE_H

#include "worker/job.h"
#include "worker/stars/search.h"
#include "worker/stars/starlike.h"
#include "worker/pixels/workspace.h"

typedef struct settle_options {
    const star_locus *locus;
    float noise;        /* of a pixel */
    float middle;       /* of all pixels */
    bool settled_again; /* in other units, which tell parts better */
} settle_options;

/* Refuse what is a second sight of another star, and settle those that touch.
 * `stars` are accepted, the brightest first. What turned out to be part of one
 * of them becomes a candidate in `parts`, which the caller frees. Returns 0 or
 * -ENOMEM. */
int settle_candidates(const light_map *light, candidate **stars, uint32_t count,
                      const settle_options *how, workspace *ws,
                      candidate_list *parts);

/* Measure the stars of a frame in its own units, in which all have one shape
 * and light adds up. What turns out to be part of another goes, what turns out
 * to be two becomes two: `stars` has room for twice as many. Returns 0 or
 * -ENOMEM. */
int settle_frame(const light_map *light, job_star *stars, uint32_t *count,
                 workspace *ws);

#endif
