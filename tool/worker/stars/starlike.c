/* Stars are points: all stars of one picture have one shape, that of the
 * optics, and everything else is told from them by it.
 *
 * The size that most strong round peaks share is the picture's star size. A
 * hot pixel is sharper than that, a galaxy wider, a thread or an edge longer,
 * and texture is as high as what lies around it. Pictures are stretched, which
 * makes bright stars wider, so sizes are held against stars of the same
 * height (the stellar locus of Kaiser, Squires and Broadhurst 1995). Limits
 * widen where noise moves what they are held against.
 */
#include "worker/stars/starlike.h"

#include <math.h>
#include <stdlib.h>

#include "worker/stars/odds.h"

/* Share of what the neighbours of a star's peak have at least. */
#define HOT_SHARE 0.36f
/* Pixels as high as the peak that the light is worth, at least. */
#define LIGHT_LEAST 0.5f
/* A star is hardly narrower than that share of the others, and never than the
 * second. */
#define SMALL_SHARE 0.55f
#define SMALLEST_SHARE 0.42f
#define AXIS_RATIO_MIN 0.4f
#define WIDE_Z 6.0f
#define MERIT_LOWEST -0.3f
#define MERIT_HIGHEST 4.0f
#define MERIT_BEYOND_DOUBT 100.0f
/* White ones are beyond doubt unless they are ridges in white surroundings. */
#define WHITE_CURVE_MAX 1.45f
#define WHITE_CONTRAST_MIN 13.0f
#define DARK_SHARE_MAX 0.2f
#define DARK_OF_COLOURS_MAX 0.2f
#define SIZE_TOLERANCE 1.35f
#define GROWTH_BEYOND_MAX 0.35f
/* Where so many things a pixel, and such a share of all, are wider than stars,
 * galaxies outnumber them: glows of bright stars and a near cluster of galaxies
 * make half as many; in star clouds of photographs the share is up to 0.22, in
 * the Hubble deep field 0.32. What is no wider must then be round and strong,
 * since galaxies that are too far away for a shape are more than those that
 * have one. */
#define GALAXIES_A_PIXEL 300e-6f
#define GALAXIES_SHARE 0.25f
#define AMONG_GALAXIES_Z 6.0f
#define AMONG_GALAXIES_MERIT 3.0f
#define AMONG_GALAXIES_AXIS_RATIO 0.75f
#define AMONG_GALAXIES_OFF 0.15f
/* A star whose top was pressed down: how near to white, how much wider than
 * stars are, and how plain. */
#define PRESSED_FROM 0.75f
#define PRESSED_OFF_MAX 1.4f
#define PRESSED_AXIS_RATIO 0.65f
#define PRESSED_CONTRAST 5.0f
#define PRESSED_SCATTERS 4.0f
#define PRESSED_CURVE_MAX 4.0f
#define RESOLVED_Z 8.0f
#define RESOLVED_OFF 0.25f

enum { BINS = 96, BINS_PER_OCTAVE = 16 };
#define SIZE_LOWEST 0.35f

static int bin_of(float size)
{
    int bin = (int)(log2f(size / SIZE_LOWEST) * BINS_PER_OCTAVE);

    return bin < 0 ? 0 : bin >= BINS ? BINS - 1 : bin;
}

static bool is_telling(const candidate *c, float z_min)
{
    return c->z >= z_min && c->fit.converged && !c->saturated && !c->dark &&
           c->fit.axis_ratio > 0.7f && c->curve < STARLIKE_CURVE_MAX &&
           c->fit.sharpness > 0.18f && c->fit.height > 4 * c->fit.scatter;
}

float starlike_size(const candidate *candidates, uint32_t count, float z_min,
                    uint32_t *agreeing)
{
    float bins[BINS] = { 0 }, best = 0, size = 0;
    uint32_t i;
    int b, d;

    *agreeing = 0;
    for (i = 0; i < count; i++)
        if (is_telling(&candidates[i], z_min))
            bins[bin_of(candidates[i].fit.size)]++;
    for (b = 0; b < BINS; b++) {
        float sum = 0, mean = 0, near = 0;

        for (d = -4; d <= 4; d++)
            if (b + d >= 0 && b + d < BINS) {
                float weight = bins[b + d] * (float)(5 - abs(d));

                near += bins[b + d];
                sum += weight;
                mean += weight * ((float)(b + d) + 0.5f);
            }
        if (sum > best) {
            best = sum;
            size = SIZE_LOWEST * exp2f(mean / sum / BINS_PER_OCTAVE);
            *agreeing = (uint32_t)near;
        }
    }
    return size;
}

