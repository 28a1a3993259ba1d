/* The order of the work: how large are stars here, what has that size in the
 * luminance and in the colours, and which of that are stars.
 *
 * The filter is what costs time, and it goes over the whole picture once where
 * that can be: the first look, at a size that most pictures have, serves as the
 * search if it was near enough. What is subtracted afterwards changes the
 * filtered map around it only, and only there is it made anew.
 */
#include "worker/stars/finder.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "worker/light/colours.h"
#include "worker/stars/cores.h"
#include "worker/stars/crowd.h"
#include "worker/stars/field.h"
#include "worker/stars/filter.h"
#include "worker/stars/known.h"
#include "worker/stars/odds.h"
#include "worker/stars/profile.h"
#include "worker/stars/roughness.h"
#include "worker/stars/settle.h"
#include "worker/stars/star_size.h"
#include "worker/stars/strokes.h"

#define COLOUR_THRESHOLD_FACTOR 1.2f
#define DARK_Z_MIN 3.6f
#define SHARPER_THRESHOLD_FACTOR 1.08f
/* In noises of the filtered map, for each pixel of its sigma: twice the noise
 * of a pixel. */
#define COLOUR_SPOT 7.0f
#define REST_SHARE 0.25f
/* Of the star size, for smooth and for rough skies. */
#define SHARE_SMOOTH 0.88f
#define SHARE_ROUGH 0.65f
#define SIGMA_LEAST 0.75f
/* Of the first look, and how far from it the right filter may be. */
#define FIRST_SIGMA 1.0f
#define NEAR_ENOUGH 1.16f
/* Fainter stars hide none. */
#define HIDING_Z 6.0f
/* Around what is brighter, the filter's wide ring shows as well. */
#define FAR_Z 15.0f

enum { ROUNDS = 3 }; /* of finding, and looking at what is left */

typedef struct work {
    const finder_options *options;
    const light_map *light;
    light_map rest; /* the light without what was found */
    float *values;  /* of that; at last, the light with the colours' excess */
    tiles dirty;    /* where it is not what was filtered */
    core_list cores;
    star_size size;
    float roughness; /* 0 .. 1 */
    search search;
    finding *out;
} work;

static float fwhm_of(const work *w)
{
    return w->size.sigma * FWHM_OF_SIGMA;
}

static void mark_around(work *w, float x, float y, float reach)
{
    tiles_mark(&w->dirty,
               (tile_area){ (int)floorf(x - reach), (int)floorf(y - reach),
                            (int)ceilf(x + reach) + 1,
                            (int)ceilf(y + reach) + 1 });
}

static int take_cores(work *w)
{
    float reach = (float)filter_reach(w->search.sigma, w->search.ratio);
    uint32_t i;
    int rc = cores_take(w->light, w->options->saturation - 12, fwhm_of(w),
                        w->values, &w->cores);

    for (i = 0; rc == 0 && i < w->cores.count; i++)
        mark_around(w, w->cores.cores[i].x, w->cores.cores[i].y,
                    w->cores.cores[i].reach + reach);
    return rc;
}

/* Against noise alone, the filter that is as wide as the stars is the best.
 * What is rough is rough on a larger scale than stars, so a smaller filter sees
 * less of it. */
static void choose_filter(const work *w, float *sigma, float *ratio)
{
    float share = SHARE_SMOOTH + w->roughness * (SHARE_ROUGH - SHARE_SMOOTH);

    /* But pixels are no smaller than pixels. */
    *sigma = fmaxf(share * w->size.sigma,
                   fminf(SIGMA_LEAST, SHARE_SMOOTH * w->size.sigma));
    *ratio = w->roughness < 0.5f ? FILTER_RATIO : FILTER_RATIO_MIN;
}

/* What the cores left, through the right filter. */
static int filter_rest(work *w)
{
    float ratio, sigma, now = w->search.sigma;
    bool near;

    choose_filter(w, &sigma, &ratio);
    w->search.star = w->size.sigma;
    near = !w->size.sampled && ratio == w->search.ratio &&
           sigma < NEAR_ENOUGH * now && now < NEAR_ENOUGH * sigma;
    if (near && w->dirty.marked == 0)
        return 0;
    if (!near) {
        w->search.sigma = sigma;
        w->search.ratio = ratio;
    }
    return search_filter(&w->search, &w->rest, near ? &w->dirty : NULL, false);
}

