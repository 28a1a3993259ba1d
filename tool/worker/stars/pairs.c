/* In the middle of a cluster stars share a peak.
 *
 * What a single model leaves there tells: where most is left over, half a width
 * and more from its centre, a second star is tried. Both are then fitted at
 * once, with the level around, by the method of Levenberg and Marquardt, and so
 * is a single star on the same pixels. Two always fit better than one; whether
 * that means anything is for the caller to say, who knows how crowded it is.
 *
 * Most stars are what they seem, so the look at what is left comes first, and
 * costs a tenth of a fit.
 */
#include "worker/stars/pairs.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "worker/pixels/lanes.h"
#include "worker/stars/star_model.h"

enum {
    REACH_MAX = 12, /* pixels */
    SIDE = 2 * REACH_MAX + 1,
    ROW = (SIDE + LANES - 1) / LANES * LANES,
    BRIM = 2, /* of zeros, around what is looked through */
    TERMS = 7,
    SUMS = TERMS * (TERMS + 1) / 2,
    ITERATIONS = 10
};

/* In widths: what is fitted, and how far from the star another may start ... */
#define REACH 1.5f
#define AWAY_LEAST 0.4f
#define AWAY_MOST 1.25f
/* ... and end: from the first, and where both may go. */
#define APART_LEAST 0.5f
#define APART_MOST 1.9f
#define BRIGHT_WAY_MOST 1.0f
#define FAINT_WAY_MOST 1.6f
/* In heights of the brighter one. */
#define FAINT_LEAST 0.15f
/* In noises: the star, and what must be left beside it. */
#define HEIGHT_LEAST 3.0f
#define REST_LEAST 2.0f
/* Of a fit: pixels at once, damping, and what is worth another step. */
#define STEP_MAX 0.6f
#define DAMPING 0.01f
#define DAMPING_MORE 8.0f
#define DAMPING_LESS 0.3f
#define DAMPING_MOST 1e3f
#define GAIN_LEAST 0.1f

/* What is fitted: the pixels of a disc, zero outside. */
typedef struct patch {
    float values[SIDE * ROW], inside[SIDE * ROW];
    int x, y; /* of its first pixel */
    int side, count;
} patch;

/* Height, x and y of each star in a row, and last the level. */
typedef struct guess {
    float terms[TERMS];
    int stars;
    float misfit; /* the sum of squares of what it leaves */
} guess;

/* A star's wide Gaussian along a row and a column, and the way from it. */
typedef struct axes {
    float wide_x[ROW], wide_y[ROW], off_x[ROW], off_y[ROW];
} axes;

/* The lower triangle, row by row, and the right side. */
typedef struct equations {
    float matrix[SUMS], right[TERMS];
} equations;

static void cut_out(const pairs_sky *sky, const pairs_star *star, patch *p)
{
    float reach =
        fminf(REACH * FWHM_OF_SIGMA * sky->star_size + 0.5f, (float)REACH_MAX);
    int r = (int)reach, i, j;

    p->x = (int)lrintf(star->x) - r;
    p->y = (int)lrintf(star->y) - r;
    p->side = 2 * r + 1;
    p->count = 0;
    memset(p->values, 0, (size_t)p->side * ROW * sizeof(*p->values));
    memset(p->inside, 0, (size_t)p->side * ROW * sizeof(*p->inside));
    for (j = 0; j < p->side; j++)
        for (i = 0; i < p->side; i++) {
            int x = p->x + i, y = p->y + j, at = j * ROW + i;

            if (x < 0 || y < 0 || x >= sky->left.width ||
                y >= sky->left.height ||
                hypotf((float)x - star->x, (float)y - star->y) > reach)
                continue;
            p->inside[at] = 1;
            p->values[at] =
                sky->left
                    .values[(size_t)y * (size_t)sky->left.width + (size_t)x];
            p->count++;
        }
}

