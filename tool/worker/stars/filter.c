/* The zero-sum filter of DAOFIND (Stetson 1987), made of two Gaussians.
 *
 * Each Gaussian is separable: a row of the result needs the rows around it
 * weighted and added, then the same along the row. The wide Gaussian is smooth,
 * so it is computed from every second or fourth pixel and interpolated, which
 * makes it nearly free. All is done area by area, each small enough that what
 * is in between stays in the cache.
 */
#include "worker/stars/filter.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "worker/pixels/lanes.h"

enum {
    TAPS_MAX = 20,
    BAND_PX = 96,
    FEW_SHARE = 6, /* tiles: what lies around them is filtered as well */
};

typedef struct kernel {
    int reach;
    float weights[TAPS_MAX + 1]; /* of the centre and of each distance */
} kernel;

typedef struct plan {
    const light_map *map;
    filtered_map *out;
    kernel narrow, wide; /* the second for every `step`-th pixel */
    int step;
    int low_width, low_height; /* of the whole map in such steps */
} plan;

/* Values of a rectangle of the map, or of every step-th of its pixels. */
typedef struct block {
    float *values;
    int x0, y0, x1, y1, stride;
} block;

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

static plan make_plan(const light_map *map, float sigma, float ratio,
                      filtered_map *out)
{
    int step = sigma < 2.5f ? 2 : 4;
    float wide = ratio * sigma, f2 = (float)(step * step), more;

    /* What shrinking and interpolating blur is not to be blurred again. */
    more = (wide * wide - sigma * sigma - (f2 - 1) / 12 - f2 / 6) / f2;
    return (plan){ .map = map,
                   .out = out,
                   .narrow = make_kernel(sigma),
                   .wide = make_kernel(sqrtf(fmaxf(more, 0.1f))),
                   .step = step,
                   .low_width = (map->width + step - 1) / step,
                   .low_height = (map->height + step - 1) / step };
}

static int clamp(int i, int count)
{
    return i < 0 ? 0 : i >= count ? count - 1 : i;
}

/* Weigh `reach` rows above and below; rows[reach] is the middle one. What comes
 * `ahead` of the last row is fetched meanwhile: it is on its way from memory
 * for longer than this takes. */
static inline __attribute__((always_inline)) void
weigh(float *restrict to, const float *const *rows, const float *weights,
      int reach, int width, size_t ahead)
{
    const float *const *middle = rows + reach;
    int x = 0, i;

    for (; x + LANES <= width; x += LANES) {
        lanes sum = *(const lanes *)(middle[0] + x) * weights[0];

        if (ahead > 0)
            __builtin_prefetch(middle[reach] + ahead + x);
        for (i = 1; i <= reach; i++)
            sum += (*(const lanes *)(middle[-i] + x) +
                    *(const lanes *)(middle[i] + x)) *
                   weights[i];
        *(lanes *)(to + x) = sum;
    }
    for (; x < width; x++) {
        float sum = middle[0][x] * weights[0];

        for (i = 1; i <= reach; i++)
            sum += (middle[-i][x] + middle[i][x]) * weights[i];
        to[x] = sum;
    }
}

/* A compiler that knows how far a loop goes keeps the weights in registers. */
LANES_FUNCTION static void weigh_rows(float *restrict to,
                                      const float *const *rows, const kernel *k,
                                      int width, size_t ahead)
{
    if (k->reach == 2)
        weigh(to, rows, k->weights, 2, width, ahead);
    else if (k->reach == 3)
        weigh(to, rows, k->weights, 3, width, ahead);
    else if (k->reach == 4)
        weigh(to, rows, k->weights, 4, width, ahead);
    else
        weigh(to, rows, k->weights, k->reach, width, ahead);
}

/* The same along a row that has `reach` values before and behind it. */
static void weigh_along(float *restrict to, const float *row, const kernel *k,
                        int width)
{
    const float *shifted[2 * TAPS_MAX + 1];
    int i;

    for (i = -k->reach; i <= k->reach; i++)
        shifted[i + k->reach] = row + i;
    weigh_rows(to, shifted, k, width, 0);
}

