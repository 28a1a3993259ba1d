/* skies.h: the demo's star fields, drawn by workers. */
#ifndef TOOL_CMD_SKIES_H
#define TOOL_CMD_SKIES_H

#include <starling/pool.h>

#include "origin/demo_items.h"
#include "worker/job.h"

/* All zero where nothing was drawn. */
typedef struct sky {
    sl_shm memory; /* the true stars, then the picture */
    job_sky_answer answer;
} sky;

/* Draw the star fields among the `count` items, all at once. Returns 0 or the
 * first error; release what was drawn in both cases. */
SL_WAITS int skies_draw(sl_pool *pool, const demo_item items[], sky skies[],
                        int count);
void skies_free(sky skies[], int count);

/* The file of the picture, answer.picture_size bytes; lent. */
const void *sky_picture(const sky *sky);

#endif
