/* judge.h: which candidates look like stars. */
#ifndef TOOL_WORKER_STARS_JUDGE_H
#define TOOL_WORKER_STARS_JUDGE_H

#include <stdbool.h>
#include <stdint.h>

#include "worker/light/measure.h"

typedef struct candidate {
    shape shape;
    float snr;       /* against the noise of its neighbourhood */
    float iso_axis;  /* of the isophote: large axis, pixels */
    float iso_ratio; /* of the isophote: small over large axis */
    int object;      /* in the extraction's catalogue */
    bool saturated, edge;
    bool is_star;
} candidate;

typedef struct judgement {
    float star_size; /* sigma in pixels; 0: nothing tells */
    uint32_t stars;
    bool no_star_field; /* then there are no stars, whatever looks like one */
} judgement;

/* Set is_star of each candidate. `snr_min` is what the faintest star needs;
 * `width` is that of stars at half height, 0 where the picture tells; with
 * `keep_wide` what is wider counts as one. */
judgement judge(candidate *candidates, uint32_t count, float snr_min,
                float width, bool keep_wide);

#endif