/* Judge the candidates from `first` on by what they are themselves. */
static void judge_from(work *w, uint32_t first)
{
    candidate *from = w->out->list.candidates + first;
    uint32_t count = w->out->list.count - first, i;

    starlike_check_shapes(from, count, fwhm_of(w));
    for (i = 0; i < count; i++) {
        candidate *c = &from[i];

        c->covered = cores_cover(&w->cores, c->fit.x, c->fit.y, fwhm_of(w));
        if (cores_explain(&w->cores, c->fit.x, c->fit.y, c->fit.height,
                          c->fit.axis_ratio, fwhm_of(w)))
            c->fault = FAULT_GLOW;
    }
    if (first == 0)
        starlike_find_locus(from, count, fwhm_of(w), &w->out->locus);
    starlike_check_sizes(from, count, &w->out->locus);
}

static int refuse_strokes(work *w)
{
    uint32_t strokes;

    return strokes_refuse(w->light, w->out->list.candidates, w->out->list.count,
                          fwhm_of(w), !w->options->is_frame, &strokes);
}

static int by_height(const void *a, const void *b)
{
    const candidate *s = *(candidate *const *)a, *t = *(candidate *const *)b;

    return (s->fit.height < t->fit.height) - (s->fit.height > t->fit.height);
}

/* The accepted ones from `first` on, brightest first; free() them. */
static candidate **sort_stars(const candidate_list *list, uint32_t first,
                              uint32_t *count)
{
    candidate **stars = malloc((list->count - first + 1) * sizeof(*stars));
    uint32_t i;

    *count = 0;
    if (stars == NULL)
        return NULL;
    for (i = first; i < list->count; i++)
        if (list->candidates[i].fault == FAULT_NONE &&
            !list->candidates[i].dark)
            stars[(*count)++] = &list->candidates[i];
    qsort(stars, *count, sizeof(candidate *), by_height);
    return stars;
}

/* Take the stars from `first` on away from the values that they were found
 * in. */
static int subtract_stars(work *w, uint32_t first)
{
    int near = (int)ceilf(3 * w->search.sigma) + 1;
    int far = filter_reach(w->search.sigma, w->search.ratio);
    uint32_t count, i;
    candidate **stars = sort_stars(&w->out->list, first, &count);

    if (stars == NULL)
        return -ENOMEM;
    if (first == 0)
        tiles_clear(&w->dirty);
    for (i = 0; i < count; i++) {
        const fit *f = &stars[i]->fit;
        profile p;

        if (stars[i]->z < HIDING_Z)
            continue;
        p = profile_measure(&w->rest, f->x, f->y, FIT_RING_RADIUS(f->size),
                            f->level);
        profile_add(&p, -1, w->values, w->rest.width, w->rest.height);
        mark_around(w, f->x, f->y,
                    p.reach + (float)(stars[i]->z > FAR_Z ? far : near));
    }
    free(stars);
    return 0;
}

/* Weak dark spots are many and tell no more than the others. */
static void drop_weak_darks(peak_list *list)
{
    uint32_t i, n = 0;

    for (i = 0; i < list->count; i++)
        if (!list->peaks[i].dark || list->peaks[i].z > DARK_Z_MIN)
            list->peaks[n++] = list->peaks[i];
    list->count = n;
}

/* What is bright; then, without the stars among that, what is dark where
 * nothing was subtracted and the map stays as it is: those from `*end` on, not
 * judged yet. */
static int search_light(work *w, uint32_t *end)
{
    peak_list bright, dark;
    int rc = search_peaks(&w->search, w->options->threshold, NULL, &bright);

    if (rc < 0)
        return rc;
    drop_weak_darks(&bright);
    rc = peaks_split(&bright, &dark);
    if (rc == 0)
        rc = search_look_at(&w->search, &w->rest, &bright, PLANE_LIGHT,
                            &w->out->list);
    peaks_free(&bright);
    if (rc < 0)
        goto out;
    judge_from(w, 0);
    rc = refuse_strokes(w);
    if (rc == 0)
        rc = subtract_stars(w, 0);
    if (rc < 0)
        goto out;
    *end = w->out->list.count;
    peaks_drop_marked(&dark, &w->dirty);
    rc = search_look_at(&w->search, &w->rest, &dark, PLANE_REST, &w->out->list);
out:
    peaks_free(&dark);
    return rc;
}

