/* A few numbers tell how high, wide and round a peak is. Whether it falls as
 * the stars of its picture do, what sharpening has dug around it, whether it
 * stands on a thread or at the border of a JPEG's square is seen in all that is
 * around it.
 *
 * The surroundings are sampled as far apart as the star is wide, so that those
 * of all pictures look alike, and told by rings, since a star has no up and no
 * down: of each its mean, its extremes, how uneven it is, and how much of that
 * is a slope or a ridge through the star.
 */
#include "worker/rings.h"

#include <math.h>
#include <stddef.h>
#include <stdint.h>

enum { REACH = 5, SIDE = 2 * REACH + 1, SAMPLES = 109 };

/* Ring after ring; what is further out are corners. */
static const struct {
    int8_t x, y;
} places[SAMPLES] = {
    { 0, 0 },   { 0, -1 },  { -1, 0 },  { 1, 0 },   { 0, 1 },   { -1, -1 },
    { 1, -1 },  { -1, 1 },  { 1, 1 },   { -1, -2 }, { 0, -2 },  { 1, -2 },
    { -2, -1 }, { 2, -1 },  { -2, 0 },  { 2, 0 },   { -2, 1 },  { 2, 1 },
    { -1, 2 },  { 0, 2 },   { 1, 2 },   { -2, -2 }, { 2, -2 },  { -2, 2 },
    { 2, 2 },   { -1, -3 }, { 0, -3 },  { 1, -3 },  { -3, -1 }, { 3, -1 },
    { -3, 0 },  { 3, 0 },   { -3, 1 },  { 3, 1 },   { -1, 3 },  { 0, 3 },
    { 1, 3 },   { -2, -3 }, { 2, -3 },  { -3, -2 }, { 3, -2 },  { -3, 2 },
    { 3, 2 },   { -2, 3 },  { 2, 3 },   { -1, -4 }, { 0, -4 },  { 1, -4 },
    { -3, -3 }, { 3, -3 },  { -4, -1 }, { 4, -1 },  { -4, 0 },  { 4, 0 },
    { -4, 1 },  { 4, 1 },   { -3, 3 },  { 3, 3 },   { -1, 4 },  { 0, 4 },
    { 1, 4 },   { -1, -5 }, { 0, -5 },  { 1, -5 },  { -3, -4 }, { -2, -4 },
    { 2, -4 },  { 3, -4 },  { -4, -3 }, { 4, -3 },  { -4, -2 }, { 4, -2 },
    { -5, -1 }, { 5, -1 },  { -5, 0 },  { 5, 0 },   { -5, 1 },  { 5, 1 },
    { -4, 2 },  { 4, 2 },   { -4, 3 },  { 4, 3 },   { -3, 4 },  { -2, 4 },
    { 2, 4 },   { 3, 4 },   { -1, 5 },  { 0, 5 },   { 1, 5 },   { -3, -5 },
    { -2, -5 }, { 2, -5 },  { 3, -5 },  { -4, -4 }, { 4, -4 },  { -5, -3 },
    { 5, -3 },  { -5, -2 }, { 5, -2 },  { -5, 2 },  { 5, 2 },   { -5, 3 },
    { 5, 3 },   { -4, 4 },  { 4, 4 },   { -3, 5 },  { -2, 5 },  { 2, 5 },
    { 3, 5 }
};

static const uint8_t begins[RINGS + 1] = { 0,  1,  5,  9,  21, 25,
                                           37, 45, 61, 89, 109 };
static const float radii[RINGS] = { 0,    1,     1.41f, 2.16f, 2.83f,
                                    3.1f, 3.61f, 4.12f, 4.85f, 5.5f };

#define HEIGHT_LEAST 0.3f
#define NOISE_LEAST 0.05f
/* In heights; further off says no more. */
#define LOWEST -2.0f
#define HIGHEST 3.0f

typedef struct ring {
    float sum, squares, least, most;
    float across, down;    /* weighted by the place: a slope */
    float ridge, diagonal; /* by its square: a ridge */
} ring;

/* Where samples lie along one axis: pixel before, and how far beyond it. No
 * candidate is on a border, so there are pixels on both sides of each. */
typedef struct axis {
    int before[SIDE];
    float beyond[SIDE];
} axis;

static axis lay_axis(float middle, float step, int length)
{
    axis a;
    int i;

    for (i = 0; i < SIDE; i++) {
        float at = middle + (float)(i - REACH) * step;

        at = fminf(fmaxf(at, 0), (float)length - 1);
        a.before[i] = (int)at < length - 1 ? (int)at : length - 2;
        a.beyond[i] = at - (float)a.before[i];
    }
    return a;
}

static float within_bounds(float value)
{
    value = value < LOWEST ? LOWEST : value;
    return value > HIGHEST ? HIGHEST : value;
}

/* Each between four pixels, in heights over the level. */
static void sample(const light_map *map, const rings_place *p, float height,
                   float values[SIDE * SIDE])
{
    axis x = lay_axis(p->x, p->size, map->width);
    axis y = lay_axis(p->y, p->size, map->height);
    float unit = p->sign / height;
    int i, j;

    for (j = 0; j < SIDE; j++) {
        const float *top =
            map->values + (size_t)y.before[j] * (size_t)map->width;
        const float *bottom = top + map->width;

        for (i = 0; i < SIDE; i++) {
            int at = x.before[i];
            float u = x.beyond[i], v = y.beyond[j];
            float upper = top[at] + u * (top[at + 1] - top[at]);
            float lower = bottom[at] + u * (bottom[at + 1] - bottom[at]);
            float value = upper + v * (lower - upper);

            *values++ = within_bounds(unit * (value - p->level));
        }
    }
}

static ring add_up(const float values[SIDE * SIDE], int begin, int end)
{
    ring r = { .least = HIGHEST, .most = LOWEST };
    int k;

    for (k = begin; k < end; k++) {
        float x = places[k].x, y = places[k].y;
        float value =
            values[(places[k].y + REACH) * SIDE + places[k].x + REACH];

        r.sum += value;
        r.squares += value * value;
        r.least = value < r.least ? value : r.least;
        r.most = value > r.most ? value : r.most;
        r.across += x * value;
        r.down += y * value;
        r.ridge += (x * x - y * y) * value;
        r.diagonal += 2 * x * y * value;
    }
    return r;
}

void rings_measure(const light_map *map, const rings_place *place,
                   float terms[RINGS_TERMS])
{
    float height = fmaxf(place->height, HEIGHT_LEAST);
    float of_noise = height / fmaxf(place->noise, NOISE_LEAST);
    float values[SIDE * SIDE];
    int i;

    sample(map, place, height, values);
    *terms++ = 2 * values[REACH * SIDE + REACH];
    for (i = 1; i < RINGS; i++) {
        ring r = add_up(values, begins[i], begins[i + 1]);
        float count = (float)(begins[i + 1] - begins[i]);
        float mean = r.sum / count, slope = 3 / (count * radii[i]);
        float spread = sqrtf(fmaxf(r.squares / count - mean * mean, 0));

        *terms++ = 2 * mean;
        *terms++ = r.least;
        *terms++ = r.most;
        *terms++ = logf(spread * of_noise + 0.1f);
        *terms++ = slope * sqrtf(r.across * r.across + r.down * r.down);
        *terms++ = slope / radii[i] *
                   sqrtf(r.ridge * r.ridge + r.diagonal * r.diagonal);
    }
}
