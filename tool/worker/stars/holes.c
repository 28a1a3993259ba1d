/* A pixel that was hit by a particle, and the cores of bright stars in some
 * telescopes' frames, come undefined. Taken for sky, they would be black dots
 * in their stars, and the stars' light would be lost with them. So small holes
 * are closed from their borders inwards, ring after ring, each pixel being the
 * mean of those neighbours that are known. Large holes are what no camera saw,
 * and stay as empty as sky.
 */
#include "worker/stars/holes.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

enum { RINGS = 12, ROOM_FIRST = 1024 };

/* What a pixel holds while it waits for its turn. */
#define WAITING INFINITY

typedef struct frame {
    float *values;
    uint32_t width, height;
} frame;

/* Pixels at the border of what is known. */
typedef struct border {
    size_t *places;
    float *values; /* what they become */
    size_t count, room;
} border;

static bool grow(border *b)
{
    size_t room = b->room > 0 ? 2 * b->room : ROOM_FIRST;
    size_t *places = realloc(b->places, room * sizeof(*places));
    float *values;

    if (places == NULL)
        return false;
    b->places = places;
    values = realloc(b->values, room * sizeof(*values));
    if (values == NULL)
        return false;
    b->values = values;
    b->room = room;
    return true;
}

static int add(border *b, const frame *light, size_t at)
{
    if (b->count == b->room && !grow(b))
        return -ENOMEM;
    light->values[at] = WAITING;
    b->places[b->count++] = at;
    return 0;
}

/* The pixels around one, itself among them. Returns how many there are. */
static int look_around(const frame *light, size_t at, size_t around[9])
{
    uint32_t width = light->width, u, v;
    uint32_t x = (uint32_t)(at % width), y = (uint32_t)(at / width);
    int n = 0;

    for (v = y > 0 ? y - 1 : 0; v <= y + 1 && v < light->height; v++)
        for (u = x > 0 ? x - 1 : 0; u <= x + 1 && u < width; u++)
            around[n++] = (size_t)v * width + u;
    return n;
}

/* The mean of what is known around a pixel; NaN if that is less than half. So a
 * hole closes from its corners, and a straight border, of a frame that was
 * turned, say, stays where it is. */
static float mean_around(const frame *light, size_t at)
{
    size_t around[9];
    int n = look_around(light, at, around), known = 0, i;
    float sum = 0;

    for (i = 0; i < n; i++)
        if (isfinite(light->values[around[i]])) {
            sum += light->values[around[i]];
            known++;
        }
    return 2 * known >= n - 1 ? sum / (float)known : NAN;
}

static int find_border(const frame *light, border *out)
{
    size_t count = (size_t)light->width * light->height, i;
    int rc = 0;

    for (i = 0; i < count && rc == 0; i++)
        if (isnan(light->values[i]) && !isnan(mean_around(light, i)))
            rc = add(out, light, i);
    return rc;
}

/* All of a ring from what was known before, then the ring within it. */
static int close_ring(const frame *light, border *now, border *next)
{
    size_t i;
    int rc = 0;

    for (i = 0; i < now->count; i++)
        now->values[i] = mean_around(light, now->places[i]);
    for (i = 0; i < now->count; i++)
        light->values[now->places[i]] = now->values[i];
    next->count = 0;
    for (i = 0; i < now->count && rc == 0; i++) {
        size_t around[9];
        int n = look_around(light, now->places[i], around);

        for (int k = 0; k < n && rc == 0; k++)
            if (isnan(light->values[around[k]]) &&
                !isnan(mean_around(light, around[k])))
                rc = add(next, light, around[k]);
    }
    return rc;
}

static void fill_rest(const frame *light, float level)
{
    size_t count = (size_t)light->width * light->height;

    for (size_t i = 0; i < count; i++)
        if (!isfinite(light->values[i]))
            light->values[i] = level;
}

int holes_fill(float *light, uint32_t width, uint32_t height, float level)
{
    frame of = { light, width, height };
    border rings[2] = { 0 };
    int rc = find_border(&of, &rings[0]), i;

    for (i = 0; i < RINGS && rc == 0 && rings[i % 2].count > 0; i++)
        rc = close_ring(&of, &rings[i % 2], &rings[1 - i % 2]);
    fill_rest(&of, level);
    for (i = 0; i < 2; i++) {
        free(rings[i].places);
        free(rings[i].values);
    }
    return rc;
}