/* Smooth the part of `from` that `to` covers. Beyond what `from` holds its
 * border is repeated, which is right where that is the border of the picture:
 * elsewhere it holds enough. */
static void smooth(const block *from, const kernel *k, block *to, float *row)
{
    const float *rows[2 * TAPS_MAX + 1];
    int height = from->y1 - from->y0;
    int left = to->x0 - from->x0 < k->reach ? to->x0 - from->x0 : k->reach;
    int right = from->x1 - to->x1 < k->reach ? from->x1 - to->x1 : k->reach;
    int n = to->x1 - to->x0, y, i;

    for (y = to->y0; y < to->y1; y++) {
        float *middle = row + TAPS_MAX;

        for (i = -k->reach; i <= k->reach; i++)
            rows[i + k->reach] =
                from->values +
                (size_t)clamp(y + i - from->y0, height) * (size_t)from->stride +
                (to->x0 - from->x0) - left;
        weigh_rows(middle - left, rows, k, left + n + right,
                   (size_t)from->stride);
        for (i = left + 1; i <= k->reach; i++)
            middle[-i] = middle[-left];
        for (i = right; i < k->reach; i++)
            middle[n + i] = middle[n + right - 1];
        weigh_along(to->values + (size_t)(y - to->y0) * (size_t)to->stride,
                    middle, k, n);
    }
}

LANES_FUNCTION static void add_twos(float *restrict to,
                                    const float *restrict row, int n)
{
    int x;

    for (x = 0; x < n; x++)
        to[x] += 0.25f * (row[2 * x] + row[2 * x + 1]);
}

LANES_FUNCTION static void add_fours(float *restrict to,
                                     const float *restrict row, int n)
{
    int x;

    for (x = 0; x < n; x++)
        to[x] += 0.0625f * ((row[4 * x] + row[4 * x + 1]) +
                            (row[4 * x + 2] + row[4 * x + 3]));
}

/* Means of step by step pixels; at the right and lower border of the picture
 * pixels are repeated. `from` begins where `to` does. */
static void shrink(const block *from, int step, block *to)
{
    int whole = (from->x1 - from->x0) / step, n = to->x1 - to->x0;
    int rows = from->y1 - from->y0, last = from->x1 - from->x0 - 1;
    int y, j, i;

    for (y = 0; y < to->y1 - to->y0; y++) {
        float *out = to->values + (size_t)y * (size_t)to->stride;

        memset(out, 0, (size_t)n * sizeof(*out));
        for (j = 0; j < step; j++) {
            const float *row =
                from->values +
                (size_t)clamp(y * step + j, rows) * (size_t)from->stride;

            if (step == 2)
                add_twos(out, row, whole);
            else
                add_fours(out, row, whole);
            for (i = whole * step; i < n * step; i++)
                out[i / step] +=
                    row[i < last ? i : last] / (float)(step * step);
        }
    }
}

LANES_FUNCTION static void subtract_twos(float *restrict to,
                                         const float *restrict from,
                                         const float *restrict row, int n)
{
    int x;

    for (x = 0; x < n; x++) {
        to[2 * x] = from[2 * x] - (0.25f * row[x - 1] + 0.75f * row[x]);
        to[2 * x + 1] = from[2 * x + 1] - (0.75f * row[x] + 0.25f * row[x + 1]);
    }
}

LANES_FUNCTION static void subtract_fours(float *restrict to,
                                          const float *restrict from,
                                          const float *restrict row, int n)
{
    int x;

    for (x = 0; x < n; x++) {
        const float *f = from + 4 * x;

        to[4 * x] = f[0] - (0.375f * row[x - 1] + 0.625f * row[x]);
        to[4 * x + 1] = f[1] - (0.125f * row[x - 1] + 0.875f * row[x]);
        to[4 * x + 2] = f[2] - (0.875f * row[x] + 0.125f * row[x + 1]);
        to[4 * x + 3] = f[3] - (0.625f * row[x] + 0.375f * row[x + 1]);
    }
}

/* A row between two rows of the low block, for columns x0 .. x1 of it and one
 * more at each end. */
