/* skies.h: the demo's star fields as files in memory, drawn in this process. */
#ifndef BENCH_SKIES_H
#define BENCH_SKIES_H

#include <stddef.h>

#include "origin/demo_items.h"
#include "worker/job.h"

typedef struct sky_file {
    job_star *truth; /* brightest first */
    size_t star_count, stars_at_10;
    const unsigned char *jpeg;
    size_t jpeg_size;
    void *memory; /* holds both */
} sky_file;

/* Draw the item's field. Returns 0 or a negative errno. */
int sky_file_draw(const demo_item *item, sky_file *out);
void sky_file_free(sky_file *file);

#endif
