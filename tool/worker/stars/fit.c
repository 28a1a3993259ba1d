/* Adaptive Gaussian moments (Bernstein and Jarvis 2002), made for many peaks.
 *
 * A Gaussian weight is moved and resized until it fits what it weighs. The
 * weight is round, so it is the product of a row and a column, and what it
 * weighs is added up column by column: loops without a dependency from pixel
 * to pixel. The product of weight and star is narrower than the star; that is
 * undone for the two axes, which are thereby the star's own.
 */
#include "worker/stars/fit.h"

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "worker/pixels/lanes.h"
#include "worker/light/rank.h"

enum {
    SIDE_MAX = 2 * FIT_REACH_MAX + 4,
    COLUMNS_MAX = 2 * FIT_REACH_MAX + 1 + LANES,
    ITERATIONS = 5,
    NARROW_REACH = 4,
};

#define NARROWEST 0.3f
#define WIDEST 9.0f
/* Narrower than that, between pixels, there is nothing to fit a width to. */
#define COLLAPSED 0.5f
/* From there on a sum over pixels is as good as an integral: to a percent. */
#define WELL_SAMPLED 0.8f
#define NARROW_WEIGHT 1.0f

/* The pixels around a peak, less the level; repeated beyond the border. */
typedef struct patch {
    float values[(2 * FIT_REACH_MAX + 1) * SIDE_MAX + LANES];
    int reach;
} patch;

static void cut_out(const light_map *map, int cx, int cy, float level,
                    float sign, patch *p)
{
    int r = p->reach, i, j;

    for (j = -r; j <= r; j++) {
        int y = cy + j;
        const float *row;
        float *to = p->values + (j + r) * SIDE_MAX;

        y = y < 0 ? 0 : y >= map->height ? map->height - 1 : y;
        row = map->values + (size_t)y * (size_t)map->width;
        if (cx >= r && cx + r < map->width) {
            for (i = 0; i <= 2 * r; i++)
                to[i] = sign * row[cx - r + i] - level;
            continue;
        }
        for (i = 0; i <= 2 * r; i++) {
            int x = cx - r + i;

            x = x < 0 ? 0 : x >= map->width ? map->width - 1 : x;
            to[i] = sign * row[x] - level;
        }
    }
}

const float fit_directions[FIT_DIRECTIONS][2] = {
    { 1, 0 },  { .924f, .383f },   { .707f, .707f },   { .383f, .924f },
    { 0, 1 },  { -.383f, .924f },  { -.707f, .707f },  { -.924f, .383f },
    { -1, 0 }, { -.924f, -.383f }, { -.707f, -.707f }, { -.383f, -.924f },
    { 0, -1 }, { .383f, -.924f },  { .707f, -.707f },  { .924f, -.383f },
};

enum { RING_POINTS = 2 * FIT_DIRECTIONS };
#define RINGS_APART 1.5f

/* Points on two circles, as pixels from the centre. */
typedef struct ring {
    int32_t x[RING_POINTS], y[RING_POINTS];
} ring;

/* Their cosines and sines apart, for lanes. */
static const float across[FIT_DIRECTIONS] = {
    1,  .924f,  .707f,  .383f,  0, -.383f, -.707f, -.924f,
    -1, -.924f, -.707f, -.383f, 0, .383f,  .707f,  .924f,
};
static const float down[FIT_DIRECTIONS] = {
    0, .383f,  .707f,  .924f,  1,  .924f,  .707f,  .383f,
    0, -.383f, -.707f, -.924f, -1, -.924f, -.707f, -.383f,
};

/* To the nearest whole numbers, as rintf() does: floats of that size have no
 * bits behind their point. */
LANES_FUNCTION static void place_ring(float radius, ring *to)
{
    const float no_bits_left = 0x1.8p23F;
    int i, k;

    for (k = 0; k < RING_POINTS; k += FIT_DIRECTIONS, radius += RINGS_APART)
        for (i = 0; i < FIT_DIRECTIONS; i++) {
            to->x[k + i] =
                (int32_t)(radius * across[i] + no_bits_left - no_bits_left);
            to->y[k + i] =
                (int32_t)(radius * down[i] + no_bits_left - no_bits_left);
        }
}

/* All places are known before the first is read, so that as many as can be come
 * from memory at the same time. */
static int read_ring(const light_map *map, int cx, int cy, float radius,
                     float sign, float values[RING_POINTS])
{
    const float *centre =
        map->values + (ptrdiff_t)cy * map->width + (ptrdiff_t)cx;
    int far = (int)radius + 3, i, count = 0;
    ring at;

    place_ring(radius, &at);
    if (cx >= far && cy >= far && cx + far < map->width &&
        cy + far < map->height) {
        for (i = 0; i < RING_POINTS; i++)
            values[i] =
                sign * centre[(ptrdiff_t)at.y[i] * map->width + at.x[i]];
        return RING_POINTS;
    }
    for (i = 0; i < RING_POINTS; i++) {
        int x = cx + at.x[i], y = cy + at.y[i];

        if (x >= 0 && y >= 0 && x < map->width && y < map->height)
            values[count++] =
                sign * centre[(ptrdiff_t)at.y[i] * map->width + at.x[i]];
    }
    return count;
}

