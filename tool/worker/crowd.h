/* crowd.h: candidates that neighbours left without a shape. */
#ifndef TOOL_WORKER_CROWD_H
#define TOOL_WORKER_CROWD_H

#include "worker/search.h"
#include "worker/starlike.h"

/* Accept those among accepted ones as stars of the picture's shape. Returns 0
 * or -ENOMEM. */
int crowd_take_in(candidate_list *list, const light_map *light,
                  const star_locus *locus);

#endif