/* Mean of the 8 neighbours over the peak, of a star. */
static float sharpness_of_star(float fwhm)
{
    float sigma = fwhm / FWHM_OF_SIGMA, k = 0.5f / (sigma * sigma);

    return (expf(-k) + expf(-2 * k)) / 2;
}

static bool has_shape(const fit *f)
{
    return f->converged && f->height > 0 && f->light > LIGHT_LEAST * f->height;
}

static uint8_t fault_of_shape(const candidate *c, float fwhm)
{
    const fit *f = &c->fit;

    if (!has_shape(f))
        return FAULT_SHAPELESS;
    if (f->sharpness < HOT_SHARE * sharpness_of_star(fwhm) ||
        f->size * FWHM_OF_SIGMA < SMALL_SHARE * fwhm)
        return FAULT_HOT;
    if (c->saturated)
        return FAULT_NONE;
    if (f->axis_ratio < AXIS_RATIO_MIN - 0.5f / fmaxf(c->z, 5))
        return FAULT_LONG;
    if (c->curve > STARLIKE_CURVE_MAX)
        return FAULT_LONG;
    if (c->contrast < STARLIKE_CONTRAST_MIN)
        return FAULT_UNEVEN;
    return FAULT_NONE;
}

void starlike_check_shapes(candidate *candidates, uint32_t count, float fwhm)
{
    uint32_t i;

    for (i = 0; i < count; i++)
        candidates[i].fault = fault_of_shape(&candidates[i], fwhm);
}

typedef struct dot {
    float height, size; /* logarithms */
} dot;

static int by_height(const void *a, const void *b)
{
    const dot *s = a, *t = b;

    return (s->height > t->height) - (s->height < t->height);
}

/* The mode of the sizes, leaning to the smaller ones: galaxies are larger. */
static float mode_of(const dot *dots, uint32_t count, float low, float high)
{
    enum { STEPS = 60 };
    float best = 0, mode = low;
    uint32_t i;
    int k;

    for (k = 0; k < STEPS; k++) {
        float share = (float)k / (STEPS - 1), sum = 0;
        float at = low + share * (high - low);

        for (i = 0; i < count; i++) {
            float away = (dots[i].size - at) / 0.14f;

            /* A bump without tails; an exponential here is half of the time
             * of the whole. */
            away = 1 - away * away;
            sum += away > 0 ? away * away : 0;
        }
        sum *= 1 - 0.25f * share;
        if (sum > best) {
            best = sum;
            mode = at;
        }
    }
    return mode;
}

static void add_node(const dot *dots, uint32_t count, float fwhm,
                     star_locus *out)
{
    float height = 0;
    uint32_t i;

    if (count < 5)
        return;
    for (i = 0; i < count; i++)
        height += dots[i].height;
    out->heights[out->count] = height / (float)count;
    out->sizes[out->count++] =
        mode_of(dots, count, logf(0.7f * fwhm), logf(2.2f * fwhm));
}

void starlike_find_locus(const candidate *candidates, uint32_t count,
                         float fwhm, star_locus *out)
{
    dot *dots = malloc((count + 1) * sizeof(*dots));
    uint32_t n = 0, i, parts, k;

    *out = (star_locus){ .fwhm = fwhm,
                         .keep_wide = out->keep_wide,
                         .white = out->white };
    if (dots == NULL)
        return; /* the picture's one size is held against then */
    for (i = 0; i < count; i++)
        if (candidates[i].fault == FAULT_NONE && candidates[i].z > 7 &&
            !candidates[i].saturated && !candidates[i].dark)
            dots[n++] = (dot){ logf(fmaxf(candidates[i].fit.height, 1e-3f)),
                               logf(candidates[i].fit.size * FWHM_OF_SIGMA) };
    qsort(dots, n, sizeof(*dots), by_height);
    parts = n / 10 + 1 < 6 ? n / 10 + 1 : 6;
    for (k = 0; k < parts && n >= 12; k++)
        add_node(dots + n * k / parts, n * (k + 1) / parts - n * k / parts,
                 fwhm, out);
    free(dots);
}

