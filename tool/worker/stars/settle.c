/* What each star was taken for on its own is made consistent.
 *
 * A frame of a camera is searched as a person would show it, but measured in
 * its own units: there the height of a star of the picture's one width tells
 * its light better than a width of its own does, which for a faint star is half
 * noise. The brighter a star is, the better its own width is known, and the
 * more it counts: optics draw corners wider.
 */
#include "worker/stars/settle.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "worker/stars/place_grid.h"
#include "worker/stars/places.h"
#include "worker/light/rank.h"
#include "worker/light/stretch.h"
#include "worker/stars/twins.h"

#define HEIGHT_LEAST 1e-3f
/* How far widths in a picture differ, as a logarithm. */
#define WIDTHS_APART 0.1f
/* Fewer stars tell no ratio. */
#define TELLING_LEAST 5
#define TELLING_SNR 15.0f

static float *take_left(const light_map *light, workspace *ws)
{
    size_t pixels = (size_t)light->width * (size_t)light->height;

    return workspace_take(ws, WORKSPACE_REST,
                          (pixels + PLACES_SLACK) * sizeof(float));
}

/* Of two sights of a star the weaker one goes. */
static int refuse_twins(const light_map *light, candidate **stars,
                        uint32_t count)
{
    place_grid grid;
    uint32_t i, other;
    int rc = place_grid_init(&grid, light->width, light->height, count);

    if (rc < 0)
        return rc;
    for (i = 0; i < count; i++)
        place_grid_put(&grid, i, stars[i]->fit.x, stars[i]->fit.y);
    for (i = 0; i < count; i++) {
        const fit *a = &stars[i]->fit;
        place_walk walk =
            place_walk_start(&grid, a->x, a->y, (float)TWINS_REACH_MAX);

        while (stars[i]->fault == FAULT_NONE &&
               place_walk_next(&walk, &other)) {
            const fit *b = &stars[other]->fit;
            float least = FWHM_OF_SIGMA * fminf(a->size, b->size);

            if (other > i && stars[other]->fault == FAULT_NONE &&
                hypotf(a->x - b->x, a->y - b->y) < (float)twins_reach(least))
                (stars[i]->z < stars[other]->z ? stars[i] : stars[other])
                    ->fault = FAULT_KNOWN;
        }
    }
    place_grid_fini(&grid);
    return 0;
}

/* What a colour shows need not be in the light, and a white disc is no
 * Gaussian. */
static bool has_place(const candidate *c)
{
    return c->fault == FAULT_NONE && !starlike_is_colour(c) && !c->is_core;
}

static place place_of(const candidate *c, const star_locus *locus)
{
    const fit *f = &c->fit;

    return (place){ .x = f->x,
                    .y = f->y,
                    .height = fmaxf(f->height, HEIGHT_LEAST),
                    .size = expf(starlike_size_at(locus, f->height)) /
                            FWHM_OF_SIGMA,
                    .level = f->level,
                    .fixed = c->saturated };
}

/* Places of those that have one, in the order of stars. */
static uint32_t list_places(candidate *const *stars, uint32_t count,
                            const star_locus *locus, place *list)
{
    uint32_t i, n = 0;

    for (i = 0; i < count; i++)
        if (has_place(stars[i])) {
            list[n] = place_of(stars[i], locus);
            list[n++].of = i;
        }
    return n;
}

/* A star of which some was told apart, or what was. */
static candidate part_of(const candidate *whole, const place *p)
{
    candidate c = *whole;

    c.fit.x = p->x;
    c.fit.y = p->y;
    c.fit.height *= p->share;
    c.fit.light *= p->share;
    if (p->part_of > 0)
        c.z *= p->share;
    if (p->gone)
        c.fault = FAULT_KNOWN;
    return c;
}

/* The parts come last in the list. */
static int take_places(const place *list, uint32_t count, candidate **stars,
                       candidate_list *parts)
{
    uint32_t i;

    parts->candidates = malloc((count + 1) * sizeof(*parts->candidates));
    if (parts->candidates == NULL)
        return -ENOMEM;
    for (i = count; i-- > 0;) {
        candidate *whole = stars[list[i].of];

        if (list[i].part_of == 0)
            *whole = part_of(whole, &list[i]);
        else if (list[i].sure && !list[i].gone)
            parts->candidates[parts->count++] = part_of(whole, &list[i]);
    }
    return 0;
}

int settle_candidates(const light_map *light, candidate **stars, uint32_t count,
                      const settle_options *how, workspace *ws,
                      candidate_list *parts)
{
    unstretch bent = unstretch_learn(how->locus, how->middle);
    places_sky sky = { .light = light,
                       .left = take_left(light, ws),
                       .noise = how->settled_again ? INFINITY : how->noise,
                       .bent = &bent };
    place *list = malloc((PLACES_GROWTH * (size_t)count + 1) * sizeof(*list));
    uint32_t n = 0;
    int rc = -ENOMEM;

    *parts = (candidate_list){ 0 };
    if (sky.left == NULL || list == NULL)
        goto out;
    rc = refuse_twins(light, stars, count);
    if (rc < 0)
        goto out;
    n = list_places(stars, count, how->locus, list);
    rc = places_settle(&sky, list, &n);
    if (rc == 0)
        rc = take_places(list, n, stars, parts);
out:
    free(list);
    return rc;
}

