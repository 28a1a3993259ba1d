/* Noise of which each pixel has its own becomes less under a filter by a factor
 * that is known. What is left beyond that hangs together over several pixels:
 * clouds and threads of a nebula, stars in a crowd.
 *
 * So do the squares that a coarse JPEG is made of, but those are not seen
 * better through a smaller filter. They are told by their borders, where steps
 * are larger than within.
 */
#include "worker/stars/roughness.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "worker/light/rank.h"

/* Of the filtered noise for what it would be. */
#define SMOOTH 1.0f
#define ROUGH 2.2f
/* Of steps at borders for steps within: from here on there are squares, and
 * there nothing else. */
#define SQUARES_BEGIN 1.5f
#define SQUARES_ONLY 2.0f
/* Grey levels; a larger step is a star's, or an edge's. */
#define STEP_MAX 12.0f

/* Of a grey level; what was rounded to the same differs by nothing. */
#define STEP_LEAST 0.3f
#define BLACK 3.0f

enum { SQUARE_PX = 8, ROWS_STEP = 5, FLAT_REACH = 7 };

/* How much is left by the filter for what would be. */
static float excess_of(const noise_map *noise, float sigma, float pixel_noise)
{
    int count = noise->columns * noise->rows;
    float *cells = malloc((size_t)count * sizeof(*cells)), middle;

    if (cells == NULL || !(pixel_noise > 0)) {
        free(cells);
        return SMOOTH;
    }
    memcpy(cells, noise->cells, (size_t)count * sizeof(*cells));
    middle = rank_select(cells, count, count / 2);
    free(cells);
    return middle * 2 * sqrtf((float)M_PI) * sigma / pixel_noise;
}

float roughness_squares(const light_map *light)
{
    float border = 0, inside = 0;
    int x, y;

    for (y = 0; y < light->height; y += ROWS_STEP) {
        const float *row = light->values + (size_t)y * (size_t)light->width;

        for (x = SQUARE_PX; x < light->width; x += SQUARE_PX) {
            border += fminf(fabsf(row[x] - row[x - 1]), STEP_MAX);
            inside += fminf(fabsf(row[x - 4] - row[x - 5]), STEP_MAX);
        }
    }
    return inside > 0 ? border / inside : 1;
}

float roughness_of(const light_map *light, const noise_map *noise, float sigma,
                   float pixel_noise)
{
    float rough =
        (excess_of(noise, sigma, pixel_noise) - SMOOTH) / (ROUGH - SMOOTH);
    float plain = (SQUARES_ONLY - roughness_squares(light)) /
                  (SQUARES_ONLY - SQUARES_BEGIN);

    return fminf(fmaxf(rough, 0), 1) * fminf(fmaxf(plain, 0), 1);
}

float roughness_flat(const light_map *light, float x, float y)
{
    int left = (int)lrintf(x) - FLAT_REACH, top = (int)lrintf(y) - FLAT_REACH;
    int right = left + 2 * FLAT_REACH, bottom = top + 2 * FLAT_REACH;
    int flat = 0, i, j;

    left = left < 0 ? 0 : left;
    top = top < 0 ? 0 : top;
    right = right > light->width - 2 ? light->width - 2 : right;
    bottom = bottom > light->height - 1 ? light->height - 1 : bottom;
    if (right < left || bottom < top)
        return 0;
    for (j = top; j <= bottom; j++) {
        const float *row = light->values + (size_t)j * (size_t)light->width;

        for (i = left; i <= right; i++)
            flat += fabsf(row[i + 1] - row[i]) < STEP_LEAST;
    }
    return (float)flat / (float)((right - left + 1) * (bottom - top + 1));
}

float roughness_black(const light_map *light)
{
    int black = 0, rows = 0, x, y;

    for (y = 0; y < light->height; y += ROWS_STEP, rows++) {
        const float *row = light->values + (size_t)y * (size_t)light->width;

        for (x = 0; x < light->width; x++)
            black += row[x] < BLACK;
    }
    return (float)black / ((float)rows * (float)light->width);
}
