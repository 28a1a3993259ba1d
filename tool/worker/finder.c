/* The order of the work: how large are stars here, what has that size in the
 * luminance and in the colours, and which of that are stars.
 */
#include "worker/finder.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "worker/cores.h"
#include "worker/field.h"
#include "worker/filter.h"
#include "worker/peaks.h"
#include "worker/place_grid.h"
#include "worker/profile.h"
#include "worker/strokes.h"

#define FWHM_OF_SIGMA 2.3548f
#define COLOUR_THRESHOLD_FACTOR 1.2f
#define STRONG_Z 7.0f
#define COLOUR_GAIN_MIN 1.4f
#define REST_SHARE 0.25f
#define FILTER_SHARE 0.85f

enum { PEAKS_MAX = 200000, TELLING_MAX = 1500 };

typedef struct search {
    const finder_options *options;
    workspace *ws;
    float sigma;        /* of the filter */
    light_map filtered; /* the last plane that was searched */
    float threshold;    /* in noises of the filtered map */
} search;

/* What rounding alone leaves in a filtered map: the Gaussian averages over
 * 4 pi sigma^2 pixels. */
static float filtered_floor(float pixel_floor, float sigma)
{
    return pixel_floor / (2 * sqrtf((float)M_PI) * fmaxf(sigma, 0.4f));
}

/* Peaks of one plane, upwards or downwards. */
static int search_plane(search *s, const light_map *plane, peak_list *bright,
                        peak_list *dark)
{
    size_t size = (size_t)plane->width * (size_t)plane->height * sizeof(float);
    float *values = workspace_take(s->ws, WORKSPACE_FILTER, size);
    light_map filtered = { values, plane->width, plane->height };
    noise_map noise = { 0 };
    int rc;

    if (values == NULL)
        return -ENOMEM;
    s->filtered = filtered;
    rc = filter_zero_sum(plane, s->sigma, values, s->ws);
    if (rc == 0)
        rc = noise_map_make(&filtered,
                            filtered_floor(s->options->noise_floor, s->sigma),
                            &noise);
    if (rc == 0)
        rc = peaks_find(&filtered, &noise, 1, s->threshold, PEAKS_MAX, bright);
    if (rc == 0 && dark != NULL) {
        rc = peaks_find(&filtered, &noise, -1, s->threshold, PEAKS_MAX, dark);
        if (rc < 0)
            peaks_free(bright);
    }
    noise_map_free(&noise);
    return rc;
}

static float value_at(const light_map *map, int x, int y)
{
    return map->values[(size_t)y * (size_t)map->width + (size_t)x];
}

/* How far the peak stands out of the filtered map close by. */
static void measure_contrast(const search *s, const peak *p, candidate *c)
{
    float sign = c->dark ? -1 : 1, level = 0, scatter = 0;

    fit_ring(&s->filtered, p->x, p->y, FIT_RING_RADIUS(s->sigma), sign, &level,
             &scatter);
    c->contrast =
        scatter > 0
            ? (sign * value_at(&s->filtered, p->x, p->y) - level) / scatter
            : 1e3f;
}

static candidate look_at(const search *s, const light_map *plane, const peak *p,
                         bool dark)
{
    candidate c = { .z = p->z, .curve = p->curve, .dark = dark };

    measure_contrast(s, p, &c);
    /* Most peaks are noise. What is weak and fails already is not worth a fit;
     * what is strong has a say in what the picture shows. */
    if (p->z < STRONG_Z &&
        (p->curve > STARLIKE_CURVE_MAX || c.contrast < STARLIKE_CONTRAST_MIN))
        c.fit = fit_glance(plane, p->x, p->y, s->sigma, dark ? -1 : 1);
    else
        c.fit = fit_peak(plane, p->x, p->y, s->sigma, dark ? -1 : 1);
    c.saturated =
        !dark && value_at(plane, p->x, p->y) >= s->options->saturation;
    return c;
}