static void set_axes(const patch *p, const float *star, float size, axes *a)
{
    float k = 0.125f / (size * size);
    int i;

    memset(a, 0, sizeof *a);
    for (i = 0; i < p->side; i++) {
        a->off_x[i] = (float)(p->x + i) - star[1];
        a->off_y[i] = (float)(p->y + i) - star[2];
        a->wide_x[i] = expf(-k * a->off_x[i] * a->off_x[i]);
        a->wide_y[i] = expf(-k * a->off_y[i] * a->off_y[i]);
    }
}

/* The same for each lane, which adds up its own columns. */
typedef struct lane_sums {
    lanes matrix[SUMS], right[TERMS], squares;
} lane_sums;

/* Eight pixels of a row: what the stars leave, and how it changes with each
 * term. */
static inline __attribute__((always_inline)) void
differ(const patch *p, const guess *g, const axes *a, float size, int stars,
       int i, int j, lanes slopes[TERMS], lanes *left)
{
    lanes inside = *(const lanes *)(p->inside + j * ROW + i);
    lanes rest = *(const lanes *)(p->values + j * ROW + i) -
                 g->terms[3 * stars] * inside;
    int s;

    for (s = 0; s < stars; s++) {
        float height = g->terms[3 * s], steep = height / (size * size);
        lanes wide =
            *(const lanes *)(a[s].wide_x + i) * a[s].wide_y[j] * inside;
        lanes narrow = wide * wide, along;

        narrow = STAR_NARROW * narrow * narrow;
        wide *= STAR_WING;
        slopes[3 * s] = narrow + wide;
        along = steep * (narrow + 0.25f * wide);
        slopes[3 * s + 1] = along * *(const lanes *)(a[s].off_x + i);
        slopes[3 * s + 2] = along * a[s].off_y[j];
        rest -= height * slopes[3 * s];
    }
    slopes[3 * stars] = inside;
    *left = rest;
}

/* Normal equations of so many stars and a level, and the sum of squares. */
static inline __attribute__((always_inline)) float
weigh(const patch *p, const guess *g, const axes *a, float size, int stars,
      equations *e)
{
    lane_sums sums = { 0 };
    int n = 3 * stars + 1, i, j, k, m, s;
    float misfit = 0;

    for (j = 0; j < p->side; j++)
        for (i = 0; i < p->side; i += LANES) {
            lanes slopes[TERMS], rest;

            differ(p, g, a, size, stars, i, j, slopes, &rest);
            sums.squares += rest * rest;
            for (k = m = 0; k < n; k++) {
                sums.right[k] += slopes[k] * rest;
                for (s = 0; s <= k; s++, m++)
                    sums.matrix[m] += slopes[k] * slopes[s];
            }
        }
    *e = (equations){ 0 };
    for (i = 0; i < LANES; i++) {
        misfit += sums.squares[i];
        for (k = 0; k < n; k++)
            e->right[k] += sums.right[k][i];
        for (m = 0; m < n * (n + 1) / 2; m++)
            e->matrix[m] += sums.matrix[m][i];
    }
    return misfit;
}

LANES_FUNCTION static float weigh_single(const patch *p, const guess *g,
                                         const axes *a, float size,
                                         equations *e)
{
    return weigh(p, g, a, size, 1, e);
}

LANES_FUNCTION static float weigh_pair(const patch *p, const guess *g,
                                       const axes *a, float size, equations *e)
{
    return weigh(p, g, a, size, 2, e);
}

static equations weigh_guess(const patch *p, guess *g, float size)
{
    equations e;
    axes a[2];
    int s;

    for (s = 0; s < g->stars; s++)
        set_axes(p, g->terms + 3 * s, size, &a[s]);
    g->misfit = g->stars == 1 ? weigh_single(p, g, a, size, &e)
                              : weigh_pair(p, g, a, size, &e);
    return e;
}

