/* Local maxima and minima of a filtered map.
 *
 * Nearly all pixels are below the threshold. What the filter noted of a row of
 * a tile is held against the lowest threshold that the tile has; only where
 * that passes is the row looked at pixel by pixel.
 */
#include "worker/stars/peaks.h"

#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "worker/pixels/lanes.h"

static int add(peak_list *list, peak p)
{
    if (list->count == list->capacity) {
        uint32_t capacity = list->capacity ? list->capacity * 2 : 1024;
        peak *grown = realloc(list->peaks, capacity * sizeof(*grown));

        if (grown == NULL)
            return -ENOMEM;
        list->peaks = grown;
        list->capacity = capacity;
    }
    list->peaks[list->count++] = p;
    return 0;
}

/* Equal neighbours to the right and below do not count, so that a flat top has
 * one peak. */
static bool is_maximum(const float *at, ptrdiff_t stride, float sign)
{
    float v = sign * at[0];

    return v >= sign * at[1] && v > sign * at[-1] && v >= sign * at[stride] &&
           v > sign * at[-stride] && v >= sign * at[stride + 1] &&
           v >= sign * at[stride - 1] && v > sign * at[-stride - 1] &&
           v > sign * at[-stride + 1];
}

/* Lowe's (2004) test for ridges. */
static float curve_ratio(const float *at, ptrdiff_t stride)
{
    float xx = at[1] + at[-1] - 2 * at[0];
    float yy = at[stride] + at[-stride] - 2 * at[0];
    float xy = 0.25f * (at[stride + 1] + at[-stride - 1] - at[stride - 1] -
                        at[-stride + 1]);
    float mean = (xx + yy) / 2;
    float spread = sqrtf((xx - yy) * (xx - yy) / 4 + xy * xy);

    if (fabsf(mean) <= spread)
        return 1e9f;
    return (fabsf(mean) + spread) / (fabsf(mean) - spread);
}

static int look_at(const light_map *map, const noise_map *noise, int x, int y,
                   float threshold, peak_list *out)
{
    const float *at = map->values + (size_t)y * (size_t)map->width + x;
    float sign = *at < 0 ? -1 : 1, z;

    if (!is_maximum(at, map->width, sign))
        return 0;
    z = fabsf(*at) / noise_map_at(noise, (float)x, (float)y);
    if (!(z > threshold))
        return 0;
    return add(out, (peak){ .x = x,
                            .y = y,
                            .z = z,
                            .curve = curve_ratio(at, map->width),
                            .dark = sign < 0 });
}

/* The first of the values from `at` on that is beyond the limit; `end` if there
 * is none. */
LANES_FUNCTION static int next_beyond(const float *values, int at, int end,
                                      float limit)
{
    const lane_flags magnitude = (lane_flags){ 0 } + INT32_MAX;

    for (; at + LANES <= end; at += LANES) {
        lane_flags bits =
            (lane_flags) * (const lanes *)(values + at) & magnitude;
        lane_flags any = (lanes)bits > limit;
        int64_t halves[4];

        memcpy(halves, &any, sizeof(halves));
        if (halves[0] | halves[1] | halves[2] | halves[3])
            break;
    }
    while (at < end && !(fabsf(values[at]) > limit))
        at++;
    return at;
}

static int look_along(const light_map *map, const noise_map *noise,
                      tile_area tile, int y, float limit, float threshold,
                      peak_list *out)
{
    const float *row = map->values + (size_t)y * (size_t)map->width;
    int x, rc = 0;

    for (x = next_beyond(row, tile.x0, tile.x1, limit); x < tile.x1 && rc == 0;
         x = next_beyond(row, x + 1, tile.x1, limit))
        rc = look_at(map, noise, x, y, threshold, out);
    return rc;
}

/* Rows that will be looked at come from memory meanwhile, all of a tile's at
 * once. */
static void fetch_ahead(const light_map *map, tile_area tile,
                        const float *beyond, int columns, float limit)
{
    for (int y = tile.y0; y < tile.y1; y++) {
        const float *row = map->values + (size_t)y * (size_t)map->width;

        if (beyond[(size_t)y * (size_t)columns] > limit)
            for (int x = tile.x0; x < tile.x1; x += 16)
                __builtin_prefetch(row + x);
    }
}

/* A tile, without the picture's border. */
static int look_over(const filtered_map *filtered, const noise_map *noise,
                     int column, int row, float threshold, peak_list *out)
{
    const light_map *map = &filtered->map;
    int right = tiles_end(column, noise->columns, map->width);
    int bottom = tiles_end(row, noise->rows, map->height);
    tile_area tile = { column > 0 ? column * TILE_PX : 1,
                       row > 0 ? row * TILE_PX : 1,
                       right < map->width ? right : map->width - 1,
                       bottom < map->height ? bottom : map->height - 1 };
    float limit = threshold * noise_map_least(noise, column, row);
    const float *beyond = filtered->beyond + column;
    int y, rc = 0;

    fetch_ahead(map, tile, beyond, noise->columns, limit);
    for (y = tile.y0; y < tile.y1 && rc == 0; y++)
        if (beyond[(size_t)y * (size_t)noise->columns] > limit)
            rc = look_along(map, noise, tile, y, limit, threshold, out);
    return rc;
}

int peaks_find(const filtered_map *filtered, const noise_map *noise,
               float threshold, uint32_t limit, const tiles *only,
               peak_list *out)
{
    int count = noise->columns * noise->rows, rc = 0, i, round;

    *out = (peak_list){ 0 };
    for (round = 0; round < 16 && rc == 0; round++) {
        out->count = 0;
        for (i = 0; i < count && rc == 0 && out->count <= limit; i++)
            if (only == NULL || only->marks[i])
                rc = look_over(filtered, noise, i % noise->columns,
                               i / noise->columns, threshold, out);
        if (out->count <= limit)
            break;
        threshold *= 2;
    }
    if (rc < 0)
        peaks_free(out);
    return rc;
}

void peaks_free(peak_list *list)
{
    free(list->peaks);
    *list = (peak_list){ 0 };
}

void peaks_keep(peak_list *list, bool dark)
{
    uint32_t i, n = 0;

    for (i = 0; i < list->count; i++)
        if (list->peaks[i].dark == dark)
            list->peaks[n++] = list->peaks[i];
    list->count = n;
}

int peaks_split(peak_list *list, peak_list *dark)
{
    *dark = (peak_list){ .peaks = malloc((list->count + 1) * sizeof(peak)),
                         .count = list->count,
                         .capacity = list->count + 1 };
    if (dark->peaks == NULL) {
        *dark = (peak_list){ 0 };
        return -ENOMEM;
    }
    if (list->count > 0)
        memcpy(dark->peaks, list->peaks, list->count * sizeof(peak));
    peaks_keep(dark, true);
    peaks_keep(list, false);
    return 0;
}

void peaks_drop_marked(peak_list *list, const tiles *marked)
{
    uint32_t i, n = 0;

    for (i = 0; i < list->count; i++)
        if (!tiles_has(marked, list->peaks[i].x, list->peaks[i].y))
            list->peaks[n++] = list->peaks[i];
    list->count = n;
}
