/* From values to a list of stars, in three steps: what stands out (extract.c),
 * what shape it has (measure.c), and whether that is a star's (judge.c).
 *
 * Extraction goes over every pixel and costs nearly all the time; the other
 * two look at candidates only. It therefore works with a low, cheap threshold
 * and leaves being right to those that come after.
 */
#include "worker/stars/detect.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "worker/stars/extract.h"
#include "worker/stars/judge.h"
#include "worker/light/measure.h"

/* Extraction compares the smoothed picture, whose noise is 0.375 of the
 * picture's, with this many times the unsmoothed noise: 4.8 sigma. */
#define EXTRACT_THRESHOLD 1.8f
/* Of weighted light against white noise. JPEG and smoothing correlate noise,
 * which lets it look stronger than it is: at 5, a third of the faintest would
 * be false. */
#define SNR_MIN_DEFAULT 7.0f
/* On a sky that was clipped to black the ring is even to the last bit, while
 * JPEG makes specks of two or three grey levels: it is not believed to be more
 * even than this many times the rounding. */
#define SCATTER_OF_ROUNDING 2.6f

/* Isophotes of a star reach at most this many times further than its size. */
#define BOUND 2.0f

/* The middle size of all isophotes, to start measuring with. */
static float guess_size(const sep_catalog *catalog)
{
    double sum = 0;
    int i;

    if (catalog->nobj == 0)
        return 1.2f;
    for (i = 0; i < catalog->nobj; i++)
        sum += fmin(catalog->a[i], 3.0);
    return (float)fmax(0.8, sum / catalog->nobj);
}

static void look_at(candidate *c, int object, const extraction *found,
                    const light_map *map, const detect_options *options,
                    float size_guess)
{
    const sep_catalog *catalog = found->catalog;
    int x = catalog->xcpeak[object], y = catalog->ycpeak[object];
    float noise = extraction_noise_at(found, options->noise_floor, x, y);

    c->object = object;
    c->saturated = catalog->peak[object] + sep_bkg_pix(found->map, x, y) >=
                   options->saturation;
    c->edge = (catalog->flag[object] & SEP_OBJ_TRUNC) != 0;
    c->iso_axis = catalog->a[object];
    c->iso_ratio =
        catalog->a[object] > 0 ? catalog->b[object] / catalog->a[object] : 0;
    c->shape = c->saturated
                   ? measure(map, catalog->x[object], catalog->y[object],
                             fmaxf(size_guess, c->iso_axis))
                   : measure(map, x, y, size_guess);
    c->shape.scatter =
        fmaxf(c->shape.scatter, SCATTER_OF_ROUNDING * options->noise_floor);
    c->snr = c->shape.light / noise;
}

/* On a bright cloud the isophote that a star stands on is the cloud's. What the
 * star itself measures bounds it; a saturated one has no measure of its own. */
static void bound_by_shape(job_star *star, const shape *s)
{
    float ratio = fmaxf(s->axis_ratio, 0.3f);
    float large = s->size / sqrtf(ratio), small = s->size * sqrtf(ratio);
    float light = 2 * (float)M_PI * large * small * fmaxf(s->height, 0);

    if (star->a > BOUND * large || star->flux > BOUND * BOUND * light) {
        star->a = large;
        star->b = small;
        star->theta = s->theta;
        star->flux = light;
        star->peak = s->height;
    }
}

static job_star to_star(const candidate *c, const sep_catalog *catalog,
                        const detect_options *options)
{
    int i = c->object;
    job_star star = {
        .x = c->saturated ? catalog->x[i] : c->shape.x,
        .y = c->saturated ? catalog->y[i] : c->shape.y,
        .flux = catalog->flux[i],
        .peak = catalog->peak[i],
        .fwhm = FWHM_OF_SIGMA * c->shape.size,
        .a = catalog->a[i],
        .b = catalog->b[i],
        .theta = catalog->theta[i],
        .snr = c->snr,
        .flags = (c->saturated ? JOB_STAR_SATURATED : 0) |
                 (c->edge ? JOB_STAR_EDGE : 0),
    };

    if (!c->saturated)
        bound_by_shape(&star, &c->shape);
    star.x = fmin(fmax(star.x, 0), options->width - 1.0);
    star.y = fmin(fmax(star.y, 0), options->height - 1.0);
    return star;
}

static int list_stars(const candidate *candidates, const judgement *verdict,
                      uint32_t count, const sep_catalog *catalog,
                      const detect_options *options, workspace *ws,
                      detections *out)
{
    uint32_t i, n = 0;

    out->stars = workspace_take(ws, WORKSPACE_STARS,
                                (verdict->stars + 1) * sizeof(*out->stars));
    if (out->stars == NULL)
        return -ENOMEM;
    for (i = 0; i < count; i++)
        if (candidates[i].is_star)
            out->stars[n++] = to_star(&candidates[i], catalog, options);
    out->count = n;
    detect_finish_list(out, options->stars_max);
    return 0;
}

static int choose_stars(const float *light, const detect_options *options,
                        const extraction *found, workspace *ws, detections *out)
{
    light_map map = { light, (int)options->width, (int)options->height };
    uint32_t count = (uint32_t)found->catalog->nobj, i;
    float size = guess_size(found->catalog);
    float snr_min =
        options->threshold > 0 ? (float)options->threshold : SNR_MIN_DEFAULT;
    candidate *candidates = calloc(count + 1, sizeof(*candidates));
    judgement verdict;
    int rc;

    if (candidates == NULL)
        return -ENOMEM;
    for (i = 0; i < count; i++)
        look_at(&candidates[i], (int)i, found, &map, options, size);
    verdict = judge(candidates, count, snr_min, options->star_width,
                    options->keep_wide);
    out->no_star_field =
        verdict.no_star_field ? JOB_FIELD_THINGS : JOB_FIELD_STARS;
    rc = list_stars(candidates, &verdict, count, found->catalog, options, ws,
                    out);
    free(candidates);
    return rc;
}

int detect_by_sep(float *light, const detect_options *options, workspace *ws,
                  detections *out)
{
    extract_options how = { .width = options->width,
                            .height = options->height,
                            .threshold = EXTRACT_THRESHOLD,
                            .noise_floor = options->noise_floor,
                            .has_holes = options->has_holes };
    extraction found;
    int rc;

    *out = (detections){ 0 };
    rc = extract(light, &how, ws, &found);
    if (rc < 0)
        return rc;
    out->background = found.background;
    out->noise = found.noise;
    out->cut = found.cut;
    rc = choose_stars(light, options, &found, ws, out);
    extraction_free(&found);
    return rc;
}
