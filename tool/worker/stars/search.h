/* search.h: what in a plane has the size of a star. */
#ifndef TOOL_WORKER_STARS_SEARCH_H
#define TOOL_WORKER_STARS_SEARCH_H

#include "worker/stars/peaks.h"
#include "worker/stars/starlike.h"
#include "worker/light/tiles.h"
#include "worker/pixels/workspace.h"

typedef struct search {
    workspace *ws;
    float noise_floor; /* of a pixel */
    float saturation;
    float sigma, ratio;    /* of the filter */
    float star;            /* sigma of the picture's stars; 0: not known yet */
    filtered_map filtered; /* the last plane that was filtered */
    noise_map noise;       /* of that */
} search;

typedef struct candidate_list {
    candidate *candidates; /* free() */
    uint32_t count;
} candidate_list;

void search_fini(search *s);

/* See a plane through the filter of s->sigma and s->ratio: the tiles that are
 * marked, the others staying as they are, or all with NULL. With `apart` the
 * others are of another plane and tell nothing about its noise. Returns 0 or
 * -ENOMEM. */
int search_filter(search *s, const light_map *plane, tiles *only, bool apart);

/* Peaks of the plane seen last. Returns 0 or -ENOMEM. */
int search_peaks(const search *s, float threshold, const tiles *only,
                 peak_list *out);

/* Add a candidate for each of the peaks. The plane is the one that was
 * filtered. Returns 0 or -ENOMEM. */
int search_look_at(const search *s, const light_map *plane,
                   const peak_list *peaks, int plane_number,
                   candidate_list *out);

#endif