static int append(finding *out, const search *s, const light_map *plane,
                  const peak_list *peaks, int number, bool dark)
{
    size_t total = (size_t)out->count + peaks->count;
    candidate *grown =
        realloc(out->candidates, (total + 1) * sizeof(*out->candidates));
    uint32_t i;

    if (grown == NULL)
        return -ENOMEM;
    out->candidates = grown;
    for (i = 0; i < peaks->count; i++) {
        candidate c = look_at(s, plane, &peaks->peaks[i], dark);

        c.plane = (uint8_t)number;
        out->candidates[out->count++] = c;
    }
    return 0;
}

static int by_z(const void *a, const void *b)
{
    const peak *s = a, *t = b;

    return (s->z < t->z) - (s->z > t->z);
}

/* Sizes of the strongest peaks at one size of the filter. */
static int guess_at(search *s, const light_map *light, float sigma, float *size,
                    uint32_t *agreeing)
{
    finding found = { 0 };
    peak_list peaks;
    int rc;

    s->sigma = sigma;
    s->threshold = 6;
    rc = search_plane(s, light, &peaks, NULL);
    if (rc < 0)
        return rc;
    if (peaks.count > TELLING_MAX) {
        qsort(peaks.peaks, peaks.count, sizeof(*peaks.peaks), by_z);
        peaks.count = TELLING_MAX;
    }
    rc = append(&found, s, light, &peaks, 0, false);
    peaks_free(&peaks);
    if (rc == 0)
        *size = starlike_size(found.candidates, found.count, 9, agreeing);
    if (rc == 0 && *agreeing < 5)
        *size = starlike_size(found.candidates, found.count, 6, agreeing);
    free(found.candidates);
    return rc;
}

/* The star size, as sigma. A filter much smaller than the stars sees each of
 * them as several, so what it says is asked again at that size. */
static int find_size(search *s, const light_map *light, float *size,
                     uint32_t *sure)
{
    uint32_t agreeing, again;
    float larger;
    int rc = guess_at(s, light, 1.1f, size, &agreeing);

    if (rc == 0 && (agreeing < 5 || *size > 2)) {
        rc = guess_at(s, light, agreeing < 5 ? 2.2f : *size, &larger, &again);
        if (rc == 0 && again > agreeing)
            *size = larger;
        agreeing = again > agreeing ? again : agreeing;
    }
    if (rc == 0 && agreeing < 3)
        *size = 1.1f;
    *size = fminf(fmaxf(*size, 0.5f), FILTER_SIGMA_MAX);
    *sure = agreeing;
    return rc;
}

static bool has_colour(const picture *p)
{
    int rows = tjPlaneHeight(1, (int)p->height, p->subsampling);
    size_t count = (size_t)p->strides[1] * (size_t)rows, i, n = 0;
    uint64_t sum = 0;

    for (i = 0; i < count; i += 7, n++)
        sum +=
            (uint64_t)(abs(p->planes[1][i] - 128) + abs(p->planes[2][i] - 128));
    return n > 0 && 5 * sum > n;
}

/* The larger of red and blue (BT.601), so that stars of either colour are
 * found in one search. */
static float *take_colours(const picture *p, const light_map *light,
                           workspace *ws)
{
    int width = light->width, height = light->height, x, y;
    int columns = tjPlaneWidth(1, width, p->subsampling);
    int rows = tjPlaneHeight(1, height, p->subsampling);
    int step_x = (width + columns - 1) / columns;
    int step_y = (height + rows - 1) / rows;
    int shift = step_x > 2 ? 2 : step_x - 1; /* 4, 2 or 1 pixels a sample */
    float *out = workspace_take(ws, WORKSPACE_COLOUR,
                                (size_t)width * (size_t)height * sizeof(*out));

    if (out == NULL)
        return NULL;
    for (y = 0; y < height; y++) {
        const uint8_t *blue =
            p->planes[1] + (size_t)(y / step_y) * (size_t)p->strides[1];
        const uint8_t *red =
            p->planes[2] + (size_t)(y / step_y) * (size_t)p->strides[2];
        const float *grey = light->values + (size_t)y * (size_t)width;
        float *to = out + (size_t)y * (size_t)width;

        for (x = 0; x < width; x++) {
            float more_blue = 1.772f * (float)(blue[x >> shift] - 128);
            float more_red = 1.402f * (float)(red[x >> shift] - 128);

            to[x] = grey[x] + (more_blue > more_red ? more_blue : more_red);
        }
    }
    return out;
}

