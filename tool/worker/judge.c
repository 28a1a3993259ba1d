/* Stars are points: all stars of one picture have one shape, that of the
 * optics. That is the whole idea here. The size that most strong round peaks
 * share is the picture's star size; what is larger is a galaxy, a cloud or a
 * thing, what is smaller is a hot pixel, what is long is an edge or a trail.
 * A picture in which few of the strong peaks agree on a size shows no sky, and
 * then chance likenesses are no stars either.
 */
#include "worker/judge.h"

#include <math.h>

/* Sizes are sorted into bins a twelfth of an octave wide. */
enum { BINS = 64, BINS_PER_OCTAVE = 12 };
#define SIZE_LOWEST 0.5f

static int bin_of(float size)
{
    int bin = (int)(log2f(size / SIZE_LOWEST) * BINS_PER_OCTAVE);

    return bin < 0 ? 0 : bin >= BINS ? BINS - 1 : bin;
}

/* Peaks that can tell the star size. */
static bool is_telling(const candidate *c)
{
    return c->shape.converged && !c->saturated && !c->edge && c->snr > 12 &&
           c->shape.axis_ratio > 0.75f && c->shape.size > 0.6f &&
           c->shape.height > 4 * c->shape.scatter;
}

/* The mode of the sizes, smoothed over half an octave. */
static float find_star_size(const candidate *candidates, uint32_t count)
{
    float bins[BINS] = { 0 }, best = 0, size = 0;
    uint32_t i, telling = 0;
    int b, d;

    for (i = 0; i < count; i++)
        if (is_telling(&candidates[i])) {
            bins[bin_of(candidates[i].shape.size)]++;
            telling++;
        }
    if (telling < 5)
        return 0;
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

/* Bright stars are cut off flat, so their size says nothing; they must only
 * be round. */
static bool looks_like_saturated_star(const candidate *c)
{
    return c->iso_ratio > 0.6f;
}

static bool looks_like_star(const candidate *c, float star_size, float snr_min)
{
    const shape *s = &c->shape;
    float slack = 0.25f + 1.5f / c->snr;

    if (c->saturated)
        return looks_like_saturated_star(c);
    if (!s->converged || c->snr < snr_min || s->height < 2.5f * s->scatter)
        return false;
    if (s->axis_ratio < 0.55f - 1 / c->snr)
        return false;
    if (star_size == 0)
        return s->size > 0.6f && s->size < 4;
    return fabsf(logf(s->size / star_size)) < slack;
}

judgement judge(candidate *candidates, uint32_t count, float snr_min)
{
    judgement j = { .star_size = find_star_size(candidates, count) };
    uint32_t i;

    for (i = 0; i < count; i++) {
        candidates[i].is_star =
            looks_like_star(&candidates[i], j.star_size, snr_min);
        j.stars += candidates[i].is_star;
    }
    j.no_star_field = count > 0 && j.stars * 4 < count;
    return j;
}
