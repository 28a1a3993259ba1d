/* A star that touches another has some of its light under its own, and its
 * centroid is pulled there.
 *
 * So each is measured with the others taken away, by what is known of them so
 * far, brightest first, and all of it again until it stays: the classic way of
 * crowded fields (DAOPHOT, Stetson 1987), made cheap. One copy of the picture
 * holds what nobody explains. A star's own light is never put back there to be
 * looked at: what its model leaves tells by itself which way and how far the
 * model is off.
 *
 * A model is round and made of two Gaussians, the narrow one as wide as the
 * picture's stars of that height and the other for the wings, twice as wide.
 * The weight of what is looked at is narrower than the star, by the root of
 * two, which keeps neighbours out that nobody knows of. Then each of the three
 * is the square of another, along a row or a column a square of a square, and
 * one exponential makes them all.
 *
 * Stars alone stay where their own fit put them: to look again under a narrower
 * weight would add noise and nothing else.
 */
#include "worker/stars/places.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "worker/pixels/lanes.h"
#include "worker/stars/pairs.h"
#include "worker/stars/place_grid.h"
#include "worker/stars/star_model.h"
#include "worker/stars/twins.h"

enum {
    REACH_MAX = 24,
    SIDE = 2 * REACH_MAX + 1 + LANES,
    ROUNDS = 7,
    MERGING_ROUND = 4,
    PARTINGS = 2, /* a part may be two again */
    CLOSE_LEAST = 3,
    CROWD_LEAST = 10
};

/* In sizes of the narrow Gaussian. */
#define MODEL_REACH 5.0f
#define CORE_REACH 2.5f
#define TOUCHING (2 * FWHM_OF_SIGMA)
/* A neighbour of less height pulls little. */
#define PULLING_SHARE 0.1f
/* Of the light of the whole: what has less is none. */
#define SHARE_LEAST 0.02f
/* Pixels in a round, and a step that is not worth another: pixels, and of the
 * height. */
#define STEP_MAX 0.4f
#define STEP_LEAST 0.02f
/* Sizes from where it was found. */
#define WAY_MAX 1.5f
/* ... and pixels. */
#define WAY_LEAST 1.0f
#define FALL_MAX 0.05f
/* In widths: who is close by. */
#define CLOSE 4.0f
/* What a second star must explain, in squares of the noise: least where others
 * are as many as in the middle of a cluster, and more by so much for each time
 * that they are e times fewer. */
#define PART_GAIN 10.0f
#define PART_GAIN_ALONE 8.0f
#define CLOSE_MANY 10.0f
#define CLOSE_NONE 0.2f
/* ... and to be worth an entry of its own. */
#define SURE_GAIN 20.0f

/* The three Gaussians along a row or a column, zero from `count` on. */
typedef struct axis {
    float off[SIDE], wide[SIDE], narrow[SIDE], weight[SIDE];
    int from, count;
} axis;

typedef struct places {
    const light_map *light;
    float *left; /* what no model explains */
    float noise;
    place *list;
    uint32_t count, room;
    place_grid grid; /* of where they were */
} places;

/* From pixel to pixel a Gaussian changes by a factor that changes by a
 * factor. */
static void set_axis(axis *a, float at, float size, float reach, int end)
{
    int r = (int)fminf(ceilf(reach), REACH_MAX), centre = (int)lrintf(at);
    int last = centre + r >= end ? end - 1 : centre + r, i;
    float k = 0.125f / (size * size), first, wide, factor, fall;

    a->from = centre - r < 0 ? 0 : centre - r;
    a->count = last - a->from + 1;
    first = (float)a->from - at;
    wide = expf(-k * first * first);
    factor = expf(-k * (2 * first + 1));
    fall = expf(-2 * k);
    for (i = 0; i < a->count; i++) {
        float square = wide * wide;

        a->off[i] = first + (float)i;
        a->wide[i] = wide;
        a->narrow[i] = square * square;
        a->weight[i] = a->narrow[i] * a->narrow[i];
        wide *= factor;
        factor *= fall;
    }
    for (; i < a->count + LANES; i++)
        a->off[i] = a->wide[i] = a->narrow[i] = a->weight[i] = 0;
}

LANES_FUNCTION static void add_model_rows(float *restrict to, size_t stride,
                                          const axis *restrict x,
                                          const axis *restrict y, float height)
{
    int i, j;

    for (j = 0; j < y->count; j++, to += stride) {
        float narrow = STAR_NARROW * height * y->narrow[j];
        float wide = STAR_WING * height * y->wide[j];

        for (i = 0; i < x->count; i++)
            to[i] += narrow * x->narrow[i] + wide * x->wide[i];
    }
}

