/* places.h: where exactly the stars of a picture are, all of them together. */
#ifndef TOOL_WORKER_PLACES_H
#define TOOL_WORKER_PLACES_H

#include "worker/starlike.h"

/* Floats behind the last pixel of `left` that may be read. */
enum { PLACES_SLACK = 7 };

/* Refuse what is a second sight of another, and settle place and height of
 * those that touch others, with these taken away. `stars` are accepted, and the
 * brightest come first; `left` has room for a copy of the light, and slack.
 * Returns 0 or -ENOMEM. */
int places_settle(const light_map *light, float *left, candidate **stars,
                  uint32_t count, const star_locus *locus);

#endif
