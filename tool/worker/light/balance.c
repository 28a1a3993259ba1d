/* Colours of a frame have skies of their own, which differ by more than most
 * stars have light, and noise of their own. So each is taken from its own sky.
 *
 * What a star has in each colour is asked of the picture as well: steps between
 * places close by that are much larger than noise are made by stars, whatever
 * glows behind them. For stars of that mean colour, the best sum weights each
 * colour by its signal over the square of its noise.
 */
#include "worker/light/balance.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>

#include "worker/light/rank.h"

/* A step from here on, in sigma of the sum, is of a star. */
#define STAR_STEP 8.0f
/* A camera's colours differ by no more; beyond it the stars are not asked. */
#define GAIN_MOST 8.0f

enum { SAMPLES = 16384, COLOURS = 3, STARS_LEAST = 12 };

/* What is sampled all over the frame, a value each. */
typedef struct sampling {
    const frame_colours *from;
    float values[SAMPLES];
} sampling;

static size_t stride_of(const frame_colours *from)
{
    return ((size_t)from->width * from->height / SAMPLES + 1) | 1;
}

static bool is_whole(const float *pixel)
{
    return isfinite(pixel[0]) && isfinite(pixel[1]) && isfinite(pixel[2]);
}

static float middle_of(sampling *s, int count)
{
    return count > 0 ? rank_select(s->values, count, count / 2) : 0;
}

static float sky_of(sampling *s, int colour)
{
    const frame_colours *from = s->from;
    size_t count = (size_t)from->width * from->height, i;
    int n = 0;

    for (i = 0; i < count && n < SAMPLES; i += stride_of(from)) {
        const float *pixel = from->samples + i * (size_t)from->channels;

        if (is_whole(pixel))
            s->values[n++] = pixel[colour];
    }
    return middle_of(s, n);
}

/* From pixels to their neighbours but one: what a camera interpolates is not
 * noise. With `limit` above 0 the share of the colour in steps that are larger,
 * else how large its own are. Returns how many there are. */
static int take_steps(sampling *s, int colour, float limit)
{
    const frame_colours *from = s->from;
    size_t count = (size_t)from->width * from->height, i;
    int n = 0;

    for (i = 0; i + 2 < count && n < SAMPLES; i += stride_of(from)) {
        const float *here = from->samples + i * (size_t)from->channels;
        const float *after = here + 2 * from->channels;
        float step = after[colour] - here[colour], sum;

        sum = after[0] - here[0] + after[1] - here[1] + after[2] - here[2];
        if (!isfinite(sum) || (limit > 0 && fabsf(sum) <= limit))
            continue;
        s->values[n++] = limit > 0 ? step / sum : fabsf(step);
    }
    return n;
}

static float noise_of(sampling *s, int colour)
{
    return middle_of(s, take_steps(s, colour, 0)) / (0.6745f * (float)M_SQRT2);
}

/* What steps that stars make have of each colour, in the middle. */
static void find_gains(sampling *s, balance *b)
{
    float shares[COLOURS], sum = 0, limit = 0, least;
    int c, n = SAMPLES;

    for (c = 0; c < COLOURS; c++)
        limit += 2 * b->noise[c] * b->noise[c];
    limit = fmaxf(STAR_STEP * sqrtf(limit), FLT_MIN);
    for (c = 0; c < COLOURS; c++) {
        n = take_steps(s, c, limit);
        sum += shares[c] = middle_of(s, n);
    }
    least = fminf(fminf(shares[0], shares[1]), shares[2]);
    for (c = 0; c < COLOURS; c++)
        b->gain[c] = n >= STARS_LEAST && least * COLOURS * GAIN_MOST > sum
                         ? COLOURS * shares[c] / sum
                         : 1;
}

balance balance_look(const frame_colours *from)
{
    sampling s = { .from = from };
    balance b = { 0 };
    float most = 0;
    int c;

    for (c = 0; c < COLOURS; c++) {
        b.sky[c] = sky_of(&s, c);
        b.level += b.sky[c] / COLOURS;
        b.noise[c] = noise_of(&s, c);
        most = fmaxf(most, b.noise[c]);
    }
    find_gains(&s, &b);
    /* A colour without any noise is empty, or was drawn. */
    for (c = 0; c < COLOURS; c++)
        if (!(b.noise[c] > 0.01f * most))
            b.noise[c] = most > 0 ? most : 1;
    return b;
}

void balance_even_out(const frame_colours *from, balance *b)
{
    size_t count = (size_t)from->width * from->height;

    for (size_t i = 0; i < count; i++) {
        float *pixel = from->samples + i * (size_t)from->channels;

        for (int c = 0; c < COLOURS; c++)
            pixel[c] = (pixel[c] - b->sky[c]) / b->gain[c] + b->level;
    }
    for (int c = 0; c < COLOURS; c++) {
        b->sky[c] = b->level;
        b->noise[c] /= b->gain[c];
        b->gain[c] = 1;
    }
}

/* What each colour is multiplied with to be added up; the noise of the sum. */
static float weights_of(const balance *b, float weights[COLOURS])
{
    float sum = 0;
    int c;

    for (c = 0; c < COLOURS; c++)
        sum += b->gain[c] * b->gain[c] / (b->noise[c] * b->noise[c]);
    for (c = 0; c < COLOURS; c++)
        weights[c] = b->gain[c] / (b->noise[c] * b->noise[c]) / sum;
    return 1 / sqrtf(sum);
}

void balance_add(const frame_colours *from, const balance *b, float *light)
{
    size_t count = (size_t)from->width * from->height;
    float weights[COLOURS], level = b->level;

    weights_of(b, weights);
    for (int c = 0; c < COLOURS; c++)
        level -= weights[c] * b->sky[c];
    for (size_t i = 0; i < count; i++) {
        const float *pixel = from->samples + i * (size_t)from->channels;

        light[i] = level + weights[0] * pixel[0] + weights[1] * pixel[1] +
                   weights[2] * pixel[2];
    }
}

float balance_sum(const balance *b, float sample)
{
    frame_colours pixel = {
        .samples = (float[]){ sample, sample, sample },
        .width = 1,
        .height = 1,
        .channels = 3,
    };
    float sum;

    balance_add(&pixel, b, &sum);
    return sum;
}

static float sum_of(const frame_colours *from, uint32_t x, uint32_t y, int c)
{
    uint32_t right = x + 1 < from->width ? x + 1 : x;
    uint32_t below = y + 1 < from->height ? y + 1 : y;
    const float *here = from->samples + c;
    size_t step = (size_t)from->channels;

    return here[((size_t)y * from->width + x) * step] +
           here[((size_t)y * from->width + right) * step] +
           here[((size_t)below * from->width + x) * step] +
           here[((size_t)below * from->width + right) * step];
}

void balance_excel(const frame_colours *from, const balance *b, float *colour)
{
    float weights[COLOURS], noise = weights_of(b, weights);

    for (uint32_t y = 0; y < from->height; y += 2)
        for (uint32_t x = 0; x < from->width; x += 2) {
            float red = sum_of(from, x, y, 0) / 4 - b->sky[0];
            float blue = sum_of(from, x, y, 2) / 4 - b->sky[2];

            *colour++ =
                b->level + noise * fmaxf(red / b->noise[0], blue / b->noise[2]);
        }
}