/* By Cholesky. False where terms cannot be told from each other. */
static bool solve(equations e, int n, float damping, float steps[TERMS])
{
    float *a = e.matrix, *row = a;
    int i, j, k;

    for (i = 0; i < n; row += ++i) {
        const float *other = a;

        row[i] *= 1 + damping;
        steps[i] = e.right[i];
        for (j = 0; j <= i; other += ++j) {
            for (k = 0; k < j; k++)
                row[j] -= row[k] * other[k];
            if (j < i)
                row[j] /= other[j];
        }
        if (!(row[i] > 1e-9f))
            return false;
        row[i] = sqrtf(row[i]);
        for (k = 0; k < i; k++)
            steps[i] -= row[k] * steps[k];
        steps[i] /= row[i];
    }
    while (i-- > 0) {
        row -= i + 1;
        steps[i] /= row[i];
        for (k = 0; k < i; k++)
            steps[k] -= row[k] * steps[i];
    }
    return true;
}

static bool fit_guess(const patch *p, guess *g, float size, float noise)
{
    equations e = weigh_guess(p, g, size);
    float damping = DAMPING, steps[TERMS];
    int n = 3 * g->stars + 1, round, i;

    for (round = 0; round < ITERATIONS && damping < DAMPING_MOST; round++) {
        guess next = *g;
        equations ahead;
        float gain;

        if (!solve(e, n, damping, steps))
            return false;
        for (i = 0; i < n; i++)
            next.terms[i] += i % 3 == 0
                                 ? steps[i]
                                 : fminf(fmaxf(steps[i], -STEP_MAX), STEP_MAX);
        ahead = weigh_guess(p, &next, size);
        gain = g->misfit - next.misfit;
        if (!(gain > 0)) {
            damping *= DAMPING_MORE;
            continue;
        }
        *g = next;
        e = ahead;
        damping *= DAMPING_LESS;
        if (gain < GAIN_LEAST * noise * noise)
            break;
    }
    return true;
}

/* A patch with its brim, and what a star there would be, in lanes. */
typedef struct looked {
    float rest[(SIDE + 2 * BRIM) * (ROW + LANES)];
    float inside[(SIDE + 2 * BRIM) * (ROW + LANES)];
    float sums[SIDE * ROW], weights[SIDE * ROW];
} looked;

enum { STRIDE = ROW + LANES };

LANES_FUNCTION static void look_through(const float *kernel, int side,
                                        looked *l)
{
    int i, j, u, v;

    for (j = 0; j < side; j++)
        for (i = 0; i < side; i += LANES) {
            lanes sum = { 0 }, weight = { 0 };

            for (v = 0; v <= 2 * BRIM; v++)
                for (u = 0; u <= 2 * BRIM; u++) {
                    float w = kernel[abs(v - BRIM)] * kernel[abs(u - BRIM)];
                    int at = (j + v) * STRIDE + i + u;

                    sum += w * *(const lanes *)(l->rest + at);
                    weight += w * w * *(const lanes *)(l->inside + at);
                }
            *(lanes *)(l->sums + j * ROW + i) = sum;
            *(lanes *)(l->weights + j * ROW + i) = weight;
        }
}

/* What the star leaves of its surroundings, less their mean. */
static void take_rest(const patch *p, float mean, looked *l)
{
    size_t rows = (size_t)(p->side + 2 * BRIM);
    int i, j;

    memset(l->rest, 0, rows * STRIDE * sizeof(*l->rest));
    memset(l->inside, 0, rows * STRIDE * sizeof(*l->inside));
    for (j = 0; j < p->side; j++)
        for (i = 0; i < p->side; i++) {
            int to = (j + BRIM) * STRIDE + i + BRIM;
            float inside = p->inside[j * ROW + i];

            l->rest[to] = p->values[j * ROW + i] - mean * inside;
            l->inside[to] = inside;
        }
}

/* Where most is left besides the star, as far as another may be. Signal to
 * noise, if the noise was 1. */
