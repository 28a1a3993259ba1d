/* star_size.h: how large the stars of a picture are. */
#ifndef TOOL_WORKER_STARS_STAR_SIZE_H
#define TOOL_WORKER_STARS_STAR_SIZE_H

#include <stdbool.h>
#include <stdint.h>

#include "worker/stars/search.h"
#include "worker/light/tiles.h"

typedef struct star_size {
    float sigma;
    uint32_t agreeing; /* peaks that have it */
    bool sampled;      /* the search did not see the whole picture so far */
} star_size;

/* The size that most strong round peaks have, or what somebody who knows says:
 * `fwhm`, unless that is 0. The search begins with a filter of its sigma and
 * may end with another. `spare` is without marks, before and after. Returns 0
 * or -ENOMEM. */
int star_size_find(search *s, const light_map *light, float fwhm, tiles *spare,
                   star_size *out);

#endif
