/* Telescope frames hold linear values of any range. They are stretched as
 * astronomers do it, by asinh: linear near the sky's noise, logarithmic for
 * stars, so that both can be seen in 8 bits. A logarithm for each sample would
 * take half of the time of a colour frame: levels are looked up by the upper
 * bits of a float, which are its logarithm.
 */
#include "worker/light/frame.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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

/* From where on the table is of use: 1, as a float's bits; and what of them is
 * less than a step. */
#define BITS_OF_ONE 0x3f800000u
#define BITS_OF_STEP 14

_Static_assert(FRAME_STEPS == 1 << (23 - BITS_OF_STEP),
               "a float's fraction has 23 bits");

/* Of what is so many softenings above black. */
static uint8_t level_of(const frame_stretch *s, float above)
{
    return (uint8_t)(fminf(asinhf(above) / s->full, 1) * 255 + 0.5f);
}

static void make_levels(frame_stretch *s)
{
    size_t count = sizeof s->levels, i;
    uint8_t level = 0;

    for (i = 0; i < count && level < 255; i++) {
        uint32_t bits = BITS_OF_ONE + ((uint32_t)i << BITS_OF_STEP) +
                        (1u << BITS_OF_STEP) / 2;
        float x;

        memcpy(&x, &bits, sizeof x);
        s->levels[i] = level = level_of(s, x - 1);
    }
    memset(s->levels + i, 255, count - i);
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
    make_levels(out);
    return true;
}

void frame_show(const frame_stretch *s, const float *values, size_t count,
                uint8_t *out)
{
    for (size_t i = 0; i < count; i++) {
        float above = (values[i] - s->black) / s->softening, x = above + 1;
        uint32_t bits, step;

        memcpy(&bits, &x, sizeof bits);
        step = (bits - BITS_OF_ONE) >> BITS_OF_STEP;
        /* Written so that NaN becomes black. */
        if (!(above > 0))
            out[i] = 0;
        else if (step < sizeof s->levels)
            out[i] = s->levels[step];
        else
            out[i] = level_of(s, above);
    }
}

float frame_noise_floor(const frame_stretch *s)
{
    return fmaxf(1e-3f * s->noise, 1e-30f);
}
