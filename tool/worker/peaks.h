/* peaks.h: places that stand out of a filtered map. */
#ifndef TOOL_WORKER_PEAKS_H
#define TOOL_WORKER_PEAKS_H

#include <stdint.h>

#include "worker/noise_map.h"

typedef struct peak {
    int x, y;
    float z;     /* height in the map, in units of its noise there; dark spots
                    as well are positive */
    float curve; /* ratio of its curvatures, 1 for a round peak; large ones for
                    ridges, and 1e9 for saddles */
} peak;

typedef struct peak_list {
    peak *peaks; /* from top to bottom, left to right */
    uint32_t count, capacity;
} peak_list;

/* Add every local maximum of `sign` times the map that is above `threshold`
 * times the noise. At most `limit` peaks are kept: where there are more, the
 * threshold is doubled and all begins anew. Release with peaks_free().
 * Returns 0 or -ENOMEM. */
int peaks_find(const light_map *map, const noise_map *noise, float sign,
               float threshold, uint32_t limit, peak_list *out);
void peaks_free(peak_list *list);

#endif