static float value_at(const light_map *map, float x, float y)
{
    int column = (int)lrintf(x), row = (int)lrintf(y);

    column = column < 0 ? 0 : column >= map->width ? map->width - 1 : column;
    row = row < 0 ? 0 : row >= map->height ? map->height - 1 : row;
    return map->values[(size_t)row * (size_t)map->width + (size_t)column];
}

/* Between the remains of brighter stars only what is more than their share. */
static void refuse_remains(const work *w, uint32_t first)
{
    uint32_t i;

    for (i = first; i < w->out->list.count; i++) {
        candidate *c = &w->out->list.candidates[i];

        if (c->dark)
            continue;
        c->taken = value_at(w->light, c->fit.x, c->fit.y) -
                   value_at(&w->rest, c->fit.x, c->fit.y);
        if (c->fit.height < REST_SHARE * c->taken)
            c->fault = FAULT_GLOW;
    }
}

/* Once more where stars were taken away; `apart` if through another filter than
 * before. */
static int search_rest(work *w, uint32_t first, bool apart)
{
    peak_list peaks;
    int rc;

    if (w->dirty.marked > 0) {
        rc = search_filter(&w->search, &w->rest, &w->dirty, apart);
        if (rc == 0)
            rc = search_peaks(&w->search,
                              (apart ? SHARPER_THRESHOLD_FACTOR : 1) *
                                  w->options->threshold,
                              &w->dirty, &peaks);
        if (rc < 0)
            return rc;
        if (apart)
            peaks_keep(&peaks, false);
        drop_weak_darks(&peaks);
        rc = search_look_at(&w->search, &w->rest, &peaks,
                            apart ? PLANE_SHARPER : PLANE_REST, &w->out->list);
        peaks_free(&peaks);
        if (rc < 0)
            return rc;
    }
    judge_from(w, first);
    refuse_remains(w, first);
    return 0;
}

/* What is left, then through a smaller filter, which tells from each other what
 * the right one sees as one, until nothing new is found. */
static int search_rests(work *w, uint32_t first)
{
    float sigma = w->search.sigma, ratio = w->search.ratio;
    int rc = search_rest(w, first, false), round;

    for (round = 1; round < ROUNDS && rc == 0; round++) {
        uint32_t end = w->out->list.count;

        rc = subtract_stars(w, first);
        if (rc < 0 || w->dirty.marked == 0)
            break;
        w->search.sigma =
            fmaxf(SHARE_ROUGH * w->size.sigma, fminf(SIGMA_LEAST, sigma));
        w->search.ratio = FILTER_RATIO_MIN;
        first = end;
        rc = search_rest(w, first, true);
    }
    w->search.sigma = sigma;
    w->search.ratio = ratio;
    return rc;
}

static int search_colours(work *w)
{
    peak_list peaks;
    int rc;

    colours_take(&w->options->chroma, w->light, &w->dirty,
                 filter_reach(w->search.sigma, w->search.ratio) +
                     3 * FIT_REACH_MAX,
                 w->values);
    rc = search_filter(&w->search, &w->rest, &w->dirty, true);
    if (rc == 0)
        rc = search_peaks(&w->search,
                          COLOUR_THRESHOLD_FACTOR * w->options->threshold,
                          &w->dirty, &peaks);
    if (rc < 0)
        return rc;
    rc = search_look_at(&w->search, &w->rest, &peaks, PLANE_COLOUR,
                        &w->out->list);
    peaks_free(&peaks);
    return rc;
}

static int look_for_colours(work *w, uint32_t first)
{
    int rc;

    if (w->options->chroma.coarse == NULL && w->options->chroma.fine == NULL)
        return 0;
    tiles_clear(&w->dirty);
    colours_mark(&w->options->chroma, &w->search.noise,
                 COLOUR_SPOT * w->search.sigma, &w->dirty);
    if (w->dirty.marked == 0)
        return 0;
    rc = search_colours(w);
    if (rc < 0)
        return rc;
    judge_from(w, first);
    return known_refuse(&w->out->list, first, w->light, fwhm_of(w), false);
}

static int append_cores(const core_list *cores, candidate_list *out)
{
    candidate *grown =
        realloc(out->candidates,
                (out->count + cores->count + 1) * sizeof(*out->candidates));
    uint32_t i;

    if (grown == NULL)
        return -ENOMEM;
    out->candidates = grown;
    for (i = 0; i < cores->count; i++) {
        const core *c = &cores->cores[i];
        float size = c->half_radius / 1.1774f;

        out->candidates[out->count++] =
            (candidate){ .fit = { .x = c->x,
                                  .y = c->y,
                                  .size = size,
                                  .axis_ratio = 1,
                                  .height = c->height,
                                  .level = c->level,
                                  .light =
                                      2 * (float)M_PI * size * size * c->height,
                                  .converged = true },
                         .z = 1000,
                         .curve = 1,
                         .contrast = 1000,
                         .saturated = true,
                         .is_core = true };
    }
    return 0;
}