static void add_model(const places *p, const place *m, float sign)
{
    float reach = MODEL_REACH * m->size;
    size_t stride = (size_t)p->light->width;
    axis x, y;

    set_axis(&x, m->x, m->size, reach, p->light->width);
    set_axis(&y, m->y, m->size, reach, p->light->height);
    add_model_rows(p->left + (size_t)y.from * stride + x.from, stride, &x, &y,
                   sign * m->height);
}

/* Weighted sums down each column: of what is left, that times the way from the
 * centre, and times either Gaussian. */
typedef struct columns {
    float plain[SIDE], off[SIDE], narrow[SIDE], wide[SIDE];
} columns;

LANES_FUNCTION static void sum_columns(const float *rows, size_t stride,
                                       const axis *x, const axis *y,
                                       float level, columns *to)
{
    int i, j;

    for (j = 0; j < y->count; j++, rows += stride) {
        float w = y->weight[j], off = w * y->off[j];
        float narrow = w * y->narrow[j], wide = w * y->wide[j];

        for (i = 0; i < x->count; i += LANES) {
            lanes v = *(const lanes *)(rows + i) - level;

            *(lanes *)(to->plain + i) += w * v;
            *(lanes *)(to->off + i) += off * v;
            *(lanes *)(to->narrow + i) += narrow * v;
            *(lanes *)(to->wide + i) += wide * v;
        }
    }
}

/* How what is left would like the model to change. */
typedef struct wish {
    float height, x, y;
} wish;

static wish sum_up(const places *p, const place *m, const axis *x,
                   const axis *y)
{
    size_t stride = (size_t)p->light->width;
    columns sums;
    wish found = { 0 };
    int i;

    memset(&sums, 0, sizeof sums);
    sum_columns(p->left + (size_t)y->from * stride + x->from, stride, x, y,
                m->level, &sums);
    for (i = 0; i < x->count; i++) {
        float w = x->weight[i];

        found.height += w * (STAR_NARROW * x->narrow[i] * sums.narrow[i] +
                             STAR_WING * x->wide[i] * sums.wide[i]);
        found.x += w * x->off[i] * sums.plain[i];
        found.y += w * sums.off[i];
    }
    return found;
}

/* Weighted sums of products of the Gaussians along an axis. */
typedef struct products {
    float narrow, wide, narrow2, wide2, both;
    float narrow_off2, wide_off2; /* with the square of the way */
} products;

static products multiply(const axis *a)
{
    products sum = { 0 };
    int i;

    for (i = 0; i < a->count; i++) {
        float narrow = a->weight[i] * a->narrow[i];
        float wide = a->weight[i] * a->wide[i];
        float off2 = a->off[i] * a->off[i];

        sum.narrow += narrow;
        sum.wide += wide;
        sum.narrow2 += narrow * a->narrow[i];
        sum.both += narrow * a->wide[i];
        sum.wide2 += wide * a->wide[i];
        sum.narrow_off2 += narrow * off2;
        sum.wide_off2 += wide * off2;
    }
    return sum;
}

/* What one grey level more, or one pixel further, would do to the wishes. */
static wish wish_of_one(const place *m, const axis *x, const axis *y)
{
    products a = multiply(x), b = multiply(y);
    float narrow = m->height * STAR_NARROW / (m->size * m->size);
    float wide = m->height * STAR_WING / (4 * m->size * m->size);

    return (wish){
        STAR_NARROW * STAR_NARROW * a.narrow2 * b.narrow2 +
            2 * STAR_NARROW * STAR_WING * a.both * b.both +
            STAR_WING * STAR_WING * a.wide2 * b.wide2,
        narrow * a.narrow_off2 * b.narrow + wide * a.wide_off2 * b.wide,
        narrow * a.narrow * b.narrow_off2 + wide * a.wide * b.wide_off2
    };
}

static float limited(float value, float middle, float reach)
{
    return fminf(fmaxf(value, middle - reach), middle + reach);
}

