/* From values to a list: which finder, on what scale, and in whose units.
 *
 * Stars are found in the picture as it is shown, but measured in the values
 * that the file has: fluxes of a frame are in its own units.
 */
#include "worker/stars/detect.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "worker/stars/blend.h"
#include "worker/stars/cut_off.h"
#include "worker/stars/finder.h"
#include "worker/stars/holes.h"
#include "worker/light/light.h"
#include "worker/stars/places.h"
#include "worker/light/rank.h"
#include "worker/stars/settle.h"
#include "worker/light/stretch.h"
#include "worker/stars/twins.h"

#define THRESHOLD_DEFAULT 3.0f
/* Levels of a stretched frame. */
#define SHOWN_SATURATION 252.0f
#define SHOWN_MARGIN 3.0f
/* In levels of 8 bits: what says that there are more bits, and the noise that a
 * picture needs to be searched as it is shown. */
#define FINE_FLOOR 0.1f
#define SHOWN_NOISE 1.0f

static int by_flux(const void *a, const void *b)
{
    const job_star *x = a, *y = b;

    if (x->flux != y->flux)
        return x->flux < y->flux ? 1 : -1;
    /* Any fixed order: the same picture gives the same list. */
    if (x->y != y->y)
        return x->y < y->y ? -1 : 1;
    return x->x < y->x ? -1 : x->x > y->x;
}

/* What the faintest stars of the list have, but for a few. */
static float limit_of(const detections *out)
{
    float *snr = malloc((out->count + 1) * sizeof(*snr)), limit = 0;
    uint32_t i;

    for (i = 0; snr != NULL && i < out->count; i++)
        snr[i] = out->stars[i].snr;
    if (snr != NULL && out->count > 0)
        limit = rank_select(snr, (int)out->count, (int)(out->count / 20));
    free(snr);
    return limit;
}

void detect_finish_list(detections *out, uint32_t stars_max)
{
    out->count = twins_drop(out->stars, out->count);
    qsort(out->stars, out->count, sizeof(*out->stars), by_flux);
    if (out->count > stars_max) {
        out->count = stars_max;
        out->cut = true;
    }
}

static bool touches_border(const fit *f, const detect_options *options)
{
    float reach = 1.5f * f->size;

    return f->x < reach || f->y < reach ||
           f->x > (float)options->width - 1 - reach ||
           f->y > (float)options->height - 1 - reach;
}

static job_star to_star(const candidate *c, const detect_options *options)
{
    const fit *f = &c->fit;
    float ratio = sqrtf(fmaxf(f->axis_ratio, 0.1f));

    return (job_star){
        .x = fmin(fmax((double)f->x, 0), options->width - 1.0),
        .y = fmin(fmax((double)f->y, 0), options->height - 1.0),
        .flux = f->light,
        .peak = f->height,
        .fwhm = FWHM_OF_SIGMA * f->size,
        .a = f->size / ratio,
        .b = f->size * ratio,
        .theta = f->theta,
        .snr = c->z,
        .flags =
            (c->saturated && isfinite(options->saturation) ? JOB_STAR_SATURATED
                                                           : 0) |
            (touches_border(f, options) ? JOB_STAR_EDGE : 0) |
            (c->is_wide ? JOB_STAR_WIDE : 0),
    };
}

/* The middle width of stars that are not cut off. */
static float typical_width(const detections *found)
{
    float *widths = malloc((found->count + 1) * sizeof(*widths)), middle = 0;
    uint32_t i;
    int n = 0;

    for (i = 0; widths != NULL && i < found->count; i++)
        if (!(found->stars[i].flags & (JOB_STAR_SATURATED | JOB_STAR_WIDE)))
            widths[n++] = found->stars[i].fwhm;
    if (n > 0)
        middle = rank_select(widths, n, n / 2);
    free(widths);
    return middle;
}

/* `measured` is the light in its own units, or NULL where it was searched
 * itself. */
