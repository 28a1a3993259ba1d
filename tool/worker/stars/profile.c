/* A star is subtracted by what it looks like itself.
 *
 * Pictures are stretched, sharpened and compressed, so no one function fits
 * their stars. But a star looks alike in all directions, and its neighbours do
 * not: the middle value of each ring around it is its own. It falls outwards;
 * a ring that rises again has met other stars.
 */
#include "worker/stars/profile.h"

#include <math.h>
#include <stddef.h>

#include "worker/light/rank.h"

enum { RING_MAX = 160 };
#define BIN_PX 0.8f
/* Neighbours add light, so a little below the middle. */
#define QUANTILE 0.4f

typedef struct ring {
    float values[RING_MAX];
    float radius_sum;
    int count;
} ring;

static void collect(const light_map *map, const profile *p, ring *rings)
{
    int x0 = (int)ceilf(p->x - p->reach), x1 = (int)floorf(p->x + p->reach);
    int y0 = (int)ceilf(p->y - p->reach), y1 = (int)floorf(p->y + p->reach);
    int x, y;

    x0 = x0 < 0 ? 0 : x0;
    y0 = y0 < 0 ? 0 : y0;
    x1 = x1 >= map->width ? map->width - 1 : x1;
    y1 = y1 >= map->height ? map->height - 1 : y1;
    for (y = y0; y <= y1; y++)
        for (x = x0; x <= x1; x++) {
            float dx = (float)x - p->x, dy = (float)y - p->y;
            float r = sqrtf(dx * dx + dy * dy);
            int bin = (int)(r / BIN_PX + 0.5f);

            if (bin < p->bins && rings[bin].count < RING_MAX) {
                ring *to = &rings[bin];

                to->values[to->count++] =
                    map->values[(size_t)y * (size_t)map->width + (size_t)x];
                to->radius_sum += r;
            }
        }
}

profile profile_measure(const light_map *map, float x, float y, float reach,
                        float level)
{
    profile p = { .x = x, .y = y };
    ring rings[PROFILE_BINS];
    float last = INFINITY;
    int i, n = 0;

    p.bins = (int)(reach / BIN_PX) + 1;
    p.bins = p.bins > PROFILE_BINS ? PROFILE_BINS : p.bins;
    p.reach = BIN_PX * ((float)p.bins - 0.5f);
    for (i = 0; i < p.bins; i++)
        rings[i].count = 0, rings[i].radius_sum = 0;
    collect(map, &p, rings);
    for (i = 0; i < p.bins; i++) {
        float height;

        if (rings[i].count == 0)
            continue;
        height = rank_select(rings[i].values, rings[i].count,
                             (int)(QUANTILE * (float)rings[i].count)) -
                 level;
        last = fmaxf(fminf(last, height), 0);
        p.radius[n] = rings[i].radius_sum / (float)rings[i].count;
        p.height[n++] = last;
    }
    p.bins = n;
    return p;
}

static float height_at(const profile *p, float r, int *bin)
{
    float share;

    while (*bin + 1 < p->bins && p->radius[*bin + 1] < r)
        ++*bin;
    while (*bin > 0 && p->radius[*bin] > r)
        --*bin;
    if (*bin + 1 >= p->bins)
        return 0;
    share = (r - p->radius[*bin]) / (p->radius[*bin + 1] - p->radius[*bin]);
    return p->height[*bin] + share * (p->height[*bin + 1] - p->height[*bin]);
}

void profile_add(const profile *p, float sign, float *values, int width,
                 int height)
{
    int x0 = (int)ceilf(p->x - p->reach), x1 = (int)floorf(p->x + p->reach);
    int y0 = (int)ceilf(p->y - p->reach), y1 = (int)floorf(p->y + p->reach);
    int x, y, bin = 0;

    x0 = x0 < 0 ? 0 : x0;
    y0 = y0 < 0 ? 0 : y0;
    x1 = x1 >= width ? width - 1 : x1;
    y1 = y1 >= height ? height - 1 : y1;
    if (p->bins < 2)
        return;
    for (y = y0; y <= y1; y++)
        for (x = x0; x <= x1; x++) {
            float dx = (float)x - p->x, dy = (float)y - p->y;

            values[(size_t)y * (size_t)width + (size_t)x] +=
                sign * height_at(p, sqrtf(dx * dx + dy * dy), &bin);
        }
}