/* A step of Newton's. False if it was hardly any. */
static bool improve(const places *p, place *m)
{
    float reach = CORE_REACH * m->size + 0.5f;
    float way = fmaxf(WAY_LEAST, WAY_MAX * m->size);
    place before = *m;
    wish wanted, one;
    axis x, y;

    set_axis(&x, m->x, m->size, reach, p->light->width);
    set_axis(&y, m->y, m->size, reach, p->light->height);
    wanted = sum_up(p, m, &x, &y);
    m->height = fmaxf(m->height + wanted.height / wish_of_one(m, &x, &y).height,
                      FALL_MAX * m->height);
    one = wish_of_one(m, &x, &y);
    m->x =
        limited(m->x + limited(wanted.x / one.x, 0, STEP_MAX), m->from_x, way);
    m->y =
        limited(m->y + limited(wanted.y / one.y, 0, STEP_MAX), m->from_y, way);
    add_model(p, &before, 1);
    add_model(p, m, -1);
    return hypotf(m->x - before.x, m->y - before.y) > STEP_LEAST ||
           fabsf(m->height - before.height) > STEP_LEAST * before.height;
}

static void mark_touching(const places *p)
{
    uint32_t i, other;

    for (i = 0; i < p->count; i++) {
        place *m = &p->list[i];
        float reach = TOUCHING * m->size;
        place_walk walk = place_walk_start(&p->grid, m->x, m->y, reach);

        while (place_walk_next(&walk, &other)) {
            const place *o = &p->list[other];
            float away = hypotf(o->x - m->x, o->y - m->y);

            if (other == i || away > reach ||
                o->height < PULLING_SHARE * m->height)
                continue;
            m->touches = true;
        }
    }
}

/* Give the light of one to the other. */
static void merge(const places *p, place *into, place *gone)
{
    add_model(p, into, 1);
    add_model(p, gone, 1);
    if (gone->height > into->height) {
        into->x = gone->x;
        into->y = gone->y;
    }
    into->height += gone->height;
    add_model(p, into, -1);
    into->still = false;
    gone->gone = true;
}

/* Parts that one star was split in, or what lay between two, arrive where
 * another is. */
static void merge_all(const places *p)
{
    uint32_t i, other;

    for (i = 0; i < p->count; i++) {
        place *m = &p->list[i];
        float twins = (float)twins_reach(FWHM_OF_SIGMA * m->size);
        /* The grid knows where they were. */
        float reach = twins + fmaxf(WAY_LEAST, WAY_MAX * m->size);
        place_walk walk = place_walk_start(&p->grid, m->x, m->y, reach);

        while (m->touches && !m->gone && place_walk_next(&walk, &other)) {
            place *o = &p->list[other];

            if (other > i && o->touches && !o->gone && !o->fixed &&
                hypotf(o->x - m->x, o->y - m->y) < twins)
                merge(p, m, o);
        }
    }
}

/* A star that moves no more is left alone, whatever others do. */
static void settle(const places *p)
{
    uint32_t i;
    int round;

    for (round = 0; round < ROUNDS; round++) {
        if (round == MERGING_ROUND)
            merge_all(p);
        for (i = 0; i < p->count; i++) {
            place *m = &p->list[i];

            if (m->touches && !m->fixed && !m->still && !m->gone)
                m->still = !improve(p, m);
        }
    }
}

/* How many stars have others close by. */
static uint32_t count_crowd(const places *p)
{
    uint32_t i, other, crowd = 0;

    for (i = 0; i < p->count; i++) {
        place *m = &p->list[i];
        float reach = CLOSE * FWHM_OF_SIGMA * m->size;
        place_walk walk = place_walk_start(&p->grid, m->x, m->y, reach);

        while (place_walk_next(&walk, &other))
            m->near += other != i && hypotf(p->list[other].x - m->x,
                                            p->list[other].y - m->y) < reach;
        m->unsure = m->near >= CLOSE_LEAST && !m->fixed;
        crowd += m->unsure;
    }
    return crowd;
}

static void put(places *p, uint32_t i)
{
    place *m = &p->list[i];

    place_grid_put(&p->grid, i, m->x, m->y);
    m->from_x = m->x;
    m->from_y = m->y;
}

/* Its neighbours have something else beside them now. */
static void rouse(const places *p, const place *m)
{
    float reach = TOUCHING * m->size;
    place_walk walk = place_walk_start(&p->grid, m->x, m->y, reach);
    uint32_t other;

    while (place_walk_next(&walk, &other)) {
        place *o = &p->list[other];

        if (hypotf(o->x - m->x, o->y - m->y) > reach)
            continue;
        o->still = false;
        o->unsure = o->near >= CLOSE_LEAST && !o->fixed;
    }
}

