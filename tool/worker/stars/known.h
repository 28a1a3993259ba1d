/* known.h: what the colours show of what luminance shows already. */
#ifndef TOOL_WORKER_STARS_KNOWN_H
#define TOOL_WORKER_STARS_KNOWN_H

#include "worker/stars/search.h"

/* Refuse candidates of the colours, from `first` on, that one of the others
 * explains, by its place and strength; with `accepted` only those count that
 * are stars by now. Returns 0 or -ENOMEM. */
int known_refuse(candidate_list *list, uint32_t first, const light_map *light,
                 float fwhm, bool accepted);

#endif