static float look_for_other(const patch *p, const pairs_star *star, float mean,
                            float size, pairs_star *other)
{
    float kernel[BRIM + 1], most = 0, fwhm = FWHM_OF_SIGMA * size;
    looked l;
    int i, j;

    for (i = 0; i <= BRIM; i++)
        kernel[i] = expf(-0.5f * (float)(i * i) / (size * size));
    take_rest(p, mean, &l);
    look_through(kernel, p->side, &l);
    for (j = 0; j < p->side; j++)
        for (i = 0; i < p->side; i++) {
            int at = j * ROW + i;
            float x = (float)(p->x + i), y = (float)(p->y + j);
            float away = hypotf(x - star->x, y - star->y), found;

            if (p->inside[at] == 0 || away < AWAY_LEAST * fwhm ||
                away > AWAY_MOST * fwhm)
                continue;
            found = l.sums[at] / sqrtf(l.weights[at]);
            if (found > most) {
                most = found;
                *other = (pairs_star){ x, y, l.sums[at] / l.weights[at] };
            }
        }
    return most;
}

static float mean_of(const patch *p)
{
    float sum = 0;
    int i;

    for (i = 0; i < p->side * ROW; i++)
        sum += p->values[i];
    return sum / (float)p->count;
}

/* Put the star back that was taken away. */
static void add_star(patch *p, const pairs_star *star, float size)
{
    axes a;
    int i, j;

    set_axes(p, (const float[]){ 0, star->x, star->y }, size, &a);
    for (j = 0; j < p->side; j++)
        for (i = 0; i < p->side; i++) {
            float wide = a.wide_x[i] * a.wide_y[j], narrow = wide * wide;

            p->values[j * ROW + i] +=
                p->inside[j * ROW + i] * star->height *
                (STAR_NARROW * narrow * narrow + STAR_WING * wide);
        }
}

/* Whether what was fitted can be two stars in the place of this one. */
static bool are_two(const pairs_star two[2], const pairs_star *star, float fwhm)
{
    float apart = hypotf(two[0].x - two[1].x, two[0].y - two[1].y);

    return two[1].height > FAINT_LEAST * two[0].height &&
           apart > APART_LEAST * fwhm && apart < APART_MOST * fwhm &&
           hypotf(two[0].x - star->x, two[0].y - star->y) <
               BRIGHT_WAY_MOST * fwhm &&
           hypotf(two[1].x - star->x, two[1].y - star->y) <
               FAINT_WAY_MOST * fwhm;
}

bool pairs_part(const pairs_sky *sky, const pairs_star *star, float threshold,
                pairs_star two[2], float *gain)
{
    float size = sky->star_size, noise = sky->noise, mean, noise2;
    pairs_star other = { 0 };
    guess single, pair;
    patch p;
    int bright;

    if (!(star->height > HEIGHT_LEAST * noise))
        return false;
    cut_out(sky, star, &p);
    if (p.count < 3 * TERMS)
        return false;
    mean = mean_of(&p);
    if (!(look_for_other(&p, star, mean, size, &other) > REST_LEAST * noise))
        return false;
    add_star(&p, star, size);
    single = (guess){ { star->height, star->x, star->y, mean }, .stars = 1 };
    pair = (guess){ { star->height, star->x, star->y, other.height, other.x,
                      other.y, mean },
                    .stars = 2 };
    if (!fit_guess(&p, &single, size, noise) ||
        !fit_guess(&p, &pair, size, noise))
        return false;
    /* Where two explain it badly as well, that is the noise. */
    noise2 = fmaxf(noise * noise, pair.misfit / (float)(p.count - TERMS));
    *gain = (single.misfit - pair.misfit) / noise2;
    bright = pair.terms[3] > pair.terms[0] ? 3 : 0;
    two[0] = (pairs_star){ pair.terms[bright + 1], pair.terms[bright + 2],
                           pair.terms[bright] };
    two[1] = (pairs_star){ pair.terms[4 - bright], pair.terms[5 - bright],
                           pair.terms[3 - bright] };
    return *gain > threshold && are_two(two, star, FWHM_OF_SIGMA * size);
}