/* The brighter one stays in its place of the list. */
static void take_parts(places *p, uint32_t i, const pairs_star two[2],
                       bool sure)
{
    place *m = &p->list[i], *part = &p->list[p->count];

    add_model(p, m, 1);
    m->touches = true;
    *part = *m;
    m->x = m->from_x = two[0].x;
    m->y = m->from_y = two[0].y;
    m->height = two[0].height;
    part->x = two[1].x;
    part->y = two[1].y;
    part->height = two[1].height;
    part->part_of = i + 1;
    part->sure = sure;
    add_model(p, m, -1);
    add_model(p, part, -1);
    put(p, p->count++);
    rouse(p, m);
    rouse(p, part);
}

/* Returns whether any is two. */
static bool part_all(places *p)
{
    light_map left = { p->left, p->light->width, p->light->height };
    uint32_t i, before = p->count;

    for (i = 0; i < before && p->count < p->room; i++) {
        place *m = &p->list[i];
        float crowd = ((float)m->near + CLOSE_NONE) / CLOSE_MANY, gain;
        pairs_star two[2];

        if (!m->unsure || m->gone)
            continue;
        m->unsure = false;
        if (pairs_part(&(pairs_sky){ left, p->noise, m->size },
                       &(pairs_star){ m->x, m->y, m->height },
                       PART_GAIN - PART_GAIN_ALONE * logf(fminf(crowd, 1)), two,
                       &gain))
            take_parts(p, i, two, gain > SURE_GAIN);
    }
    return p->count > before;
}

/* See light as it was, in which stars on one place are their sum. */
static void straighten(const places *p, const unstretch *bent)
{
    size_t pixels = (size_t)p->light->width * (size_t)p->light->height;
    uint32_t i;

    unstretch_values(bent, p->light->values, pixels, p->left);
    for (i = 0; i < p->count; i++) {
        place *m = &p->list[i];
        float top = unstretch_value(bent, m->level + m->height);

        m->level = unstretch_value(bent, m->level);
        m->height = top - m->level;
        m->size = bent->size;
    }
}

static void bend_back(const places *p, const unstretch *bent)
{
    uint32_t i;

    for (i = 0; i < p->count; i++) {
        place *m = &p->list[i];
        float top = unstretch_undo(bent, m->level + m->height);

        m->level = unstretch_undo(bent, m->level);
        m->height = top - m->level;
    }
}

/* The one that it was part of in the beginning. */
static place *root_of(const places *p, place *m)
{
    while (m->part_of > 0)
        m = &p->list[m->part_of - 1];
    return m;
}

/* How the light of each is shared by what was told from it. */
static void share_out(const places *p)
{
    uint32_t i;

    for (i = 0; i < p->count; i++)
        p->list[i].share = 0;
    for (i = 0; i < p->count; i++)
        if (!p->list[i].gone)
            root_of(p, &p->list[i])->share += p->list[i].height;
    for (i = p->count; i-- > 0;) {
        place *m = &p->list[i];

        m->share = m->height / fmaxf(root_of(p, m)->share, m->height);
        m->gone |= m->share < SHARE_LEAST;
    }
}

static void settle_all(places *p, const unstretch *bent)
{
    size_t pixels = (size_t)p->light->width * (size_t)p->light->height;
    bool crowded = isfinite(p->noise) && count_crowd(p) >= CROWD_LEAST;
    uint32_t i;
    int round;

    mark_touching(p);
    bent = crowded && bent != NULL && isfinite(bent->bend) ? bent : NULL;
    if (bent != NULL)
        straighten(p, bent);
    else
        memcpy(p->left, p->light->values, pixels * sizeof(*p->left));
    memset(p->left + pixels, 0, PLACES_SLACK * sizeof(*p->left));
    for (i = 0; i < p->count; i++)
        add_model(p, &p->list[i], -1);
    settle(p);
    for (round = 0; round < PARTINGS && crowded && part_all(p); round++)
        settle(p);
    share_out(p);
    if (bent != NULL)
        bend_back(p, bent);
}

int places_settle(const places_sky *sky, place *list, uint32_t *count)
{
    places p = { .light = sky->light,
                 .left = sky->left,
                 .noise = sky->noise,
                 .list = list,
                 .count = *count,
                 .room = PLACES_GROWTH * *count };
    uint32_t i;
    int rc = place_grid_init(&p.grid, p.light->width, p.light->height, p.room);

    if (rc < 0)
        return rc;
    for (i = 0; i < *count; i++)
        put(&p, i);
    settle_all(&p, sky->bent);
    *count = p.count;
    place_grid_fini(&p.grid);
    return 0;
}
