/* Stars are points: all stars of one picture have one shape, that of the
 * optics. That is the whole idea here. The size that most strong round peaks
 * share is the picture's star size; what is larger is a galaxy, a cloud or a
 * thing, what is smaller is a hot pixel, what is long is an edge or a trail.
 *
 * The same idea tells a sky from other pictures. On the Moon, on a printed
 * page or in a face there are round peaks too, but they are few among all that
 * stands out, and they do not agree on a size. Then chance likenesses are no
 * stars either, and none is reported.
 */
#include "worker/stars/judge.h"

#include <math.h>

/* Sizes are sorted into bins a twelfth of an octave wide. */
enum { BINS = 64, BINS_PER_OCTAVE = 12 };
#define SIZE_LOWEST 0.5f

/* Sizes within 20 % of each other are one size, as far as noise lets tell. */
#define AGREEMENT 0.2f

/* Share of all candidates that agree, times share of the telling ones. Skies
 * with nebulae, captions and foregrounds reach 0.047 to 0.16 and plain ones
 * more than 0.3; moon, text, grass and people stay below 0.042. */
#define SKY_LIKENESS_MIN 0.044f

static int bin_of(float size)
{
    int bin = (int)(log2f(size / SIZE_LOWEST) * BINS_PER_OCTAVE);

    return bin < 0 ? 0 : bin >= BINS ? BINS - 1 : bin;
}

static bool is_round_peak(const candidate *c)
{
    return c->shape.converged && !c->saturated && !c->edge &&
           c->shape.axis_ratio > 0.75f && c->shape.size > 0.6f &&
           c->shape.height > 4 * c->shape.scatter;
}

/* Peaks that can tell the star size: the strong ones, or, where those are
 * few, fainter ones as well. */
typedef struct telling {
    float snr_min;
    uint32_t count;
    uint32_t strong; /* candidates of that strength, whatever their shape */
} telling;

static telling count_telling(const candidate *candidates, uint32_t count,
                             float snr_min)
{
    telling t = { .snr_min = snr_min };
    uint32_t i;

    for (i = 0; i < count; i++) {
        if (candidates[i].snr < snr_min)
            continue;
        t.strong++;
        t.count += is_round_peak(&candidates[i]);
    }
    return t;
}

static bool is_telling(const candidate *c, const telling *t)
{
    return c->snr >= t->snr_min && is_round_peak(c);
}

/* The mode of the sizes, smoothed over half an octave. */
static float find_star_size(const candidate *candidates, uint32_t count,
                            const telling *t)
{
    float bins[BINS] = { 0 }, best = 0, size = 0;
    uint32_t i;
    int b, d;

    for (i = 0; i < count; i++)
        if (is_telling(&candidates[i], t))
            bins[bin_of(candidates[i].shape.size)]++;
    for (b = 0; b < BINS; b++) {
        float sum = 0, mean = 0;

        for (d = -3; d <= 3; d++)
            if (b + d >= 0 && b + d < BINS) {
                float weight = bins[b + d] * (float)(4 - (d < 0 ? -d : d));

                sum += weight;
                mean += weight * ((float)(b + d) + 0.5f);
            }
        if (sum > best) {
            best = sum;
            size = SIZE_LOWEST * exp2f(mean / sum / BINS_PER_OCTAVE);
        }
    }
    return size;
}

static bool is_sky(const candidate *candidates, uint32_t count,
                   const telling *t, float star_size)
{
    uint32_t agreeing = 0, i;

    for (i = 0; i < count; i++)
        if (is_telling(&candidates[i], t))
            agreeing +=
                fabsf(logf(candidates[i].shape.size / star_size)) < AGREEMENT;
    if (agreeing == 0)
        return false;
    /* Three stars on an empty sky are a star field as well. */
    if (2 * agreeing >= t->strong)
        return true;
    return agreeing >= 5 &&
           (float)agreeing / (float)count * (float)agreeing / (float)t->count >=
               SKY_LIKENESS_MIN;
}

/* Bright stars are cut off flat, so their size says nothing; they must only
 * be round. */
static bool looks_like_saturated_star(const candidate *c)
{
    return c->iso_ratio > 0.6f;
}

/* The limits are loose where noise moves what they are held against. */
static bool looks_like_star(const candidate *c, float star_size, float snr_min,
                            bool keep_wide)
{
    const shape *s = &c->shape;
    float off = logf(s->size / star_size);

    if (c->saturated)
        return looks_like_saturated_star(c);
    if (!s->converged || c->snr < snr_min || s->height < 2.7f * s->scatter)
        return false;
    if (s->axis_ratio < (c->snr < 15 ? 0.72f : 0.6f))
        return false;
    return (keep_wide && off > 0) || fabsf(off) < 0.27f + 1.5f / c->snr;
}

judgement judge(candidate *candidates, uint32_t count, float snr_min,
                float width, bool keep_wide)
{
    telling t = count_telling(candidates, count, 12);
    judgement j = { 0 };
    uint32_t i;

    if (t.count < 5)
        t = count_telling(candidates, count, 8);
    j.star_size = width > 0 ? width / FWHM_OF_SIGMA
                            : find_star_size(candidates, count, &t);
    j.no_star_field = !is_sky(candidates, count, &t, j.star_size);
    for (i = 0; i < count && !j.no_star_field; i++) {
        candidates[i].is_star =
            looks_like_star(&candidates[i], j.star_size, snr_min, keep_wide);
        j.stars += candidates[i].is_star;
    }
    return j;
}