static void between_rows(const block *low, int y, float down, int x0, int x1,
                         float *to)
{
    int height = low->y1 - low->y0, width = low->x1 - low->x0, x;
    const float *a =
        low->values + (size_t)clamp(y - low->y0, height) * (size_t)low->stride;
    const float *b = low->values + (size_t)clamp(y + 1 - low->y0, height) *
                                       (size_t)low->stride;

    for (x = x0; x < x1; x++)
        to[x - x0] = a[x - low->x0] + down * (b[x - low->x0] - a[x - low->x0]);
    x = clamp(x0 - 1 - low->x0, width);
    to[-1] = a[x] + down * (b[x] - a[x]);
    x = clamp(x1 - low->x0, width);
    to[x1 - x0] = a[x] + down * (b[x] - a[x]);
}

/* The value furthest from zero, of some that are in the cache just now. Without
 * the sign their bits are ordered as they are, and the largest of whole numbers
 * is what compilers find in lanes. */
LANES_FUNCTION static float furthest(const float *values, int count)
{
    const int32_t *bits = (const int32_t *)values;
    int32_t most = 0;
    float out;
    int x;

    for (x = 0; x < count; x++) {
        int32_t v = bits[x] & INT32_MAX;

        most = v > most ? v : most;
    }
    memcpy(&out, &most, sizeof(out));
    return out;
}

/* For the tiles whose row was written between x0 and x1. */
static void note_furthest(filtered_map *out, int y, int x0, int x1)
{
    int width = out->map.width, columns = tiles_along(width), i;
    float *beyond = out->beyond + (size_t)y * (size_t)columns;

    for (i = x0 / TILE_PX < columns ? x0 / TILE_PX : columns - 1;
         i < columns && i * TILE_PX < x1; i++)
        beyond[i] =
            furthest(out->values + (size_t)y * (size_t)width + i * TILE_PX,
                     tiles_end(i, columns, width) - i * TILE_PX);
}

/* The narrow map less the wide one, which is interpolated between its pixels,
 * for an area that begins with a step. */
static void write_difference(const plan *p, const block *narrow,
                             const block *low, tile_area area, float *row)
{
    int step = p->step, whole = (area.x1 - area.x0) / step, y;
    int left = area.x1 - area.x0 - whole * step; /* of a step that is cut */
    int lx = area.x0 / step, lx_end = (area.x1 + step - 1) / step;
    void (*subtract)(float *, const float *, const float *, int) =
        step == 2 ? subtract_twos : subtract_fours;
    float tail[4] = { 0 }, cut[4];

    row += TAPS_MAX;
    for (y = area.y0; y < area.y1; y++) {
        float at = ((float)y + 0.5f) / (float)step - 0.5f;
        int ly = (int)floorf(at);
        float *to =
            p->out->values + (size_t)y * (size_t)p->map->width + area.x0;
        const float *from = narrow->values +
                            (size_t)(y - narrow->y0) * (size_t)narrow->stride +
                            (area.x0 - narrow->x0);

        between_rows(low, ly, at - (float)ly, lx, lx_end, row);
        subtract(to, from, row, whole);
        if (left > 0) {
            memcpy(tail, from + whole * step, (size_t)left * sizeof(*tail));
            subtract(cut, tail, row + whole, 1);
            memcpy(to + whole * step, cut, (size_t)left * sizeof(*cut));
        }
        note_furthest(p->out, y, area.x0, area.x1);
    }
}

/* A block for an area of a whole of that size, grown by `margin`. */
static block grow(tile_area area, int margin, int width, int height,
                  float *values)
{
    block b = { .values = values,
                .x0 = area.x0 > margin ? area.x0 - margin : 0,
                .y0 = area.y0 > margin ? area.y0 - margin : 0,
                .x1 = area.x1 + margin < width ? area.x1 + margin : width,
                .y1 = area.y1 + margin < height ? area.y1 + margin : height };

    b.stride = b.x1 - b.x0;
    return b;
}

static size_t size_of(const block *b)
{
    return (size_t)b->stride * (size_t)(b->y1 - b->y0);
}

