/* A plane through the filter, its noise, its peaks, and how each looks. */
#include "worker/stars/search.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

enum { PEAKS_MAX = 200000 };

#define STRONG_Z 7.0f

void search_fini(search *s)
{
    noise_map_free(&s->noise);
}

/* What rounding alone leaves in a filtered map: the Gaussian averages over
 * 4 pi sigma^2 pixels. */
static float filtered_floor(float pixel_floor, float sigma)
{
    return pixel_floor / (2 * sqrtf((float)M_PI) * fmaxf(sigma, 0.4f));
}

int search_filter(search *s, const light_map *plane, tiles *only, bool apart)
{
    /* What is looked at around a peak is filtered with it. */
    int margin = (int)FIT_RING_RADIUS(s->sigma) + 3, rc;

    rc = filter_zero_sum(plane, s->sigma, s->ratio, only, margin, s->ws,
                         &s->filtered);
    noise_map_free(&s->noise);
    if (rc == 0)
        rc = noise_map_make(&s->filtered.map,
                            filtered_floor(s->noise_floor, s->sigma),
                            apart ? only : NULL, &s->noise);
    return rc;
}

int search_peaks(const search *s, float threshold, const tiles *only,
                 peak_list *out)
{
    return peaks_find(&s->filtered, &s->noise, threshold, PEAKS_MAX, only, out);
}

static float value_at(const light_map *map, int x, int y)
{
    return map->values[(size_t)y * (size_t)map->width + (size_t)x];
}

/* How far the peak stands out of the filtered map close by. */
static float contrast_of(const search *s, const peak *p)
{
    float sign = p->dark ? -1 : 1, level = 0, scatter = 0;

    fit_ring(&s->filtered.map, p->x, p->y, FIT_RING_RADIUS(s->sigma), sign,
             &level, &scatter);
    return scatter > 0
               ? (sign * value_at(&s->filtered.map, p->x, p->y) - level) /
                     scatter
               : 1e3f;
}

static candidate look_at(const search *s, const light_map *plane, const peak *p)
{
    float sign = p->dark ? -1 : 1;
    candidate c = { .z = p->z,
                    .curve = p->curve,
                    .contrast = contrast_of(s, p),
                    .dark = p->dark };

    /* Most peaks are noise. What is weak and fails already is not worth a fit;
     * what is strong has a say in what the picture shows. */
    if (p->z < STRONG_Z &&
        (p->curve > STARLIKE_CURVE_MAX || c.contrast < STARLIKE_CONTRAST_MIN))
        c.fit = fit_glance(plane, p->x, p->y, s->sigma, sign);
    else
        c.fit = fit_peak(plane, p->x, p->y, s->sigma, sign);
    if (c.fit.converged && s->star > 0)
        c.stand = stand_measure(plane, c.fit.x, c.fit.y, s->star, sign);
    c.saturated = !p->dark && value_at(plane, p->x, p->y) >= s->saturation;
    return c;
}

int search_look_at(const search *s, const light_map *plane,
                   const peak_list *peaks, int plane_number,
                   candidate_list *out)
{
    size_t total = (size_t)out->count + peaks->count;
    candidate *grown =
        realloc(out->candidates, (total + 1) * sizeof(*out->candidates));
    uint32_t i;

    if (grown == NULL)
        return -ENOMEM;
    out->candidates = grown;
    for (i = 0; i < peaks->count; i++) {
        candidate c = look_at(s, plane, &peaks->peaks[i]);

        c.plane = (uint8_t)plane_number;
        out->candidates[out->count++] = c;
    }
    return 0;
}
