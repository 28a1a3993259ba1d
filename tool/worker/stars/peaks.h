/* peaks.h: places that stand out of a filtered map. */
#ifndef TOOL_WORKER_STARS_PEAKS_H
#define TOOL_WORKER_STARS_PEAKS_H

#include <stdbool.h>
#include <stdint.h>

#include "worker/stars/filter.h"
#include "worker/light/noise_map.h"
#include "worker/light/tiles.h"

typedef struct peak {
    int x, y;
    float z;     /* height in the map, in units of its noise there; dark spots
                    as well are positive */
    float curve; /* ratio of its curvatures, 1 for a round peak; large ones for
                    ridges, and 1e9 for saddles */
    bool dark;   /* a hole of the map */
} peak;

typedef struct peak_list {
    peak *peaks;
    uint32_t count, capacity;
} peak_list;

/* Every local maximum above `threshold` times the noise, and every minimum as
 * far below zero: of the tiles that are marked, or of all with NULL. At most
 * `limit` are kept: where there are more, the threshold is doubled and all
 * begins anew. Release with peaks_free(). Returns 0 or -ENOMEM. */
int peaks_find(const filtered_map *filtered, const noise_map *noise,
               float threshold, uint32_t limit, const tiles *only,
               peak_list *out);
void peaks_free(peak_list *list);

/* Keep those that are dark, or those that are not, in their order. */
void peaks_keep(peak_list *list, bool dark);

/* Move the dark ones into a list of their own. Returns 0, or -ENOMEM with
 * nothing in it. */
int peaks_split(peak_list *list, peak_list *dark);

void peaks_drop_marked(peak_list *list, const tiles *marked);

#endif