static int list_stars(const finding *found, const light_map *measured,
                      const detect_options *options, workspace *ws,
                      detections *out)
{
    uint32_t i, n = 0;
    int rc = 0;

    for (i = 0; i < found->list.count; i++)
        n += found->list.candidates[i].fault == FAULT_NONE &&
             !found->list.candidates[i].dark;
    out->stars =
        workspace_take(ws, WORKSPACE_STARS,
                       (PLACES_GROWTH * (size_t)n + 1) * sizeof(*out->stars));
    if (out->stars == NULL)
        return -ENOMEM;
    for (i = n = 0; i < found->list.count; i++)
        if (found->list.candidates[i].fault == FAULT_NONE &&
            !found->list.candidates[i].dark)
            out->stars[n++] = to_star(&found->list.candidates[i], options);
    out->count = n;
    if (measured != NULL)
        rc = settle_frame(measured, out->stars, &out->count, ws);
    detect_finish_list(out, options->stars_max);
    return rc;
}

/* What is searched, and in which way. */
typedef struct search_plan {
    light_map measured, searched;
    finder_options how;
} search_plan;

/* Of 16 bits, with a noise that 8 bits would not show: nor would they show the
 * stars that stand out from it. */
static bool is_finer_than_shown(const detect_options *options, float noise)
{
    return options->noise_floor <= FINE_FLOOR && noise > options->noise_floor &&
           noise < SHOWN_NOISE;
}

/* Frames are searched on another scale than they are measured on. */
static int put_on_scale(search_plan *plan, float *light, light_stats stats,
                        const detect_options *options, workspace *ws)
{
    size_t count = (size_t)options->width * options->height;
    float full = isfinite(options->saturation)
                     ? options->saturation
                     : stretch_highest(&plan->measured);
    float *shown = workspace_take(ws, WORKSPACE_SHOWN, count * sizeof(*shown));
    stretch scale = stretch_choose(&stats, full);

    if (shown == NULL)
        return -ENOMEM;
    if (options->has_holes &&
        holes_fill(light, options->width, options->height, stats.middle) < 0)
        return -ENOMEM;
    stretch_values(&scale, light, count, shown);
    if (options->colour != NULL)
        colours_exceed(&plan->measured, &scale, options->colour);
    plan->searched.values = shown;
    /* Where no limit is known, the brightest star of all still has no other to
     * be like. */
    plan->how.saturation = SHOWN_SATURATION;
    if (isfinite(options->saturation))
        plan->how.saturation =
            fminf(SHOWN_SATURATION, stretch_value(&scale, full) - SHOWN_MARGIN);
    plan->how.noise_floor = 0.02f;
    stats = stretch_look(&plan->searched);
    plan->how.pixel_middle = stats.middle;
    plan->how.pixel_noise = stats.noise;
    plan->how.is_rescaled = true;
    return 0;
}

static int make_plan(float *light, const detect_options *options, workspace *ws,
                     search_plan *plan, detections *out)
{
    light_map map = { light, (int)options->width, (int)options->height };
    light_stats stats = stretch_look(&map);

    *plan = (search_plan){
        .measured = map,
        .searched = map,
        .how = { .threshold = options->threshold > 0 ? (float)options->threshold
                                                     : THRESHOLD_DEFAULT,
                 .noise_floor = options->noise_floor,
                 .step = options->step,
                 .saturation = options->saturation,
                 .pixel_middle = stats.middle,
                 .pixel_noise = stats.noise,
                 .is_frame = options->linear,
                 .star_width = options->star_width,
                 .keep_wide = options->keep_wide,
                 .chroma = { .coarse = options->colour ? NULL : options->chroma,
                             .fine = options->colour },
                 .listener = options->listener },
    };
    out->background = stats.middle;
    out->noise = stats.noise = fmaxf(stats.noise, options->noise_floor);
    if (options->linear || options->has_holes ||
        is_finer_than_shown(options, stats.noise))
        return put_on_scale(plan, light, stats, options, ws);
    if (options->colour != NULL)
        colours_exceed(&map, NULL, options->colour);
    return 0;
}