bool fit_ring(const light_map *map, int cx, int cy, float radius, float sign,
              float *level, float *scatter)
{
    float values[RING_POINTS], found[3];
    int count = read_ring(map, cx, cy, radius, sign, values);

    if (count < 4)
        return false;
    rank_select_few(values, count,
                    (int[]){ count / 4, count / 2, count * 3 / 4 }, 3, found);
    *level = found[1];
    *scatter = (found[2] - found[0]) / 1.349f;
    return true;
}

typedef struct sums {
    float light, x, y, xx, yy, xy;
} sums;

typedef struct sums_of_columns {
    float zeroth[COLUMNS_MAX], first[COLUMNS_MAX], second[COLUMNS_MAX];
} sums_of_columns;

/* What a row is weighed with in each of them. */
typedef struct row_weights {
    float zeroth[COLUMNS_MAX], first[COLUMNS_MAX], second[COLUMNS_MAX];
} row_weights;

/* The sums of each column, over all rows. Up to the next LANES columns are
 * added up in vain, whatever lies there. */
LANES_FUNCTION static void add_up_columns(const float *rows, int n,
                                          const row_weights *by,
                                          sums_of_columns *to)
{
    int i, j;

    for (i = 0; i < n; i += LANES) {
        lanes zeroth = { 0 }, first = { 0 }, second = { 0 };

        for (j = 0; j < n; j++) {
            lanes row = *(const lanes *)(rows + j * SIDE_MAX + i);

            zeroth += by->zeroth[j] * row;
            first += by->first[j] * row;
            second += by->second[j] * row;
        }
        *(lanes *)(to->zeroth + i) = zeroth;
        *(lanes *)(to->first + i) = first;
        *(lanes *)(to->second + i) = second;
    }
}

/* Weighted sums about (dx, dy) from the patch's centre. */
static sums weigh(const patch *p, float dx, float dy, float size, int reach)
{
    sums_of_columns columns;
    row_weights rows = { 0 };
    float k = 0.5f / (size * size);
    int n = 2 * reach + 1, offset = p->reach - reach, i;
    sums s = { 0 };

    for (i = 0; i < n; i++) {
        float v = (float)(i - reach) - dy, w = expf(-k * v * v);

        rows.zeroth[i] = w;
        rows.first[i] = w * v;
        rows.second[i] = w * v * v;
    }
    add_up_columns(p->values + offset * SIDE_MAX + offset, n, &rows, &columns);
    for (i = 0; i < n; i++) {
        float u = (float)(i - reach) - dx, w = expf(-k * u * u);

        s.light += w * columns.zeroth[i];
        s.x += w * u * columns.zeroth[i];
        s.xx += w * u * u * columns.zeroth[i];
        s.y += w * columns.first[i];
        s.xy += w * u * columns.first[i];
        s.yy += w * columns.second[i];
    }
    return s;
}

/* The variance of what was weighed, from that of the product. */
static float undo_weight(float variance, float weight)
{
    float inverse = 1 / fmaxf(variance, 1e-3f) - 1 / weight;

    return inverse > 0.1f / weight ? 1 / inverse : 10 * weight;
}

/* Move and resize the weight towards the star. False when there is none. */
static bool adapt(fit *f, float *dx, float *dy, const sums *s)
{
    float weight = f->size * f->size, mx, my, xx, yy, xy, mean, spread;
    float large, small;

    if (!(s->light > 0))
        return false;
    mx = s->x / s->light;
    my = s->y / s->light;
    xx = s->xx / s->light - mx * mx;
    yy = s->yy / s->light - my * my;
    xy = s->xy / s->light - mx * my;
    if (!(xx + yy > 0) || fabsf(mx) > f->size || fabsf(my) > f->size)
        return false;
    /* The mean of the product goes half way only. */
    *dx += 2 * mx;
    *dy += 2 * my;
    mean = (xx + yy) / 2;
    spread = sqrtf((xx - yy) * (xx - yy) / 4 + xy * xy);
    large = undo_weight(mean + spread, weight);
    small = undo_weight(mean - spread, weight);
    f->theta = 0.5f * atan2f(2 * xy, xx - yy);
    f->axis_ratio = sqrtf(small / large);
    f->size = sqrtf(undo_weight(mean, weight));
    f->size = fminf(fmaxf(f->size, NARROWEST), WIDEST);
    return fabsf(*dx) < 2.5f && fabsf(*dy) < 2.5f;
}

/* A weight that is narrower than a pixel slips between two, and finds nothing
 * there; what it came from is a peak all the same. */
static bool is_collapsed(const fit *f, const sums *s, float dx, float dy)
{
    return f->size < COLLAPSED && s->light > 0 && fabsf(dx) < 1 &&
           fabsf(dy) < 1;
}

