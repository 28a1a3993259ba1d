/* Colours show again what luminance showed; of that only what stands out much
 * better is news.
 */
#include "worker/stars/known.h"

#include <math.h>

#include "worker/stars/place_grid.h"

#define GAIN_MIN 1.4f
/* Of the width of a star, and pixels. */
#define REACH 0.6f
#define REACH_LEAST 1.5f

/* What is at the same place, and hardly weaker. */
static bool is_known(const candidate *c, const candidate *all,
                     const place_grid *grid, float reach)
{
    place_walk walk = place_walk_start(grid, c->fit.x, c->fit.y, reach);
    uint32_t entry;

    while (place_walk_next(&walk, &entry)) {
        const candidate *k = &all[entry];

        if (hypotf(k->fit.x - c->fit.x, k->fit.y - c->fit.y) < reach &&
            c->z < GAIN_MIN * k->z)
            return true;
    }
    return false;
}

int known_refuse(candidate_list *list, uint32_t first, const light_map *light,
                 float fwhm, bool accepted)
{
    float reach = fmaxf(REACH_LEAST, REACH * fwhm);
    candidate *all = list->candidates;
    place_grid grid;
    uint32_t i;
    int rc = place_grid_init(&grid, light->width, light->height, first);

    if (rc < 0)
        return rc;
    for (i = 0; i < first; i++)
        if (!all[i].dark && !(accepted && all[i].fault != FAULT_NONE))
            place_grid_put(&grid, i, all[i].fit.x, all[i].fit.y);
    for (i = first; i < list->count; i++)
        if (starlike_is_colour(&all[i]) && !all[i].dark &&
            is_known(&all[i], all, &grid, reach))
            all[i].fault = FAULT_KNOWN;
    place_grid_fini(&grid);
    return 0;
}
