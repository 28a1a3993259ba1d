/* crowd.h: candidates that neighbours left without a shape. */
#ifndef TOOL_WORKER_STARS_CROWD_H
#define TOOL_WORKER_STARS_CROWD_H

#include "worker/stars/search.h"
#include "worker/stars/starlike.h"

/* Accept those among accepted ones as stars of the picture's shape. Returns 0
 * or -ENOMEM. */
int crowd_take_in(candidate_list *list, const light_map *light,
                  const star_locus *locus);

#endif
