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
#include "worker/stars/rings.h"

#include <math.h>
#include <stddef.h>
#include <stdint.h>

#include "worker/pixels/lanes.h"

enum { REACH = 5, SIDE = 2 * REACH + 1, STRIDE = 2 * LANES, SAMPLES = 109 };

/* What is added up of a ring, a lane each. */
enum { SUM, ACROSS, DOWN, RIDGE, DIAGONAL };

/* Where a sample lies among all, and what it is weighed with in what is added
 * up of its ring: for a slope with the place, for a ridge with its square. */
typedef struct place {
    float weights[LANES];
    int at;
} place;

#define PLACE(x, y)                                                            \
    {                                                                          \
        { [SUM] = 1,                                                           \
          [ACROSS] = x,                                                        \
          [DOWN] = y,                                                          \
          [RIDGE] = (x) * (x) - (y) * (y),                                     \
          [DIAGONAL] = 2 * (x) * (y) },                                        \
            ((y) + REACH) * STRIDE + (x) + REACH                               \
    }

/* Ring after ring; what is further out are corners. */
static const place places[SAMPLES] = {
    PLACE(0, 0),   PLACE(0, -1),  PLACE(-1, 0),  PLACE(1, 0),   PLACE(0, 1),
    PLACE(-1, -1), PLACE(1, -1),  PLACE(-1, 1),  PLACE(1, 1),   PLACE(-1, -2),
    PLACE(0, -2),  PLACE(1, -2),  PLACE(-2, -1), PLACE(2, -1),  PLACE(-2, 0),
    PLACE(2, 0),   PLACE(-2, 1),  PLACE(2, 1),   PLACE(-1, 2),  PLACE(0, 2),
    PLACE(1, 2),   PLACE(-2, -2), PLACE(2, -2),  PLACE(-2, 2),  PLACE(2, 2),
    PLACE(-1, -3), PLACE(0, -3),  PLACE(1, -3),  PLACE(-3, -1), PLACE(3, -1),
    PLACE(-3, 0),  PLACE(3, 0),   PLACE(-3, 1),  PLACE(3, 1),   PLACE(-1, 3),
    PLACE(0, 3),   PLACE(1, 3),   PLACE(-2, -3), PLACE(2, -3),  PLACE(-3, -2),
    PLACE(3, -2),  PLACE(-3, 2),  PLACE(3, 2),   PLACE(-2, 3),  PLACE(2, 3),
    PLACE(-1, -4), PLACE(0, -4),  PLACE(1, -4),  PLACE(-3, -3), PLACE(3, -3),
    PLACE(-4, -1), PLACE(4, -1),  PLACE(-4, 0),  PLACE(4, 0),   PLACE(-4, 1),
    PLACE(4, 1),   PLACE(-3, 3),  PLACE(3, 3),   PLACE(-1, 4),  PLACE(0, 4),
    PLACE(1, 4),   PLACE(-1, -5), PLACE(0, -5),  PLACE(1, -5),  PLACE(-3, -4),
    PLACE(-2, -4), PLACE(2, -4),  PLACE(3, -4),  PLACE(-4, -3), PLACE(4, -3),
    PLACE(-4, -2), PLACE(4, -2),  PLACE(-5, -1), PLACE(5, -1),  PLACE(-5, 0),
    PLACE(5, 0),   PLACE(-5, 1),  PLACE(5, 1),   PLACE(-4, 2),  PLACE(4, 2),
    PLACE(-4, 3),  PLACE(4, 3),   PLACE(-3, 4),  PLACE(-2, 4),  PLACE(2, 4),
    PLACE(3, 4),   PLACE(-1, 5),  PLACE(0, 5),   PLACE(1, 5),   PLACE(-3, -5),
    PLACE(-2, -5), PLACE(2, -5),  PLACE(3, -5),  PLACE(-4, -4), PLACE(4, -4),
    PLACE(-5, -3), PLACE(5, -3),  PLACE(-5, -2), PLACE(5, -2),  PLACE(-5, 2),
    PLACE(5, 2),   PLACE(-5, 3),  PLACE(5, 3),   PLACE(-4, 4),  PLACE(4, 4),
    PLACE(-3, 5),  PLACE(-2, 5),  PLACE(2, 5),   PLACE(3, 5)
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
    float sums[LANES];
    float squares, least, most;
} ring;

