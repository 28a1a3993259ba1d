/* The zero-sum filter of DAOFIND (Stetson 1987), made of two Gaussians.
 *
 * Each Gaussian is separable: a row of the result needs the rows around it
 * weighted and added, then the same along the row. Both are plain loops over
 * a whole row with one weight, the form that compilers turn into vectors. The
 * wide Gaussian is smooth, so it is computed from every second or fourth pixel
 * and interpolated, which makes it nearly free.
 */
#include "worker/filter.h"

#include <errno.h>
#include <math.h>
#include <string.h>

enum { TAPS_MAX = 20, LANES = 16 };

typedef struct kernel {
    int reach;
    float weights[TAPS_MAX + 1]; /* of the centre and of each distance */
} kernel;

static kernel make_kernel(float sigma)
{
    kernel k = { .reach = (int)ceilf(3 * sigma) };
    float sum = 0;
    int i;

    if (k.reach > TAPS_MAX)
        k.reach = TAPS_MAX;
    for (i = 0; i <= k.reach; i++) {
        k.weights[i] = expf(-0.5f * (float)(i * i) / (sigma * sigma));
        sum += i == 0 ? k.weights[0] : 2 * k.weights[i];
    }
    for (i = 0; i <= k.reach; i++)
        k.weights[i] /= sum;
    return k;
}

static int clamp(int i, int count)
{
    return i < 0 ? 0 : i >= count ? count - 1 : i;
}

static void weigh_row(float *restrict to, const float *restrict row,
                      float weight, int width)
{
    int x;

    for (x = 0; x < width; x++)
        to[x] = weight * row[x];
}

static void add_pair(float *restrict to, const float *restrict a,
                     const float *restrict b, float weight, int width)
{
    int x;

    for (x = 0; x < width; x++)
        to[x] += weight * (a[x] + b[x]);
}

/* Repeat the ends of a row, `reach` times, into the room around it. */
static void pad_row(float *row, int width, int reach)
{
    int i;

    for (i = 1; i <= reach; i++) {
        row[-i] = row[0];
        row[width - 1 + i] = row[width - 1];
    }
}

/* Built twice, the second for wider vectors. */
__attribute__((target_clones("avx2", "default"))) static void
smooth(const light_map *map, const kernel *k, float *out, float *padded)
{
    int w = map->width, h = map->height, y, i;
    float *row = padded + TAPS_MAX;

    for (y = 0; y < h; y++) {
        float *to = out + (size_t)y * (size_t)w;

        weigh_row(row, map->values + (size_t)y * (size_t)w, k->weights[0], w);
        for (i = 1; i <= k->reach; i++)
            add_pair(row, map->values + (size_t)clamp(y - i, h) * (size_t)w,
                     map->values + (size_t)clamp(y + i, h) * (size_t)w,
                     k->weights[i], w);
        pad_row(row, w, k->reach);
        weigh_row(to, row, k->weights[0], w);
        for (i = 1; i <= k->reach; i++)
            add_pair(to, row - i, row + i, k->weights[i], w);
    }
}

/* Means of blocks; those at the right and lower border repeat pixels. */
static void shrink(const light_map *map, int step, float *to, int width,
                   int height)
{
    float share = 1.0f / (float)(step * step);
    int x, y, i, j;

    for (y = 0; y < height; y++)
        for (x = 0; x < width; x++)
            to[(size_t)y * (size_t)width + (size_t)x] = 0;
    for (y = 0; y < height; y++) {
        float *out = to + (size_t)y * (size_t)width;
        int whole = map->width / step;

        for (j = 0; j < step; j++) {
            const float *row =
                map->values +
                (size_t)clamp(y * step + j, map->height) * (size_t)map->width;

            for (x = 0; x < whole; x++)
                for (i = 0; i < step; i++)
                    out[x] += share * row[x * step + i];
            for (; x < width; x++)
                for (i = 0; i < step; i++)
                    out[x] += share * row[clamp(x * step + i, map->width)];
        }
    }
}

/* Subtract the wide map, interpolated between its pixels, from `out`. */
static void subtract_wide(const light_map *wide, int step, float *out,
                          int width, int height, float *padded)
{
    float *row = padded + TAPS_MAX;
    int x, y, k;

    for (y = 0; y < height; y++) {
        float at = ((float)y + 0.5f) / (float)step - 0.5f;
        int j = (int)floorf(at);
        float down = at - (float)j;
        float *to = out + (size_t)y * (size_t)width;

        weigh_row(row,
                  wide->values +
                      (size_t)clamp(j, wide->height) * (size_t)wide->width,
                  1 - down, wide->width);
        add_pair(row,
                 wide->values +
                     (size_t)clamp(j + 1, wide->height) * (size_t)wide->width,
                 wide->values +
                     (size_t)clamp(j + 1, wide->height) * (size_t)wide->width,
                 0.5f * down, wide->width);
        pad_row(row, wide->width, 1);
        for (k = 0; k < step; k++) {
            float right = ((float)k + 0.5f) / (float)step - 0.5f;
            int from = right < 0 ? -1 : 0, n = (width - k + step - 1) / step;

            right -= (float)from;
            for (x = 0; x < n; x++)
                to[x * step + k] -=
                    (1 - right) * row[x + from] + right * row[x + from + 1];
        }
    }
}

int filter_zero_sum(const light_map *map, float sigma, float *out,
                    workspace *ws)
{
    int w = map->width, h = map->height;
    int step = sigma < 2.5f ? 2 : 4, low_w = (w + step - 1) / step;
    int low_h = (h + step - 1) / step;
    size_t low = (size_t)low_w * (size_t)low_h;
    size_t padded = (size_t)w + 2 * TAPS_MAX + LANES;
    float *scratch = workspace_take(ws, WORKSPACE_SCRATCH,
                                    (2 * low + padded) * sizeof(*scratch));
    float wide = 2.2f * sigma + 0.4f, f2 = (float)(step * step), more;
    light_map narrow = { out, w, h }, shrunk, smoothed;
    kernel k = make_kernel(sigma);

    if (scratch == NULL)
        return -ENOMEM;
    smooth(map, &k, out, scratch + 2 * low);
    shrink(&narrow, step, scratch, low_w, low_h);
    /* What shrinking and interpolating blur is not to be blurred again. */
    more = (wide * wide - sigma * sigma - (f2 - 1) / 12 - f2 / 6) / f2;
    k = make_kernel(sqrtf(fmaxf(more, 0.1f)));
    shrunk = (light_map){ scratch, low_w, low_h };
    smooth(&shrunk, &k, scratch + low, scratch + 2 * low);
    smoothed = (light_map){ scratch + low, low_w, low_h };
    subtract_wide(&smoothed, step, out, w, h, scratch + 2 * low);
    return 0;
}
