/* A fit needs the flanks of its star.
 *
 * In the middle of a cluster these belong to others: the fit is drawn away, or
 * finds no finite size, and the candidate is refused before anything else of it
 * is weighed. What stands out there is a star all the same, since nothing but
 * stars is around. It is taken for one of the picture's shape at its peak;
 * settling it among the others tells where exactly it is.
 */
#include "worker/stars/crowd.h"

#include <math.h>

#include "worker/stars/place_grid.h"

/* Neighbours of a candidate, and of a star in a crowd. */
enum { CLOSE_LEAST = 5, CROWD_LEAST = 8 };

/* In widths: who is close by, and who may be the same star. */
#define CLOSE 4.0f
#define SAME 1.0f
/* Of all stars. */
#define CROWD_SHARE 0.2f
/* In noises of the filtered map. */
#define STANDING_OUT 3.5f

typedef struct crowd {
    candidate_list *list;
    float fwhm;
    place_grid grid; /* of the accepted ones */
} crowd;

/* Those that may still be taken in. */
static bool is_shapeless(const candidate *c)
{
    return c->fault == FAULT_SHAPELESS && !c->dark && !c->saturated &&
           !starlike_is_colour(c) && c->z > STANDING_OUT && c->fit.height > 0;
}

/* How many accepted ones are within so many widths of that place. */
static uint32_t count_around(const crowd *w, const fit *at, float widths)
{
    float reach = widths * w->fwhm;
    place_walk walk = place_walk_start(&w->grid, at->x, at->y, reach);
    uint32_t other, count = 0;

    while (place_walk_next(&walk, &other)) {
        const fit *f = &w->list->candidates[other].fit;

        count += hypotf(f->x - at->x, f->y - at->y) < reach;
    }
    return count;
}

/* Whether the picture has a crowd, and not only stars that meet. */
static bool is_crowded(const crowd *w)
{
    uint32_t i, all = 0, crowded = 0;

    for (i = 0; i < w->list->count; i++) {
        const candidate *c = &w->list->candidates[i];

        if (c->fault != FAULT_NONE || c->dark)
            continue;
        all++;
        /* It is one of those that are counted. */
        crowded += count_around(w, &c->fit, CLOSE) >= 1 + CROWD_LEAST;
    }
    return (float)crowded > CROWD_SHARE * (float)all;
}

static void give_shape(candidate *c, const star_locus *locus)
{
    fit *f = &c->fit;

    f->size = expf(starlike_size_at(locus, f->height)) / FWHM_OF_SIGMA;
    f->axis_ratio = 1;
    f->light = 2 * (float)M_PI * f->size * f->size * f->height;
    f->converged = true;
    c->fault = FAULT_NONE;
}

int crowd_take_in(candidate_list *list, const light_map *light,
                  const star_locus *locus)
{
    crowd w = { .list = list, .fwhm = locus->fwhm };
    uint32_t i;
    int rc = place_grid_init(&w.grid, light->width, light->height, list->count);

    if (rc < 0)
        return rc;
    for (i = 0; i < list->count; i++) {
        const candidate *c = &list->candidates[i];

        if (c->fault == FAULT_NONE && !c->dark)
            place_grid_put(&w.grid, i, c->fit.x, c->fit.y);
    }
    if (!is_crowded(&w))
        goto out;
    for (i = 0; i < list->count; i++) {
        candidate *c = &list->candidates[i];

        if (!is_shapeless(c) || count_around(&w, &c->fit, SAME) > 0 ||
            count_around(&w, &c->fit, CLOSE) < CLOSE_LEAST)
            continue;
        give_shape(c, locus);
        place_grid_put(&w.grid, i, c->fit.x, c->fit.y);
    }
out:
    place_grid_fini(&w.grid);
    return 0;
}
