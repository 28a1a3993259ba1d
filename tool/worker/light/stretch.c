/* A frame of a camera has stars a thousand times brighter than others, whose
 * wings would be all that a filter sees. What people do to show such a frame
 * helps the finder as well: on an asinh scale (Lupton, Gunn and Szalay 1999)
 * the noise of bright places is no larger than that of the sky, and one set of
 * limits serves frames and pictures.
 */
#include "worker/light/stretch.h"

#include <float.h>
#include <math.h>

#include "worker/light/rank.h"

enum {
    SAMPLES = 8192,
    TOPS_MIN = 4, /* places where three pixels are as high as any */
};

/* A camera's ceiling is no nearer to the sky. */
#define CEILING_SIGMAS 20.0f
/* Level is what differs by no more of its height. */
#define LEVEL_SHARE 0.005f

#define SKY_LEVEL 20.0f
#define FULL_LEVEL 255.0f
/* Up to so many sigma the scale is linear. */
#define LINEAR_SIGMAS 12.0f

static float median(float *values, int count)
{
    return count > 0 ? rank_select(values, count, count / 2) : 0;
}

light_stats stretch_look(const light_map *light)
{
    size_t count = (size_t)light->width * (size_t)light->height, i;
    size_t step = count / SAMPLES + 1;
    float values[SAMPLES], steps[SAMPLES];
    light_stats stats;
    int n = 0, m = 0;

    for (i = 0; i + 2 < count && n < SAMPLES; i += step) {
        float v = light->values[i], after = light->values[i + 2];

        if (isfinite(v))
            values[n++] = v;
        /* Every second pixel: what a camera interpolates is not noise. */
        if (isfinite(v) && isfinite(after))
            steps[m++] = fabsf(after - v);
    }
    stats.middle = median(values, n);
    stats.noise = median(steps, m) / (0.6745f * (float)M_SQRT2);
    return stats;
}

float stretch_highest(const light_map *light)
{
    size_t count = (size_t)light->width * (size_t)light->height, i;
    float highest = -FLT_MAX;

    for (i = 0; i < count; i++)
        if (light->values[i] > highest)
            highest = light->values[i];
    return highest;
}

/* What three pixels side by side all reach; NaN if one is not known. */
static float reach_of(const float *v)
{
    return fminf(fminf(v[0], v[1]), v[2]) + 0 * (v[0] + v[1] + v[2]);
}

/* A star's top is narrower than three pixels of one value, unless it was cut
 * off. A single pixel may be higher still: a particle, or a division by a dark
 * place of the flat. */
static float find_ceiling(const light_map *light, float middle)
{
    size_t width = (size_t)light->width, height = (size_t)light->height, x, y;
    float highest = middle, level;
    int tops = 0;

    for (y = 0; y < height; y++) {
        const float *row = light->values + y * width;

        for (x = 0; x + 2 < width; x++)
            if (row[x + 1] > highest)
                highest = fmaxf(highest, reach_of(row + x));
    }
    level = highest - LEVEL_SHARE * (highest - middle);
    for (y = 0; y < height && tops < TOPS_MIN; y++) {
        const float *row = light->values + y * width;

        for (x = 0; x + 2 < width; x++)
            tops += row[x + 1] >= level && reach_of(row + x) >= level;
    }
    return tops >= TOPS_MIN ? level : INFINITY;
}

float stretch_ceiling(const light_map *light, float told)
{
    light_stats stats = stretch_look(light);
    float least = stats.middle + CEILING_SIGMAS * stats.noise;
    float shown = find_ceiling(light, stats.middle);

    return fminf(told > least ? told : INFINITY,
                 shown > least ? shown : INFINITY);
}

stretch stretch_choose(const light_stats *stats, float full)
{
    float per_noise = 1 / (LINEAR_SIGMAS * stats->noise);
    float top = asinhf(fmaxf((full - stats->middle) * per_noise, 20));

    return (stretch){ stats->middle, per_noise,
                      (FULL_LEVEL - SKY_LEVEL) / top };
}

float stretch_value(const stretch *s, float value)
{
    float v = (value - s->middle) * s->per_noise;
    /* Written so that NaN becomes sky. */
    float size = fabsf(v) > 0 ? fminf(fabsf(v), 1e15f) : 0;
    float shown = logf(size + sqrtf(size * size + 1)) * s->scale;

    return SKY_LEVEL + (v < 0 ? -shown : shown);
}

void stretch_values(const stretch *s, const float *values, size_t count,
                    float *out)
{
    size_t i;

    for (i = 0; i < count; i++)
        out[i] = stretch_value(s, values[i]);
}