/* Where samples lie along one axis: pixel before, and how far beyond it. No
 * candidate is on a border, so there are pixels on both sides of each. */
typedef struct axis {
    int before[SIDE];
    float beyond[STRIDE];
} axis;

static axis lay_axis(float middle, float step, int length)
{
    axis a = { 0 };
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

/* The pixels around the samples of a row. */
typedef struct corners {
    float top[2][STRIDE], bottom[2][STRIDE];
} corners;

static void collect(const light_map *map, const axis *x, int row, corners *to)
{
    const float *top = map->values + (size_t)row * (size_t)map->width;
    const float *bottom = top + map->width;
    int i;

    for (i = 0; i < SIDE; i++) {
        int at = x->before[i];

        to->top[0][i] = top[at];
        to->top[1][i] = top[at + 1];
        to->bottom[0][i] = bottom[at];
        to->bottom[1][i] = bottom[at + 1];
    }
}

/* Each between its four pixels, over the level and times a unit. */
LANES_FUNCTION static void blend_samples(const corners *c, const axis *x,
                                         float down, float level, float unit,
                                         float *restrict to)
{
    int i;

    for (i = 0; i < STRIDE; i++) {
        float upper =
            c->top[0][i] + x->beyond[i] * (c->top[1][i] - c->top[0][i]);
        float lower = c->bottom[0][i] +
                      x->beyond[i] * (c->bottom[1][i] - c->bottom[0][i]);

        to[i] = within_bounds(unit * (upper + down * (lower - upper) - level));
    }
}

/* In heights over the level; what is behind a row's samples says nothing. */
static void sample(const light_map *map, const rings_place *p, float height,
                   float values[SIDE * STRIDE])
{
    axis x = lay_axis(p->x, p->size, map->width);
    axis y = lay_axis(p->y, p->size, map->height);
    corners c = { 0 };
    int j;

    for (j = 0; j < SIDE; j++) {
        collect(map, &x, y.before[j], &c);
        blend_samples(&c, &x, y.beyond[j], p->level, p->sign / height,
                      values + j * STRIDE);
    }
}

/* Of the places `begin` to `end`. */
LANES_FUNCTION static void add_up_ring(const float values[SIDE * STRIDE],
                                       int begin, int end, ring *to)
{
    lanes sums = { 0 };
    float squares = 0, least = HIGHEST, most = LOWEST;
    int k;

    for (k = begin; k < end; k++) {
        float value = values[places[k].at];

        sums += value * *(const lanes *)places[k].weights;
        squares += value * value;
        least = value < least ? value : least;
        most = value > most ? value : most;
    }
    *(lanes *)to->sums = sums;
    to->squares = squares;
    to->least = least;
    to->most = most;
}

/* What is told of a ring of so many samples. */
static void tell_ring(const ring *r, float count, float radius, float of_noise,
                      float terms[RING_TERMS])
{
    float mean = r->sums[SUM] / count, slope = 3 / (count * radius);
    float spread = sqrtf(fmaxf(r->squares / count - mean * mean, 0));

    *terms++ = 2 * mean;
    *terms++ = r->least;
    *terms++ = r->most;
    *terms++ = logf(spread * of_noise + 0.1f);
    *terms++ = slope * sqrtf(r->sums[ACROSS] * r->sums[ACROSS] +
                             r->sums[DOWN] * r->sums[DOWN]);
    *terms++ = slope / radius *
               sqrtf(r->sums[RIDGE] * r->sums[RIDGE] +
                     r->sums[DIAGONAL] * r->sums[DIAGONAL]);
}

void rings_measure(const light_map *map, const rings_place *place,
                   float terms[RINGS_TERMS])
{
    float height = fmaxf(place->height, HEIGHT_LEAST);
    float of_noise = height / fmaxf(place->noise, NOISE_LEAST);
    float values[SIDE * STRIDE];
    ring r;
    int i;

    sample(map, place, height, values);
    *terms++ = 2 * values[REACH * STRIDE + REACH];
    for (i = 1; i < RINGS; i++, terms += RING_TERMS) {
        add_up_ring(values, begins[i], begins[i + 1], &r);
        tell_ring(&r, (float)(begins[i + 1] - begins[i]), radii[i], of_noise,
                  terms);
    }
}