/* Search one plane, and what is there becomes candidates. */
static int look_for(search *s, const light_map *plane, int number,
                    bool with_dark, finding *out)
{
    peak_list bright, dark = { 0 };
    int rc = search_plane(s, plane, &bright, with_dark ? &dark : NULL);

    if (rc < 0)
        return rc;
    rc = append(out, s, plane, &bright, number, false);
    if (rc == 0)
        rc = append(out, s, plane, &dark, number, true);
    peaks_free(&bright);
    peaks_free(&dark);
    return rc;
}

/* Colours show again what luminance showed; of that only what stands out much
 * better is news. `known` candidates come first in the list. */
static int drop_known(const light_map *light, float fwhm, uint32_t known,
                      finding *out)
{
    float reach = fmaxf(1.5f, 0.6f * fwhm);
    place_grid grid;
    uint32_t i, entry;
    int rc = place_grid_init(&grid, light->width, light->height, known);

    if (rc < 0)
        return rc;
    for (i = 0; i < known; i++)
        if (!out->candidates[i].dark)
            place_grid_put(&grid, i, out->candidates[i].fit.x,
                           out->candidates[i].fit.y);
    for (i = known; i < out->count; i++) {
        candidate *c = &out->candidates[i];
        place_walk walk = place_walk_start(&grid, c->fit.x, c->fit.y, reach);

        while (!c->dark && place_walk_next(&walk, &entry)) {
            const candidate *k = &out->candidates[entry];

            if (hypotf(k->fit.x - c->fit.x, k->fit.y - c->fit.y) < reach &&
                c->z < COLOUR_GAIN_MIN * k->z)
                c->fault = FAULT_KNOWN;
        }
    }
    place_grid_fini(&grid);
    return 0;
}

static int search_colours(search *s, const light_map *light, finding *out)
{
    float *values = take_colours(s->options->chroma, light, s->ws);
    light_map map = { values, light->width, light->height };

    if (values == NULL)
        return -ENOMEM;
    s->threshold *= COLOUR_THRESHOLD_FACTOR;
    return look_for(s, &map, PLANE_COLOUR, true, out);
}

static int by_height(const void *a, const void *b)
{
    const candidate *s = *(candidate *const *)a, *t = *(candidate *const *)b;

    return (s->fit.height < t->fit.height) - (s->fit.height > t->fit.height);
}

/* The accepted ones, brightest first; free() them. */
static candidate **sort_stars(const finding *found, uint32_t *count)
{
    candidate **stars = malloc((found->count + 1) * sizeof(*stars));
    uint32_t i;

    *count = 0;
    if (stars == NULL)
        return NULL;
    for (i = 0; i < found->count; i++)
        if (found->candidates[i].fault == FAULT_NONE)
            stars[(*count)++] = &found->candidates[i];
    qsort(stars, *count, sizeof(candidate *), by_height);
    return stars;
}

/* Take the stars away from the values that they were found in. */
static int subtract_stars(const finding *found, const light_map *map,
                          float *values)
{
    uint32_t count, i;
    candidate **stars = sort_stars(found, &count);

    if (stars == NULL)
        return -ENOMEM;
    for (i = 0; i < count; i++) {
        const fit *f = &stars[i]->fit;
        profile p = profile_measure(map, f->x, f->y, FIT_RING_RADIUS(f->size),
                                    f->level);

        profile_add(&p, -1, values, map->width, map->height);
    }
    free(stars);
    return 0;
}

