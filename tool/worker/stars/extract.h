/* extract.h: the sky's background and noise, and what stands out of them. */
#ifndef TOOL_WORKER_STARS_EXTRACT_H
#define TOOL_WORKER_STARS_EXTRACT_H

#include <stdbool.h>
#include <stddef.h> /* sep.h relies on it */
#include <stdint.h>

#include <sep.h>

#include "worker/pixels/workspace.h"

typedef struct extract_options {
    uint32_t width, height;
    float threshold;   /* in units of the picture's noise */
    float noise_floor; /* noise is never taken for less */
    bool has_holes;    /* some values are NaN */
} extract_options;

typedef struct extraction {
    float background, noise; /* of the whole picture */
    bool cut;     /* too many objects: only the brighter ones were listed */
    sep_bkg *map; /* both, by place */
    sep_catalog *catalog;
} extraction;

/* Subtract the background from `light` in place and list the places above the
 * threshold. The workspace's slot for pixels is overwritten. Release with
 * extraction_free(). Returns 0 or -ENOMEM. */
int extract(float *light, const extract_options *options, workspace *ws,
            extraction *out);

void extraction_free(extraction *found);

/* The noise near a pixel: that of its mesh cell. */
float extraction_noise_at(const extraction *found, float noise_floor, int x,
                          int y);

#endif
