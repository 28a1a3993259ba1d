/* A frame of a camera has stars a thousand times brighter than others, whose
 * wings would be all that a filter sees. What people do to show such a frame
 * helps the finder as well: on an asinh scale (Lupton, Gunn and Szalay 1999)
 * the noise of bright places is no larger than that of the sky, and one set of
 * limits serves frames and pictures.
 */
#include "worker/stretch.h"

#include <float.h>
#include <math.h>

#include "worker/rank.h"

enum { SAMPLES = 8192 };

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

stretch stretch_choose(const light_stats *stats, float full)
{
    float per_noise = 1 / (LINEAR_SIGMAS * stats->noise);
    float top = asinhf(fmaxf((full - stats->middle) * per_noise, 20));

    return (stretch){ stats->middle, per_noise,
                      (FULL_LEVEL - SKY_LEVEL) / top };
}

void stretch_values(const stretch *s, const float *values, size_t count,
                    float *out)
{
    size_t i;

    for (i = 0; i < count; i++) {
        float v = (values[i] - s->middle) * s->per_noise;
        /* Written so that NaN becomes sky. */
        float size = fabsf(v) > 0 ? fminf(fabsf(v), 1e15f) : 0;
        float shown = logf(size + sqrtf(size * size + 1)) * s->scale;

        out[i] = SKY_LEVEL + (v < 0 ? -shown : shown);
    }
}
