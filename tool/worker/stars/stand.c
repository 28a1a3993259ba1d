/* The filter that finds peaks is blind to what is smooth, and so to a part of
 * every star. Once a place is known, the level around is known from many more
 * pixels than the filter had, and the star can be fitted as a whole: its height
 * is the only unknown. What is left between it and the pixels tells whether it
 * was one.
 */
#include "worker/stars/stand.h"

#include <math.h>
#include <stddef.h>

#include "worker/stars/fit.h"
#include "worker/light/rank.h"

enum { CIRCLES = 6, AROUND_MAX = CIRCLES * FIT_DIRECTIONS, REACH_MAX = 16 };

/* The ring that is looked at, in sizes of the star and pixels. */
#define INNER(size) (3.2f * (size) + 1)
#define OUTER(size) (6.5f * (size) + 2)
#define NEAR(size) (1.4f * (size))
#define FAR(size) (2.6f * (size))
#define CORE(size) (2.6f * (size))
#define CLIP 2.5f
/* Rounding, of which a middle of a few whole numbers knows nothing. */
#define NOISE_LEAST 0.02f

static const stand nothing = { .misfit = 1, .unlike = 1 };

typedef struct around {
    float level, noise, uneven;
} around;

static float value_at(const light_map *map, int x, int y)
{
    return map->values[(size_t)y * (size_t)map->width + (size_t)x];
}

/* Pixels on circles. */
static int collect(const light_map *map, float x, float y, float size,
                   float values[AROUND_MAX])
{
    float step = (OUTER(size) - INNER(size)) / CIRCLES;
    int n = 0, i, k;

    for (i = 0; i < CIRCLES; i++) {
        float r = INNER(size) + step * ((float)i + 0.5f);

        for (k = 0; k < FIT_DIRECTIONS; k++) {
            int u = (int)lrintf(x + r * fit_directions[k][0]);
            int v = (int)lrintf(y + r * fit_directions[k][1]);

            if (u >= 0 && v >= 0 && u < map->width && v < map->height)
                values[n++] = value_at(map, u, v);
        }
    }
    return n;
}

/* Mean and scatter of those that are not far off. */
static around look_around(const float *values, int n)
{
    float ranks[3], sum = 0, squares = 0, scale, count = 0;
    int i;

    rank_select_few(values, n, (int[]){ n * 16 / 100, n / 2, n * 84 / 100 }, 3,
                    ranks);
    scale = CLIP * (fminf(ranks[2] - ranks[1], ranks[1] - ranks[0]) + 0.4f);
    for (i = 0; i < n; i++) {
        float off = values[i] - ranks[1];

        if (fabsf(off) > scale)
            continue;
        sum += off;
        squares += off * off;
        count++;
    }
    sum /= count;
    scale = sqrtf(fmaxf(squares / count - sum * sum, 0)) + NOISE_LEAST;
    return (around){ ranks[1] + sum, scale,
                     (ranks[2] + ranks[0] - 2 * ranks[1]) / (2 * scale) };
}

/* A Gaussian along one axis, centred so far from the middle. */
static void weigh_axis(float weights[2 * REACH_MAX + 1], int reach, float off,
                       float size)
{
    float k = 0.5f / (size * size);
    int i;

    for (i = -reach; i <= reach; i++) {
        float d = (float)i - off;

        weights[i + reach] = expf(-k * d * d);
    }
}

/* Least squares for the height h of a Gaussian w among pixels v, and what that
 * leaves: the sum of w (v - h w)^2. */
static stand fit_height(const light_map *map, float x, float y, float size,
                        float sign, const around *a)
{
    int reach = (int)ceilf(CORE(size)), i, j;
    int cx = (int)lrintf(x), cy = (int)lrintf(y), left_end, right_end;
    float across[2 * REACH_MAX + 1], down[2 * REACH_MAX + 1];
    float w1 = 0, w2 = 0, w3 = 0, wv = 0, wwv = 0, wvv = 0, height, left;

    reach = reach > REACH_MAX ? REACH_MAX : reach;
    left_end = cx < reach ? -cx : -reach;
    right_end = cx + reach < map->width ? reach : map->width - 1 - cx;
    weigh_axis(across, reach, x - (float)cx, size);
    weigh_axis(down, reach, y - (float)cy, size);
    for (j = -reach; j <= reach; j++) {
        if (cy + j < 0 || cy + j >= map->height)
            continue;
        for (i = left_end; i <= right_end; i++) {
            float w = across[i + reach] * down[j + reach];
            float v = sign * (value_at(map, cx + i, cy + j) - a->level);

            w1 += w;
            w2 += w * w;
            w3 += w * w * w;
            wv += w * v;
            wwv += w * w * v;
            wvv += w * v * v;
        }
    }
    if (!(w2 > 0))
        return nothing;
    height = wv / w2;
    left = sqrtf(fmaxf(wvv - 2 * height * wwv + height * height * w3, 0) / w1);
    return (stand){ .snr = height * sqrtf(w2) / a->noise,
                    .misfit = left / a->noise,
                    .unlike = left / fmaxf(height, 0.05f),
                    .uneven = sign * a->uneven,
                    .noise = a->noise,
                    .height = height };
}

/* Of a star little is left there, of a galaxy more. */
static float height_of_ring(const light_map *map, float x, float y,
                            float radius, float sign, const around *a)
{
    float level = sign * a->level, scatter;

    fit_ring(map, (int)lrintf(x), (int)lrintf(y), radius, sign, &level,
             &scatter);
    return level - sign * a->level;
}

stand stand_measure(const light_map *map, float x, float y, float size,
                    float sign)
{
    float values[AROUND_MAX];
    int n = collect(map, x, y, size, values);
    around a;

    stand found;

    if (n < AROUND_MAX / 8)
        return nothing;
    a = look_around(values, n);
    found = fit_height(map, x, y, size, sign, &a);
    found.near = height_of_ring(map, x, y, NEAR(size), sign, &a);
    found.far = height_of_ring(map, x, y, FAR(size), sign, &a);
    rings_measure(map,
                  &(rings_place){ .x = x,
                                  .y = y,
                                  .size = size,
                                  .sign = sign,
                                  .level = a.level,
                                  .height = found.height,
                                  .noise = a.noise },
                  found.rings);
    return found;
}