static int detect_by_shape(float *light, const detect_options *options,
                           workspace *ws, detections *out)
{
    search_plan plan;
    finding found;
    bool other_scale;
    int rc = make_plan(light, options, ws, &plan, out);

    if (rc == 0)
        rc = finder_run(&plan.searched, &plan.how, ws, &found);
    if (rc < 0)
        return rc;
    out->no_star_field = found.field;
    if (found.field != JOB_FIELD_STARS)
        found.list.count = 0;
    else
        out->star_fwhm = found.locus.fwhm;
    other_scale = plan.searched.values != light;
    rc = list_stars(&found, other_scale ? &plan.measured : NULL, options, ws,
                    out);
    free(found.list.candidates);
    if (rc == 0 && other_scale && out->count > 0)
        out->star_fwhm = 0; /* that of the stretched picture */
    return rc;
}

int detect_stars(float *light, const detect_options *options, workspace *ws,
                 detections *out)
{
    light_map map = { light, (int)options->width, (int)options->height };
    detect_options own = *options;
    int rc;

    *out = (detections){ 0 };
    if (own.linear)
        own.saturation = stretch_ceiling(&map, own.saturation);
    rc = own.detector == JOB_DETECTOR_SEP
             ? detect_by_sep(light, &own, ws, out)
             : detect_by_shape(light, &own, ws, out);
    if (rc == 0 && out->star_fwhm == 0)
        out->star_fwhm = typical_width(out);
    if (rc == 0 && out->count > 0)
        rc = blend_flag(out->stars, out->count, map.width, map.height,
                        out->star_fwhm);
    return rc;
}

static bool holds(const job_area *area, const job_star *star)
{
    return star->x >= area->x - 0.5 && star->y >= area->y - 0.5 &&
           star->x < (double)area->x + area->width - 0.5 &&
           star->y < (double)area->y + area->height - 0.5;
}

static bool is_wanted(const job_star *star, const job_wanted *wanted)
{
    /* An ellipse of half height: 2 ln 2 pi a b. */
    float area = 4.355f * star->a * star->b;
    uint32_t i;

    if (area < (float)wanted->min_area ||
        (wanted->region.width > 0 && !holds(&wanted->region, star)))
        return false;
    for (i = 0; i < wanted->mask_count; i++)
        if (holds(&wanted->masks[i], star))
            return false;
    return true;
}

static void keep_wanted(const job_wanted *wanted, detections *found)
{
    uint32_t i, n = 0;

    for (i = 0; i < found->count; i++)
        if (is_wanted(&found->stars[i], wanted))
            found->stars[n++] = found->stars[i];
    found->count = n;
}

static bool is_outside(const job_area *area, const picture *p)
{
    return area->width > 0 && (area->x >= p->width || area->y >= p->height);
}

detect_options detect_options_of(const picture *p, const job_request *request)
{
    return (detect_options){
        .width = p->width,
        .height = p->height,
        .detector = request->detector,
        .threshold = request->threshold,
        .noise_floor = p->noise_floor,
        .step = p->step,
        .saturation = p->saturation,
        .star_width = request->wanted.star_width,
        .keep_wide = request->wanted.keep_galaxies != 0,
        .stars_max = JOB_STARS_MAX,
        .has_holes = p->has_holes,
        .linear = p->linear,
        .chroma = p->linear ? NULL : p,
        .colour = p->colour,
    };
}

int detect_picture(picture *p, workspace *ws, const job_request *request,
                   detections *out)
{
    detect_options options = detect_options_of(p, request);
    float *light = light_take(p, ws);
    int rc = light == NULL ? -ENOMEM : detect_stars(light, &options, ws, out);

    if (rc < 0)
        return rc;
    keep_wanted(&request->wanted, out);
    cut_off_flag(p, out->stars, out->count);
    if (is_outside(&request->wanted.region, p))
        out->no_star_field = JOB_FIELD_OUTSIDE;
    out->snr_limit = limit_of(out);
    return 0;
}