static void measure_peak(const patch *p, fit *f)
{
    const float *peak = p->values + p->reach * SIDE_MAX + p->reach;
    float around = peak[-1] + peak[1] + peak[-SIDE_MAX - 1] + peak[-SIDE_MAX] +
                   peak[-SIDE_MAX + 1] + peak[SIDE_MAX - 1] + peak[SIDE_MAX] +
                   peak[SIDE_MAX + 1];

    f->height = *peak;
    f->sharpness = *peak > 0 ? around / 8 / *peak : 1;
}

/* Of a Gaussian on the middle of a pixel whose neighbours have, in the mean,
 * that share of its height: of what is as narrow as a pixel they tell more than
 * moments do, which then see no width at all. */
static float size_of_sharpness(float sharpness)
{
    float next = (sqrtf(1 + 8 * fmaxf(sharpness, 0)) - 1) / 2;

    return next > 0.01f && next < 0.9f ? sqrtf(-0.5f / logf(next)) : NARROWEST;
}

/* The place alone, under a weight as large as the picture's stars: of all
 * weights that one gives noise the least say. The mean of the product goes a
 * part of the way only, the smaller the larger the star is. */
static void settle(const patch *p, float size, float star, float *dx, float *dy)
{
    int reach = (int)ceilf(2.7f * size) + 1, i;
    float way = 1 + star * star / (size * size);

    for (i = 0; i < 3; i++) {
        sums s = weigh(p, *dx, *dy, size, reach < p->reach ? reach : p->reach);
        float x, y;

        if (!(s.light > 0))
            return;
        x = way * s.x / s.light;
        y = way * s.y / s.light;
        if (fabsf(*dx + x) > 2 || fabsf(*dy + y) > 2)
            return;
        *dx += x;
        *dy += y;
    }
}

/* What the wide weight keeps of a Gaussian's pixels, as a part, along one axis;
 * its middle lies so far from that of a pixel. */
static float kept_along(float d, float size)
{
    float k = 0.5f / (size * size), all = 0, kept = 0;

    for (int i = -NARROW_REACH; i <= NARROW_REACH; i++) {
        float u = (float)i - d, v = expf(-k * u * u);

        all += v;
        kept += v * expf(-0.5f / (NARROW_WEIGHT * NARROW_WEIGHT) * u * u);
    }
    return kept / all;
}

/* All light of a star as large as the weight by which `weighed` was added up,
 * which keeps half of it: but for one in few pixels. How large that is depends
 * on how it lies on them, so that a wider weight tells better. */
static float light_of(const patch *p, const fit *f, float dx, float dy,
                      float weighed)
{
    if (f->size >= WELL_SAMPLED)
        return 2 * weighed;
    weighed = weigh(p, dx, dy, NARROW_WEIGHT, NARROW_REACH).light;
    return weighed / (kept_along(dx, f->size) * kept_along(dy, f->size));
}

fit fit_glance(const light_map *map, int x, int y, float size_guess, float sign)
{
    fit f = { .x = (float)x, .y = (float)y, .size = size_guess };
    patch p;

    p.reach = 1; /* its other pixels stay unset: clearing them costs more */
    fit_ring(map, x, y, FIT_RING_RADIUS(size_guess), sign, &f.level,
             &f.scatter);
    cut_out(map, x, y, f.level, sign, &p);
    measure_peak(&p, &f);
    return f;
}

fit fit_peak(const light_map *map, int x, int y, float size_guess, float sign)
{
    fit f = { .x = (float)x, .y = (float)y, .size = size_guess };
    float dx = 0, dy = 0, far, uneven;
    sums s = { 0 };
    patch p;
    int i;

    p.reach = (int)ceilf(4 * size_guess) + 2;
    p.reach = p.reach > FIT_REACH_MAX ? FIT_REACH_MAX : p.reach;
    fit_ring(map, x, y, FIT_RING_RADIUS(size_guess), sign, &f.level,
             &f.scatter);
    if (fit_ring(map, x, y, 2 * FIT_RING_RADIUS(size_guess), sign, &far,
                 &uneven))
        f.wing = f.level - far;
    cut_out(map, x, y, f.level, sign, &p);
    measure_peak(&p, &f);
    f.converged = true;
    for (i = 0; i < ITERATIONS && f.converged; i++) {
        int reach = (int)ceilf(2.7f * f.size) + 1;

        s = weigh(&p, dx, dy, f.size, reach < p.reach ? reach : p.reach);
        f.converged = adapt(&f, &dx, &dy, &s);
    }
    f.converged |= is_collapsed(&f, &s, dx, dy);
    if (f.converged) {
        if (f.size < COLLAPSED)
            f.size = fmaxf(f.size, size_of_sharpness(f.sharpness));
        f.light = light_of(&p, &f, dx, dy, s.light);
        settle(&p, size_guess, f.size, &dx, &dy);
        f.x += dx;
        f.y += dy;
    }
    return f;
}
