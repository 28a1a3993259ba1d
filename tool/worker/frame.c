/* Telescope frames hold linear values of any range. They are stretched as
 * astronomers do it, by asinh: linear near the sky's noise, logarithmic for
 * stars, so that both can be seen in 8 bits.
 */
#include "worker/frame.h"

#include <math.h>
#include <stdlib.h>

/* Beyond this SEP takes a pixel for masked, and its sums overflow. */
#define VALUE_MAX 1e29f

enum { SAMPLES = 16384 };

bool frame_clean(float *values, size_t count)
{
    bool any = false;

    for (size_t i = 0; i < count; i++)
        if (!(fabsf(values[i]) <= VALUE_MAX)) {
            values[i] = NAN;
            any = true;
        }
    return any;
}

static int compare_floats(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;

    return (x > y) - (x < y);
}

/* Quantiles of a sample spread over the picture. */
bool frame_choose_stretch(const float *values, size_t count, frame_stretch *out)
{
    float sample[SAMPLES], sky, spread, white;
    size_t step = count / SAMPLES + 1, i, n = 0;

    for (i = 0; i < count && n < SAMPLES; i += step)
        if (!isnan(values[i]))
            sample[n++] = values[i];
    if (n == 0)
        return false;
    qsort(sample, n, sizeof(*sample), compare_floats);
    sky = sample[n / 2];
    /* 16 % lie below the mean less one sigma; stars only reach upwards. */
    spread = sky - sample[n * 16 / 100];
    out->noise = spread > 0 ? spread : 1e-6f + fabsf(sky) * 1e-6f;
    out->black = sky - 2.5f * out->noise;
    white = fmaxf(sample[n - 1 - n / 2000], sky + 30 * out->noise);
    out->softening = 4 * out->noise;
    out->full = asinhf((white - out->black) / out->softening);
    return true;
}

void frame_show(const frame_stretch *s, const float *values, size_t count,
                uint8_t *out)
{
    for (size_t i = 0; i < count; i++) {
        float level = asinhf((values[i] - s->black) / s->softening) / s->full;

        /* Written so that NaN becomes black. */
        out[i] = level > 0 ? (uint8_t)(fminf(level, 1) * 255 + 0.5f) : 0;
    }
}

float frame_noise_floor(const frame_stretch *s)
{
    return fmaxf(1e-3f * s->noise, 1e-30f);
}