static int append(candidate_list *to, const candidate_list *from)
{
    candidate *grown =
        realloc(to->candidates, ((size_t)to->count + from->count + 1) *
                                    sizeof(*to->candidates));

    if (grown == NULL)
        return -ENOMEM;
    to->candidates = grown;
    if (from->count > 0)
        memcpy(grown + to->count, from->candidates,
               from->count * sizeof(*grown));
    to->count += from->count;
    return 0;
}

static int settle_places(work *w)
{
    settle_options how = { .locus = &w->out->locus,
                           .noise = fmaxf(w->options->pixel_noise,
                                          w->options->noise_floor),
                           .middle = w->options->pixel_middle,
                           .settled_again = w->options->is_rescaled };
    candidate_list parts = { 0 };
    uint32_t count;
    candidate **stars = sort_stars(&w->out->list, 0, &count);
    int rc = stars == NULL ? -ENOMEM
                           : settle_candidates(w->light, stars, count, &how,
                                               w->search.ws, &parts);

    if (rc == 0)
        rc = append(&w->out->list, &parts);
    free(parts.candidates);
    free(stars);
    return rc;
}

static int search_all(work *w)
{
    uint32_t first, colours;
    int rc = search_light(w, &first);

    if (rc == 0)
        rc = search_rests(w, first);
    colours = w->out->list.count;
    if (rc == 0)
        rc = look_for_colours(w, colours);
    if (rc == 0)
        rc = refuse_strokes(w);
    if (rc == 0)
        rc = append_cores(&w->cores, &w->out->list);
    if (rc == 0)
        rc = starlike_check_merits(
            w->out->list.candidates, w->out->list.count,
            &(odds_picture){ .light = w->light,
                             .fwhm = fwhm_of(w),
                             .step = w->options->step,
                             .is_frame = w->options->is_frame },
            w->options->listener);
    if (rc == 0)
        rc = known_refuse(&w->out->list, colours, w->light, fwhm_of(w), true);
    return rc;
}

int finder_run(const light_map *light, const finder_options *options,
               workspace *ws, finding *out)
{
    size_t bytes = (size_t)light->width * (size_t)light->height * sizeof(float);
    work w = { .options = options,
               .light = light,
               .values = workspace_take(ws, WORKSPACE_REST, bytes),
               .search = { .ws = ws,
                           .sigma = FIRST_SIGMA,
                           .ratio = FILTER_RATIO,
                           .noise_floor = options->noise_floor,
                           .saturation = options->saturation },
               .out = out };
    int rc;

    *out = (finding){ 0 };
    if (w.values == NULL ||
        tiles_init(&w.dirty, light->width, light->height) < 0)
        return -ENOMEM;
    w.rest = (light_map){ w.values, light->width, light->height };
    out->locus.keep_wide = options->keep_wide;
    out->locus.white = options->is_rescaled ? INFINITY : options->saturation;
    rc = star_size_find(&w.search, light, options->star_width, &w.dirty,
                        &w.size);
    memcpy(w.values, light->values, bytes);
    if (rc == 0) {
        w.roughness =
            roughness_of(light, &w.search.noise, w.search.sigma,
                         fmaxf(options->pixel_noise, options->noise_floor));
        rc = take_cores(&w);
    }
    if (rc == 0)
        rc = filter_rest(&w);
    if (rc == 0)
        rc = search_all(&w);
    /* Before second sights of stars are refused, which speak for stars. */
    if (rc == 0)
        out->field =
            field_judge(out->list.candidates, out->list.count, w.size.agreeing);
    if (rc == 0 && out->field == JOB_FIELD_STARS)
        rc = crowd_take_in(&out->list, light, &out->locus);
    if (rc == 0 && out->field == JOB_FIELD_STARS)
        rc = settle_places(&w);
    free(w.cores.cores);
    tiles_fini(&w.dirty);
    search_fini(&w.search);
    if (rc < 0) {
        free(out->list.candidates);
        *out = (finding){ 0 };
    }
    return rc;
}
