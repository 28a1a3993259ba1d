/* Every second pixel is green, of the others half red and half blue, and each
 * colour has a sky of its own. To a finder of stars that is a chessboard. So
 * colours are told apart, and what is missing in each is interpolated in the
 * plainest way, which moves no star.
 *
 * Programs do not agree on whether the name of the pattern begins at the top or
 * at the bottom. Green tells: its two kinds of pixels have one sky. A name that
 * has them on the wrong diagonal is one row off.
 */
#include "worker/light/mosaic.h"

#include <math.h>
#include <strings.h>

#include "worker/light/rank.h"

/* Sigma; what is less does not disturb. */
#define UNEVEN 0.25f
/* The middle one of the steps between two pixels, in sigma. */
#define NOISE_STEP 0.954f

enum { SAMPLES = 4096, KINDS = 4 };

mosaic_pattern mosaic_of(const char *name, long offset_x, long offset_y)
{
    static const char *const names[KINDS] = { "RGGB", "GRBG", "GBRG", "BGGR" };
    uint32_t i;

    for (i = 0; i < KINDS; i++)
        if (strncasecmp(name, names[i], 4) == 0)
            return (mosaic_pattern){ true, (i & 1) ^ (uint32_t)(offset_x & 1),
                                     (i >> 1) ^ (uint32_t)(offset_y & 1) };
    return (mosaic_pattern){ 0 };
}

/* How far the pixels at (0, 0), (1, 0), (0, 1) and (1, 1) of each two by two
 * are above the first kind, in the middle, and the noise of a pixel. */
typedef struct kinds {
    float levels[KINDS], noise;
} kinds;

/* How far a pixel is above those of the first kind on both sides of it: slopes
 * of the sky do not count. NaN where one is not known. */
static float height_of(const float *first, size_t width, int kind)
{
    size_t right = kind & 1 ? 2 : 0, down = kind & 2 ? 2 * width : 0;
    float around = first[0] + first[right] + first[down] + first[right + down];

    return first[right / 2 + down / 2] - around / 4;
}

static kinds look_at_kinds(const float *frame, uint32_t width, uint32_t height)
{
    size_t columns = (width - 1) / 2, count = columns * ((height - 1) / 2), i;
    size_t step = count / SAMPLES + 1;
    float heights[SAMPLES], steps[SAMPLES];
    kinds k = { 0 };
    int kind;

    for (kind = 1; kind < KINDS; kind++) {
        int n = 0, m = 0;

        for (i = 0; i < count && n < SAMPLES; i += step) {
            const float *first =
                frame + 2 * (i / columns) * width + 2 * (i % columns);
            float v = height_of(first, width, kind), after = first[2];

            if (isfinite(v))
                heights[n++] = v;
            if (isfinite(v) && isfinite(after))
                steps[m++] = fabsf(after - first[0]);
        }
        k.levels[kind] = n > 0 ? rank_select(heights, n, n / 2) : 0;
        k.noise = m > 0 ? rank_select(steps, m, m / 2) / NOISE_STEP : 0;
    }
    return k;
}

static uint32_t kind_of(uint32_t x, uint32_t y)
{
    return (x & 1) | (y & 1) << 1;
}

/* The same pattern, or the one that is a row off. */
static mosaic_pattern check_green(mosaic_pattern p, const kinds *k)
{
    float across = fabsf(k->levels[kind_of(p.red_x ^ 1, p.red_y)] -
                         k->levels[kind_of(p.red_x, p.red_y ^ 1)]);
    float along = fabsf(k->levels[kind_of(p.red_x, p.red_y)] -
                        k->levels[kind_of(p.red_x ^ 1, p.red_y ^ 1)]);

    if (across > 4 * along && across > UNEVEN * k->noise)
        p.red_y ^= 1;
    return p;
}

/* A pixel beyond the border is the one as far within it: of the same colour. */
static size_t before(size_t i)
{
    return i > 0 ? i - 1 : 1;
}

static size_t after(size_t i, size_t count)
{
    return i + 1 < count ? i + 1 : count - 2;
}

static void open_row(const float *const rows[3], size_t width, mosaic_pattern p,
                     uint32_t y, float *rgb)
{
    /* Rows with red in them have no blue. */
    int of_row = (y & 1) == p.red_y ? 0 : 2, other = 2 - of_row;
    uint32_t coloured = of_row == 0 ? p.red_x : p.red_x ^ 1;
    const float *up = rows[0], *here = rows[1], *down = rows[2];

    for (size_t x = 0; x < width; x++, rgb += 3) {
        size_t left = before(x), right = after(x, width);
        float beside = (here[left] + here[right]) / 2;
        float above = (up[x] + down[x]) / 2;

        if ((x & 1) == coloured) {
            rgb[of_row] = here[x];
            rgb[1] = (beside + above) / 2;
            rgb[other] = (up[left] + up[right] + down[left] + down[right]) / 4;
        } else {
            rgb[of_row] = beside;
            rgb[1] = here[x];
            rgb[other] = above;
        }
    }
}

mosaic_pattern mosaic_open(const float *frame, uint32_t width, uint32_t height,
                           mosaic_pattern pattern, float *rgb)
{
    kinds k = look_at_kinds(frame, width, height);
    mosaic_pattern p = check_green(pattern, &k);

    for (uint32_t y = 0; y < height; y++) {
        const float *rows[3] = { frame + before(y) * width,
                                 frame + (size_t)y * width,
                                 frame + after(y, height) * width };

        open_row(rows, width, p, y, rgb + (size_t)y * width * 3);
    }
    return p;
}

static int colour_of(mosaic_pattern p, uint32_t x, uint32_t y)
{
    bool red_column = (x & 1) == p.red_x, red_row = (y & 1) == p.red_y;

    return red_column != red_row ? 1 : red_row ? 0 : 2;
}

float mosaic_light(const float *frame, uint32_t width, uint32_t height,
                   mosaic_pattern pattern, const balance *b, float ceiling,
                   float *light)
{
    float most = INFINITY;

    for (int c = 0; c < 3; c++)
        most = fminf(most, (ceiling - b->sky[c]) / b->gain[c] + b->level);
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++) {
            int c = colour_of(pattern, x, y);
            size_t at = (size_t)y * width + x;
            float v = (frame[at] - b->sky[c]) / b->gain[c] + b->level;

            light[at] = v > most ? most : v; /* NaN stays */
        }
    return most;
}

void mosaic_even_out(float *frame, uint32_t width, uint32_t height)
{
    kinds k = look_at_kinds(frame, width, height);
    float mean = 0, least = INFINITY, most = -INFINITY;
    int i;

    for (i = 0; i < KINDS; i++) {
        mean += k.levels[i] / KINDS;
        least = fminf(least, k.levels[i]);
        most = fmaxf(most, k.levels[i]);
    }
    if (!(most - least > UNEVEN * k.noise))
        return;
    for (uint32_t y = 0; y < height; y++) {
        float *row = frame + (size_t)y * width;

        for (uint32_t x = 0; x < width; x++)
            row[x] += mean - k.levels[kind_of(x, y)];
    }
}