/* Those brighter than all that the locus was taken from go on growing, but not
 * without an end. */
static float growth_beyond(const star_locus *locus, float height)
{
    int last = locus->count - 1;
    float slope;

    if (last < 1)
        return 0;
    slope = (locus->sizes[last] - locus->sizes[0]) /
            fmaxf(locus->heights[last] - locus->heights[0], 0.1f);
    return fminf(fmaxf(slope * (height - locus->heights[last]), 0),
                 GROWTH_BEYOND_MAX);
}

float starlike_size_at(const star_locus *locus, float height)
{
    float at = logf(fmaxf(height, 1e-3f));
    int i;

    if (locus->count == 0)
        return logf(locus->fwhm);
    if (at <= locus->heights[0])
        return locus->sizes[0];
    for (i = 1; i < locus->count; i++)
        if (at <= locus->heights[i]) {
            float share = (at - locus->heights[i - 1]) /
                          (locus->heights[i] - locus->heights[i - 1]);

            return locus->sizes[i - 1] +
                   share * (locus->sizes[i] - locus->sizes[i - 1]);
        }
    return locus->sizes[locus->count - 1] + growth_beyond(locus, at);
}

/* Who lightens a photograph presses the tops of bright stars together. Nothing
 * else is as bright, round and alone: galaxies of that height would have to be
 * very many (see below). */
static bool is_pressed(const candidate *c, float white)
{
    return c->off < PRESSED_OFF_MAX && has_shape(&c->fit) &&
           c->fit.level + c->fit.height > PRESSED_FROM * white &&
           c->fit.axis_ratio > PRESSED_AXIS_RATIO &&
           c->contrast > PRESSED_CONTRAST &&
           c->fit.height > PRESSED_SCATTERS * c->fit.scatter &&
           c->curve < PRESSED_CURVE_MAX;
}

void starlike_check_sizes(candidate *candidates, uint32_t count,
                          const star_locus *locus)
{
    uint32_t i;

    for (i = 0; i < count; i++) {
        candidate *c = &candidates[i];
        float off, limit;

        off = logf(c->fit.size * FWHM_OF_SIGMA) -
              starlike_size_at(locus, c->fit.height);
        c->off = off;
        if (c->fault != FAULT_NONE || c->saturated)
            continue;
        if (locus->keep_wide && off > 0)
            c->off = 0;
        limit = logf(1 + (SIZE_TOLERANCE - 1) * (1 + 10 / fmaxf(c->z, 4)));
        c->is_wide = locus->keep_wide && off > limit;
        c->is_pressed = off > limit && is_pressed(c, locus->white);
        if ((off > limit && !c->is_wide && !c->is_pressed) ||
            off < -limit - 0.14f)
            c->fault = FAULT_SIZE;
    }
}

/* The lowest merit at which dark spots are rare among what is accepted. A
 * noise that makes round bright peaks makes round dark ones as well, as many
 * and as strong (Serra, Jurek and Floeer 2012). */
static float choose_merit(const candidate *candidates, uint32_t count,
                          bool colours)
{
    float merit;

    for (merit = MERIT_LOWEST; merit < MERIT_HIGHEST; merit += 0.2f) {
        uint32_t bright = 0, dark = 0, i;

        for (i = 0; i < count; i++) {
            const candidate *c = &candidates[i];

            if (c->fault != FAULT_NONE || c->merit < merit ||
                starlike_is_colour(c) != colours)
                continue;
            dark += c->dark;
            bright += !c->dark;
        }
        if ((float)dark <=
            (colours ? DARK_OF_COLOURS_MAX : DARK_SHARE_MAX) * (float)bright)
            break;
    }
    return merit;
}