/* What a stretched star is like, its light is not. */
static void take_fit(job_star *star, const fit *own, float size_shown)
{
    float ratio = sqrtf(fmaxf(own->axis_ratio, 0.1f));

    star->peak = isfinite(own->height) ? own->height : 0;
    /* A neighbour may draw the fit away; then what its height says. */
    star->flux = own->converged && isfinite(own->light)
                     ? own->light
                     : 2 * (float)M_PI * size_shown * size_shown * star->peak;
    if (!own->converged || (star->flags & JOB_STAR_SATURATED))
        return;
    star->fwhm = FWHM_OF_SIGMA * own->size;
    star->a = own->size / ratio;
    star->b = own->size * ratio;
    star->theta = own->theta;
}

/* Whether it is as wide as the others, but for noise. */
static bool is_plain(const job_star *star)
{
    return !(star->flags & (JOB_STAR_SATURATED | JOB_STAR_WIDE));
}

/* Whether its own fit says something of it. */
static bool has_width(const job_star *star, const fit *own)
{
    return is_plain(star) && own->converged && own->light > 0;
}

/* The middle width of plain stars, or 0. */
static float middle_size(const job_star *stars, const fit *fits, uint32_t count,
                         float *room)
{
    uint32_t i;
    int n = 0;

    for (i = 0; i < count; i++)
        if (has_width(&stars[i], &fits[i]))
            room[n++] = fits[i].size;
    return n > 0 ? rank_select(room, n, n / 2) : 0;
}

/* How much light a unit of height is, by stars that are alone and strong. */
static float middle_light(const job_star *stars, const fit *fits,
                          const place *list, uint32_t count, float *room)
{
    uint32_t i;
    int n = 0;

    for (i = 0; i < count; i++)
        if (has_width(&stars[i], &fits[i]) && !list[i].touches &&
            stars[i].snr > TELLING_SNR)
            room[n++] = fits[i].light / list[i].height;
    return n >= TELLING_LEAST ? rank_select(room, n, n / 2) : 0;
}

/* Its light by the picture's width, and by its own as far as that is known. */
static float light_of(const job_star *star, const fit *own, const place *p,
                      float light_of_one)
{
    float noise = 1 / fmaxf(star->snr, 1);
    float share = WIDTHS_APART * WIDTHS_APART /
                  (WIDTHS_APART * WIDTHS_APART + noise * noise);

    if (p->touches || !has_width(star, own))
        return light_of_one * p->height;
    return expf(share * logf(own->light) +
                (1 - share) * logf(light_of_one * p->height));
}

static void take_place(const light_map *light, job_star *star, const fit *own,
                       const place *p, float light_of_one)
{
    float flux = light_of(star, own, p, light_of_one);

    star->x = fmin(fmax((double)p->x, 0), light->width - 1.0);
    star->y = fmin(fmax((double)p->y, 0), light->height - 1.0);
    if (light_of_one > 0 && isfinite(flux))
        star->flux = flux;
}

/* What was told from another has its shape. */
static job_star part_of_star(const light_map *light, const job_star *whole,
                             const fit *own, const place *p, float light_of_one)
{
    job_star star = *whole;

    star.snr *= p->share;
    star.peak *= p->share;
    take_place(light, &star, own, p, light_of_one);
    return star;
}

/* Room for what grew out of the stars, behind them. */
static int settle_plain(const places_sky *sky, job_star *stars, const fit *fits,
                        uint32_t *count, float size, place *list, float *room)
{
    float light_of_one;
    uint32_t i, kept = 0, n = *count;
    int rc;

    for (i = 0; i < n; i++)
        list[i] = (place){ .x = (float)stars[i].x,
                           .y = (float)stars[i].y,
                           .height = fmaxf(fits[i].height, HEIGHT_LEAST),
                           .size = size,
                           .level = fits[i].level,
                           .of = i,
                           .fixed = !is_plain(&stars[i]) };
    rc = places_settle(sky, list, &n);
    if (rc < 0)
        return rc;
    light_of_one = middle_light(stars, fits, list, *count, room);
    for (i = *count; i < n; i++)
        stars[i] = part_of_star(sky->light, &stars[list[i].of],
                                &fits[list[i].of], &list[i], light_of_one);
    for (i = 0; i < n; i++) {
        job_star star = stars[i];

        if (list[i].gone || (list[i].part_of > 0 && !list[i].sure))
            continue;
        if (!list[i].fixed && list[i].part_of == 0)
            take_place(sky->light, &star, &fits[i], &list[i], light_of_one);
        stars[kept++] = star;
    }
    *count = kept;
    return 0;
}

int settle_frame(const light_map *light, job_star *stars, uint32_t *count,
                 workspace *ws)
{
    fit *fits = malloc((*count + 1) * sizeof(*fits));
    place *list = malloc((PLACES_GROWTH * (size_t)*count + 1) * sizeof(*list));
    float *room = malloc((*count + 1) * sizeof(*room)), size;
    places_sky sky = { .light = light,
                       .left = take_left(light, ws),
                       .noise = stretch_look(light).noise };
    uint32_t i;
    int rc = -ENOMEM;

    if (fits == NULL || list == NULL || room == NULL || sky.left == NULL)
        goto out;
    for (i = 0; i < *count; i++) {
        float shown = stars[i].fwhm / FWHM_OF_SIGMA;

        fits[i] = fit_peak(light, (int)lrint(stars[i].x),
                           (int)lrint(stars[i].y), shown, 1);
        take_fit(&stars[i], &fits[i], shown);
    }
    size = middle_size(stars, fits, *count, room);
    rc =
        size > 0 ? settle_plain(&sky, stars, fits, count, size, list, room) : 0;
out:
    free(room);
    free(list);
    free(fits);
    return rc;
}
