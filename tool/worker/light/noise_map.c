/* The noise of a sky differs from place to place: nebulae are noisier, and
 * their threads look like noise to a filter of a star's size.
 *
 * Stars reach upwards only, so the scatter is taken from the lower half of the
 * values of a tile: how far the 16th percentile lies below the median. A tile
 * with more star than sky is smoothed away by the median of its neighbours.
 */
#include "worker/light/noise_map.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "worker/light/rank.h"

enum { SAMPLES_MAX = RANK_FEW_MAX };

/* Of a tile that nobody looked at. */
#define UNKNOWN (-1.0f)

static float scatter_of_cell(const light_map *map, tile_area tile)
{
    float sample[SAMPLES_MAX], found[2];
    int pixels = (tile.x1 - tile.x0) * (tile.y1 - tile.y0), x, y, n = 0;
    int step = pixels <= SAMPLES_MAX ? 1 : pixels <= 1600 ? 4 : 5;

    /* A part of the pixels, shifted from row to row. */
    for (y = tile.y0; y < tile.y1; y += step)
        for (x = tile.x0 + (step > 1 ? y / step % step : 0);
             x < tile.x1 && n < SAMPLES_MAX; x += step)
            sample[n++] =
                map->values[(size_t)y * (size_t)map->width + (size_t)x];
    if (n == 0)
        return 0;
    rank_select_few(sample, n, (int[]){ n / 2, n * 16 / 100 }, 2, found);
    return found[0] - found[1];
}

static float median_around(const noise_map *noise, const float *cells, int i,
                           int j)
{
    float around[9];
    int u, v, n = 0;

    for (v = j - 1; v <= j + 1; v++)
        for (u = i - 1; u <= i + 1; u++)
            if (u >= 0 && v >= 0 && u < noise->columns && v < noise->rows &&
                cells[v * noise->columns + u] != UNKNOWN)
                around[n++] = cells[v * noise->columns + u];
    return n > 0 ? rank_select(around, n, n / 2) : 0;
}

int noise_map_make(const light_map *map, float floor, const tiles *only,
                   noise_map *out)
{
    noise_map noise = { .columns = tiles_along(map->width),
                        .rows = tiles_along(map->height) };
    int count = noise.columns * noise.rows, i;
    float *raw;

    noise.cells = malloc((size_t)count * 2 * sizeof(*noise.cells));
    if (noise.cells == NULL)
        return -ENOMEM;
    raw = noise.cells + count;
    for (i = 0; i < count; i++) {
        int column = i % noise.columns, row = i / noise.columns;

        raw[i] =
            only != NULL && !only->marks[i]
                ? UNKNOWN
                : scatter_of_cell(
                      map,
                      (tile_area){ column * TILE_PX, row * TILE_PX,
                                   tiles_end(column, noise.columns, map->width),
                                   tiles_end(row, noise.rows, map->height) });
    }
    for (i = 0; i < count; i++)
        noise.cells[i] =
            fmaxf(floor, median_around(&noise, raw, i % noise.columns,
                                       i / noise.columns));
    *out = noise;
    return 0;
}

void noise_map_free(noise_map *noise)
{
    free(noise->cells);
    *noise = (noise_map){ 0 };
}

/* The tile whose centre lies before a place, and how far the place is towards
 * the next one. */
static int locate(float at, int count, float *share)
{
    float u = fminf(fmaxf(at / TILE_PX - 0.5f, 0), (float)(count - 1));
    int i = (int)u;

    *share = u - (float)i;
    return i;
}

float noise_map_at(const noise_map *noise, float x, float y)
{
    float right, down, a, b;
    int i = locate(x + 0.5f, noise->columns, &right);
    int j = locate(y + 0.5f, noise->rows, &down);
    const float *cell = noise->cells + j * noise->columns + i;
    int next = i + 1 < noise->columns;
    int below = j + 1 < noise->rows ? noise->columns : 0;

    a = cell[0] + down * (cell[below] - cell[0]);
    b = cell[next] + down * (cell[below + next] - cell[next]);
    return a + right * (b - a);
}

float noise_map_least(const noise_map *noise, int column, int row)
{
    float least = INFINITY;
    int i, j;

    for (j = row - 1; j <= row + 1; j++)
        for (i = column - 1; i <= column + 1; i++)
            if (i >= 0 && j >= 0 && i < noise->columns && j < noise->rows)
                least = fminf(least, noise->cells[j * noise->columns + i]);
    return least;
}
