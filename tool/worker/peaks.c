/* Local maxima of a filtered map.
 *
 * Nearly all pixels are below the threshold, and a row is held against it with
 * one comparison a pixel; only what is left is held against its neighbours.
 */
#include "worker/peaks.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

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

/* Marks in `above` what passes the level; returns how many there are. */
__attribute__((target_clones("avx2", "default"))) static int
compare_row(const float *restrict row, const float *restrict noise,
            float factor, unsigned char *restrict above, int width)
{
    int x, n = 0;

    for (x = 0; x < width; x++) {
        above[x] = row[x] * factor > noise[x];
        n += above[x];
    }
    return n;
}

static int find_in_row(const light_map *map, int y, const float *noise,
                       const unsigned char *above, float sign, peak_list *out)
{
    const float *row = map->values + (size_t)y * (size_t)map->width;
    int x, rc = 0;

    for (x = 1; x < map->width - 1 && rc == 0; x++)
        if (above[x] && is_maximum(row + x, map->width, sign))
            rc = add(out, (peak){ .x = x,
                                  .y = y,
                                  .z = sign * row[x] / noise[x],
                                  .curve = curve_ratio(row + x, map->width) });
    return rc;
}

static int find_all(const light_map *map, const noise_map *noise, float sign,
                    float threshold, uint32_t limit, float *row, peak_list *out)
{
    unsigned char *above = (unsigned char *)(row + map->width);
    int y, rc = 0;

    out->count = 0;
    for (y = 1; y < map->height - 1 && rc == 0 && out->count <= limit; y++) {
        noise_map_row(noise, y, row, map->width);
        if (compare_row(map->values + (size_t)y * (size_t)map->width, row,
                        sign / threshold, above, map->width) > 0)
            rc = find_in_row(map, y, row, above, sign, out);
    }
    return rc;
}

int peaks_find(const light_map *map, const noise_map *noise, float sign,
               float threshold, uint32_t limit, peak_list *out)
{
    float *row = malloc((size_t)map->width * (sizeof(*row) + 1));
    int rc, i;

    *out = (peak_list){ 0 };
    rc = row == NULL ? -ENOMEM : 0;
    for (i = 0; i < 16 && rc == 0; i++) {
        rc = find_all(map, noise, sign, threshold, limit, row, out);
        if (out->count <= limit)
            break;
        threshold *= 2;
    }
    free(row);
    if (rc < 0)
        peaks_free(out);
    return rc;
}

void peaks_free(peak_list *list)
{
    free(list->peaks);
    *list = (peak_list){ 0 };
}
