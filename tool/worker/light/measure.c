/* The shape of a candidate, by adaptive Gaussian moments.
 *
 * Moments over an isophote, as extraction gives them, depend on where its
 * threshold cuts: faint stars look smaller than bright ones and positions are
 * pulled by noise. A Gaussian weight that is moved and resized until it fits
 * the star (Bernstein and Jarvis 2002) measures both alike. The level around
 * is the median of a ring, so that a star on a nebula or on a JPEG's blocks is
 * held against what surrounds it and not against the picture's average.
 */
#include "worker/light/measure.h"

#include <math.h>
#include <stddef.h>

enum {
    REACH_MAX = 14, /* pixels from the centre; larger ones are not measured
                       to their ends, only known to be large */
    ITERATIONS = 4,
    RING_POINTS = 32,
};

#define NARROWEST 0.35f
#define WIDEST 6.0f

static float value_at(const light_map *map, int x, int y)
{
    return map->values[(size_t)y * (size_t)map->width + (size_t)x];
}

static void sort_floats(float *values, int count)
{
    int i, j;

    for (i = 1; i < count; i++) {
        float v = values[i];

        for (j = i; j > 0 && values[j - 1] > v; j--)
            values[j] = values[j - 1];
        values[j] = v;
    }
}

/* Level and unevenness on two circles. The lower half tells the scatter:
 * neighbouring stars only reach upwards. */
static void measure_ring(const light_map *map, shape *s, float radius)
{
    /* cos and sin of 16 directions */
    static const float directions[16][2] = {
        { 1, 0 },  { .924f, .383f },   { .707f, .707f },   { .383f, .924f },
        { 0, 1 },  { -.383f, .924f },  { -.707f, .707f },  { -.924f, .383f },
        { -1, 0 }, { -.924f, -.383f }, { -.707f, -.707f }, { -.383f, -.924f },
        { 0, -1 }, { .383f, -.924f },  { .707f, -.707f },  { .924f, -.383f },
    };
    float values[RING_POINTS];
    int i, count = 0;

    for (i = 0; i < RING_POINTS; i++) {
        float r = i < 16 ? radius : radius + 1.5f;
        int x = (int)lrintf(s->x + r * directions[i % 16][0]);
        int y = (int)lrintf(s->y + r * directions[i % 16][1]);

        if (x >= 0 && y >= 0 && x < map->width && y < map->height)
            values[count++] = value_at(map, x, y);
    }
    s->ring = s->scatter = 0;
    if (count < 8)
        return;
    sort_floats(values, count);
    s->ring = values[count / 2];
    /* A quarter of a normal distribution lies below -0.674 sigma. */
    s->scatter = (s->ring - values[count / 4]) / 0.674f;
}

typedef struct sums {
    double light, x, y, xx, yy, xy, norm;
} sums;

static sums weigh(const light_map *map, const shape *s, int reach)
{
    float weight_x[2 * REACH_MAX + 1], weight_y[2 * REACH_MAX + 1];
    int cx = (int)lrintf(s->x), cy = (int)lrintf(s->y), i, j;
    float k = 0.5f / (s->size * s->size);
    sums sum = { 0 };

    for (i = -reach; i <= reach; i++) {
        float dx = (float)(cx + i) - s->x, dy = (float)(cy + i) - s->y;

        weight_x[i + reach] = expf(-k * dx * dx);
        weight_y[i + reach] = expf(-k * dy * dy);
    }
    for (j = -reach; j <= reach; j++) {
        float dy = (float)(cy + j) - s->y;

        if (cy + j < 0 || cy + j >= map->height)
            continue;
        for (i = -reach; i <= reach; i++) {
            float dx = (float)(cx + i) - s->x, weight, light;

            if (cx + i < 0 || cx + i >= map->width)
                continue;
            weight = weight_x[i + reach] * weight_y[j + reach];
            light = weight * (value_at(map, cx + i, cy + j) - s->ring);
            sum.light += light;
            sum.x += light * dx;
            sum.y += light * dy;
            sum.xx += light * dx * dx;
            sum.yy += light * dy * dy;
            sum.xy += light * dx * dy;
            sum.norm += weight * weight;
        }
    }
    return sum;
}

/* Axes of the second moments. */
static void set_axes(shape *s, double xx, double yy, double xy)
{
    double mean = (xx + yy) / 2, half = (xx - yy) / 2;
    double spread = sqrt(half * half + xy * xy);

    s->axis_ratio =
        mean - spread > 0 ? (float)sqrt((mean - spread) / (mean + spread)) : 0;
    s->theta = (float)(0.5 * atan2(2 * xy, xx - yy));
}

/* Move and resize the weight towards the star. False when there is none. */
static bool adapt(shape *s, const sums *sum)
{
    double weight_var = (double)s->size * s->size, mean_x, mean_y;
    double xx, yy, xy, inverse, limit = s->size;

    if (!(sum->light > 0))
        return false;
    mean_x = sum->x / sum->light;
    mean_y = sum->y / sum->light;
    xx = sum->xx / sum->light - mean_x * mean_x;
    yy = sum->yy / sum->light - mean_y * mean_y;
    xy = sum->xy / sum->light - mean_x * mean_y;
    if (fabs(mean_x) > limit || fabs(mean_y) > limit)
        return false;
    /* The product of two Gaussians of one size is half as wide, and its mean
     * goes half way: undo both. */
    s->x += (float)(2 * mean_x);
    s->y += (float)(2 * mean_y);
    set_axes(s, xx, yy, xy);
    if (!(xx + yy > 0))
        return false;
    inverse = 2 / (xx + yy) - 1 / weight_var;
    s->size =
        inverse > 1 / (WIDEST * WIDEST) ? (float)sqrt(1 / inverse) : WIDEST;
    if (s->size < NARROWEST)
        s->size = NARROWEST;
    return true;
}

static void measure_peak(const light_map *map, shape *s)
{
    int cx = (int)lrintf(s->x), cy = (int)lrintf(s->y), i, j, n = 0;
    float around = 0, peak;

    cx = cx < 0 ? 0 : cx >= map->width ? map->width - 1 : cx;
    cy = cy < 0 ? 0 : cy >= map->height ? map->height - 1 : cy;
    peak = value_at(map, cx, cy) - s->ring;
    for (j = cy - 1; j <= cy + 1; j++)
        for (i = cx - 1; i <= cx + 1; i++) {
            if (i < 0 || j < 0 || i >= map->width || j >= map->height ||
                (i == cx && j == cy))
                continue;
            around += value_at(map, i, j) - s->ring;
            n++;
        }
    s->height = peak;
    s->sharpness = peak > 0 && n > 0 ? around / (float)n / peak : 0;
}

shape measure(const light_map *map, double x, double y, float size_guess)
{
    shape s = { .x = (float)x, .y = (float)y, .size = size_guess };
    float start_x = s.x, start_y = s.y;
    sums sum = { 0 };
    int i;

    measure_ring(map, &s, 3.5f * size_guess + 1.5f);
    s.converged = true;
    for (i = 0; i < ITERATIONS && s.converged; i++) {
        int reach = (int)ceilf(3 * s.size);

        sum = weigh(map, &s, reach > REACH_MAX ? REACH_MAX : reach);
        s.converged = adapt(&s, &sum) && fabsf(s.x - start_x) <= 2.5f &&
                      fabsf(s.y - start_y) <= 2.5f;
    }
    if (!s.converged) {
        s.x = start_x;
        s.y = start_y;
    }
    s.light = sum.norm > 0 ? (float)(sum.light / sqrt(sum.norm)) : 0;
    measure_peak(map, &s);
    return s;
}