/* From the difference backwards: what each step needs of the one before. */
static int filter_area(const plan *p, tile_area area, workspace *ws)
{
    const light_map *map = p->map;
    int step = p->step;
    tile_area low_area = { area.x0 / step, area.y0 / step,
                           (area.x1 + step - 1) / step,
                           (area.y1 + step - 1) / step };
    block smoothed = grow(low_area, 1, p->low_width, p->low_height, NULL);
    block low =
        grow(low_area, 1 + p->wide.reach, p->low_width, p->low_height, NULL);
    tile_area narrow_area = { low.x0 * step, low.y0 * step, low.x1 * step,
                              low.y1 * step };
    block narrow = grow(narrow_area, 0, map->width, map->height, NULL);
    block all = { (float *)map->values, 0,           0,
                  map->width,           map->height, map->width };
    size_t padded = (size_t)map->width + 2 * TAPS_MAX + LANES;
    float *scratch = workspace_take(
        ws, WORKSPACE_SCRATCH,
        (size_of(&narrow) + size_of(&low) + size_of(&smoothed) + padded) *
            sizeof(*scratch));

    if (scratch == NULL)
        return -ENOMEM;
    narrow.values = scratch;
    low.values = narrow.values + size_of(&narrow);
    smoothed.values = low.values + size_of(&low);
    scratch = smoothed.values + size_of(&smoothed);
    smooth(&all, &p->narrow, &narrow, scratch);
    shrink(&narrow, step, &low);
    smooth(&low, &p->wide, &smoothed, scratch);
    write_difference(p, &narrow, &smoothed, area, scratch);
    return 0;
}

/* Whole steps, within the picture. */
static tile_area add_margin(tile_area area, int margin, const light_map *map)
{
    int x1 = (area.x1 + margin + 3) & ~3, y1 = (area.y1 + margin + 3) & ~3;

    area.x0 = (area.x0 > margin ? area.x0 - margin : 0) & ~3;
    area.y0 = (area.y0 > margin ? area.y0 - margin : 0) & ~3;
    area.x1 = x1 < map->width ? x1 : map->width;
    area.y1 = y1 < map->height ? y1 : map->height;
    return area;
}

static int filter_bands(const plan *p, tile_area area, workspace *ws)
{
    int band = BAND_PX > 8 * p->wide.reach ? BAND_PX : 8 * p->wide.reach;
    int y, rc = 0;

    for (y = area.y0; y < area.y1 && rc == 0; y += band)
        rc = filter_area(p,
                         (tile_area){ area.x0, y, area.x1,
                                      y + band < area.y1 ? y + band : area.y1 },
                         ws);
    return rc;
}

static int take_memory(const light_map *map, workspace *ws, filtered_map *out)
{
    size_t count = (size_t)map->width * (size_t)map->height;
    size_t rows = (size_t)tiles_along(map->width) * (size_t)map->height;
    float *values =
        workspace_take(ws, WORKSPACE_FILTER, (count + rows) * sizeof(*values));

    if (values == NULL)
        return -ENOMEM;
    *out = (filtered_map){ .map = { values, map->width, map->height },
                           .values = values,
                           .beyond = values + count };
    return 0;
}

int filter_zero_sum(const light_map *map, float sigma, float ratio, tiles *only,
                    int margin, workspace *ws, filtered_map *out)
{
    plan p = make_plan(map, sigma, ratio, out);
    tile_walk walk = { 0 };
    tile_area area = { 0, 0, map->width, map->height };
    int rc = take_memory(map, ws, out);

    if (rc < 0)
        return rc;
    if (only == NULL || FEW_SHARE * only->marked > only->columns * only->rows)
        return filter_bands(&p, area, ws);
    while (tiles_next(only, &walk, &area))
        if (rc == 0)
            rc = filter_bands(&p, add_margin(area, margin, map), ws);
    return rc;
}

int filter_reach(float sigma, float ratio)
{
    plan p = make_plan(&(light_map){ 0 }, sigma, ratio, NULL);

    return p.narrow.reach + (p.wide.reach + 2) * p.step;
}