/* What is no peak at all, or no point, has no odds, whatever was said of it
 * since. */
static bool has_odds(const candidate *c, float fwhm)
{
    return has_shape(&c->fit) && !c->covered && c->fault != FAULT_SIZE &&
           c->fit.size * FWHM_OF_SIGMA > SMALLEST_SHARE * fwhm;
}

/* White, but a ridge that what is close by is as high as: part of a letter. */
static bool is_white_ridge(const candidate *c)
{
    return c->curve > WHITE_CURVE_MAX && c->contrast < WHITE_CONTRAST_MIN;
}

static bool is_beyond_doubt(const candidate *c, bool is_frame)
{
    /* The odds are those of a star; what is wanted without being one only has
     * to be there. */
    if (c->is_wide && c->z > WIDE_Z)
        return true;
    /* Among strokes something white may be the dot of a letter, and what the
     * strokes are may be a cluster of stars: the odds tell. */
    if (c->doubt == FAULT_STROKE)
        return false;
    return c->is_pressed || (c->saturated && (is_frame || !is_white_ridge(c)));
}

static bool is_full_of_galaxies(const candidate *candidates, uint32_t count,
                                const light_map *light)
{
    float pixels = (float)light->width * (float)light->height;
    uint32_t all = 0, wide = 0, i;

    for (i = 0; i < count; i++) {
        const candidate *c = &candidates[i];

        if (c->plane != PLANE_LIGHT || c->dark || c->saturated || c->is_core ||
            c->z < RESOLVED_Z || c->doubt == FAULT_STROKE ||
            !has_shape(&c->fit))
            continue;
        all++;
        wide += c->off > RESOLVED_OFF && !c->is_pressed;
    }
    return (float)wide > GALAXIES_A_PIXEL * pixels &&
           (float)wide > GALAXIES_SHARE * (float)all;
}

/* Odds that were learnt where most points are stars are too good here. */
static void doubt_more(candidate *candidates, uint32_t count)
{
    uint32_t i;

    for (i = 0; i < count; i++) {
        candidate *c = &candidates[i];

        if (c->fault == FAULT_NONE && !c->saturated && !c->is_wide &&
            (c->doubt != FAULT_NONE || c->z < AMONG_GALAXIES_Z ||
             c->merit < AMONG_GALAXIES_MERIT || c->off > AMONG_GALAXIES_OFF ||
             c->fit.axis_ratio < AMONG_GALAXIES_AXIS_RATIO))
            c->fault = c->doubt != FAULT_NONE ? c->doubt : FAULT_UNLIKELY;
    }
}

int starlike_check_merits(candidate *candidates, uint32_t count,
                          const odds_picture *picture,
                          const odds_listener *listener)
{
    float terms[ODDS_TERMS], merit_min[2];
    odds_sky sky;
    uint32_t i;
    int rc;

    for (i = 0; i < count; i++)
        candidates[i].doubt = candidates[i].fault;
    rc = odds_sky_init(&sky, candidates, count, picture);
    if (rc < 0)
        return rc;
    for (i = 0; i < count; i++) {
        candidate *c = &candidates[i];

        if (!has_odds(c, picture->fwhm))
            continue;
        if (is_beyond_doubt(c, picture->is_frame)) {
            c->merit = MERIT_BEYOND_DOUBT;
            continue;
        }
        odds_terms(&sky, candidates, i, terms);
        if (listener != NULL)
            listener->tell(listener->arg, c, terms);
        c->merit = odds_of(terms);
        c->fault = FAULT_NONE;
    }
    odds_sky_fini(&sky);
    merit_min[0] = choose_merit(candidates, count, false);
    merit_min[1] = choose_merit(candidates, count, true);
    for (i = 0; i < count; i++)
        if (candidates[i].fault == FAULT_NONE &&
            candidates[i].merit < merit_min[starlike_is_colour(&candidates[i])])
            candidates[i].fault = candidates[i].doubt != FAULT_NONE
                                      ? candidates[i].doubt
                                      : FAULT_UNLIKELY;
    if (is_full_of_galaxies(candidates, count, picture->light))
        doubt_more(candidates, count);
    return 0;
}