/* Between the remains of brighter stars only what is more than their share. */
static void refuse_remains(const light_map *light, const light_map *rest,
                           candidate *c)
{
    int x = (int)lrintf(c->fit.x), y = (int)lrintf(c->fit.y);
    float taken;

    x = x < 0 ? 0 : x >= rest->width ? rest->width - 1 : x;
    y = y < 0 ? 0 : y >= rest->height ? rest->height - 1 : y;
    taken = value_at(light, x, y) - value_at(rest, x, y);
    c->taken = taken;
    if (c->fit.height < REST_SHARE * taken)
        c->fault = FAULT_GLOW;
}

/* Judge the candidates from `first` on by what they are themselves. */
static void judge_from(uint32_t first, const core_list *cores, float fwhm,
                       bool know_locus, finding *out)
{
    uint32_t i;

    starlike_check_shapes(out->candidates + first, out->count - first, fwhm);
    for (i = first; i < out->count; i++) {
        candidate *c = &out->candidates[i];

        if (cores_explain(cores, c->fit.x, c->fit.y, c->fit.height,
                          c->fit.axis_ratio, fwhm))
            c->fault = FAULT_GLOW;
    }
    if (!know_locus)
        starlike_find_locus(out->candidates, out->count, fwhm, &out->locus);
    starlike_check_sizes(out->candidates + first, out->count - first,
                         &out->locus);
}

static int append_cores(const core_list *cores, finding *out)
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

static int search_all(search *s, const light_map *light, float size,
                      float *rest, const core_list *cores, finding *out)
{
    light_map map = { rest, light->width, light->height };
    float fwhm = size * FWHM_OF_SIGMA;
    uint32_t first, i, strokes;
    int rc = look_for(s, &map, PLANE_LIGHT, false, out);

    if (rc < 0)
        return rc;
    judge_from(0, cores, fwhm, false, out);
    rc = strokes_refuse(light, out->candidates, out->count, fwhm, &strokes);
    if (rc == 0)
        rc = subtract_stars(out, &map, rest);
    first = out->count;
    if (rc == 0)
        rc = look_for(s, &map, PLANE_REST, true, out);
    if (rc < 0)
        return rc;
    judge_from(first, cores, fwhm, true, out);
    for (i = first; i < out->count; i++)
        if (!out->candidates[i].dark)
            refuse_remains(light, &map, &out->candidates[i]);
    first = out->count;
    if (s->options->chroma != NULL && has_colour(s->options->chroma))
        rc = search_colours(s, light, out);
    if (rc < 0)
        return rc;
    judge_from(first, cores, fwhm, true, out);
    rc = drop_known(light, fwhm, first, out);
    if (rc < 0)
        return rc;
    rc = strokes_refuse(light, out->candidates, out->count, fwhm, &strokes);
    if (rc < 0)
        return rc;
    starlike_check_merits(out->candidates, out->count, fwhm,
                          (double)light->width * light->height);
    return append_cores(cores, out);
}

int finder_run(const light_map *light, const finder_options *options,
               workspace *ws, finding *out)
{
    size_t bytes = (size_t)light->width * (size_t)light->height * sizeof(float);
    float *rest = workspace_take(ws, WORKSPACE_REST, bytes);
    search s = { .options = options, .ws = ws };
    core_list cores;
    uint32_t agreeing;
    float size;
    int rc;

    *out = (finding){ 0 };
    if (rest == NULL)
        return -ENOMEM;
    rc = find_size(&s, light, &size, &agreeing);
    if (rc < 0)
        return rc;
    memcpy(rest, light->values, bytes);
    rc = cores_take(light, options->saturation - 12, size * FWHM_OF_SIGMA, rest,
                    &cores);
    if (rc < 0)
        return rc;
    s.sigma = size * FILTER_SHARE;
    s.threshold = options->threshold;
    rc = search_all(&s, light, size, rest, &cores, out);
    free(cores.cores);
    if (rc < 0) {
        free(out->candidates);
        *out = (finding){ 0 };
    }
    out->field = field_judge(out->candidates, out->count, agreeing);
    return rc;
}
