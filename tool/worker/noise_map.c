/* The noise of a sky differs from place to place: nebulae are noisier, and
 * their threads look like noise to a filter of a star's size.
 *
 * Stars reach upwards only, so the scatter is taken from the lower half of the
 * values of a cell: how far the 16th percentile lies below the median. A cell
 * with more star than sky is smoothed away by the median of its neighbours.
 */
#include "worker/noise_map.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "worker/rank.h"

enum { CELL_PX = 32, SAMPLES_MAX = 256 };

static float scatter_of_cell(const light_map *map, int x0, int x1, int y0,
                             int y1)
{
    float sample[SAMPLES_MAX], middle, low;
    int small = (x1 - x0) * (y1 - y0) <= SAMPLES_MAX, x, y, n = 0;
    int step_x = small ? 1 : 4, step_y = small ? 1 : 4;

    /* A part of the pixels, shifted from row to row. */
    for (y = y0; y < y1; y += step_y)
        for (x = x0 + (y / 4 & (step_x - 1)); x < x1 && n < SAMPLES_MAX;
             x += step_x)
            sample[n++] =
                map->values[(size_t)y * (size_t)map->width + (size_t)x];
    if (n == 0)
        return 0;
    middle = rank_select(sample, n, n / 2);
    low = rank_select(sample, n / 2 + 1, n * 16 / 100);
    return middle - low;
}

static float median_around(const noise_map *noise, const float *cells, int i,
                           int j)
{
    float around[9];
    int u, v, n = 0;

    for (v = j - 1; v <= j + 1; v++)
        for (u = i - 1; u <= i + 1; u++)
            if (u >= 0 && v >= 0 && u < noise->columns && v < noise->rows)
                around[n++] = cells[v * noise->columns + u];
    return rank_select(around, n, n / 2);
}

int noise_map_make(const light_map *map, float floor, noise_map *out)
{
    noise_map noise = { .columns = (map->width + CELL_PX / 2) / CELL_PX,
                        .rows = (map->height + CELL_PX / 2) / CELL_PX };
    float *raw;
    int i, j;

    noise.columns = noise.columns > 0 ? noise.columns : 1;
    noise.rows = noise.rows > 0 ? noise.rows : 1;
    noise.cell_width = (float)map->width / (float)noise.columns;
    noise.cell_height = (float)map->height / (float)noise.rows;
    noise.cells = calloc((size_t)noise.columns * (size_t)noise.rows * 2,
                         sizeof(*noise.cells));
    if (noise.cells == NULL)
        return -ENOMEM;
    raw = noise.cells + noise.columns * noise.rows;
    for (j = 0; j < noise.rows; j++)
        for (i = 0; i < noise.columns; i++)
            raw[j * noise.columns + i] =
                scatter_of_cell(map, (int)((float)i * noise.cell_width),
                                (int)((float)(i + 1) * noise.cell_width),
                                (int)((float)j * noise.cell_height),
                                (int)((float)(j + 1) * noise.cell_height));
    for (j = 0; j < noise.rows; j++)
        for (i = 0; i < noise.columns; i++)
            noise.cells[j * noise.columns + i] =
                fmaxf(floor, median_around(&noise, raw, i, j));
    *out = noise;
    return 0;
}

void noise_map_free(noise_map *noise)
{
    free(noise->cells);
    *noise = (noise_map){ 0 };
}

/* The cell whose centre lies before a place, and how far the place is towards
 * the next one. */
static int locate(float at, float cell, int count, float *share)
{
    float u = fminf(fmaxf(at / cell - 0.5f, 0), (float)(count - 1));
    int i = (int)u;

    *share = u - (float)i;
    return i;
}

static float between_rows(const noise_map *noise, int column, int row,
                          float share)
{
    const float *cell = noise->cells + row * noise->columns + column;
    int below = row + 1 < noise->rows ? noise->columns : 0;

    return cell[0] + share * (cell[below] - cell[0]);
}

float noise_map_at(const noise_map *noise, float x, float y)
{
    float right, down, a, b;
    int i = locate(x + 0.5f, noise->cell_width, noise->columns, &right);
    int j = locate(y + 0.5f, noise->cell_height, noise->rows, &down);

    a = between_rows(noise, i, j, down);
    b = i + 1 < noise->columns ? between_rows(noise, i + 1, j, down) : a;
    return a + right * (b - a);
}

void noise_map_row(const noise_map *noise, int y, float *to, int width)
{
    float down, left, right, slope = 0;
    int j = locate((float)y + 0.5f, noise->cell_height, noise->rows, &down);
    int i, x = 0, end;

    /* Level up to the first centre, straight lines between the centres, and
     * level again behind the last one. */
    left = right = between_rows(noise, 0, j, down);
    for (i = 0; i <= noise->columns; i++) {
        float from = ((float)i - 0.5f) * noise->cell_width;

        end = i < noise->columns ? (int)(from + noise->cell_width) : width;
        slope = i > 0 && i < noise->columns ? (right - left) / noise->cell_width
                                            : 0;
        for (; x < end && x < width; x++)
            to[x] = left + ((float)x + 0.5f - from) * slope;
        left = right;
        if (i + 1 < noise->columns)
            right = between_rows(noise, i + 1, j, down);
    }
}
