/* Letters and drawn lines are bright where a star could be, and their dots,
 * ends and crossings are as round as one. What gives them away is the region
 * above half of the height: of a star it is as large as the star, of a stroke
 * as long as the stroke. And letters come in words: a dot among several
 * strokes is an i's or a full stop.
 */
#include "worker/stars/strokes.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "worker/stars/place_grid.h"

enum { REACH_MAX = 16, SIDE = 2 * REACH_MAX + 1 };

/* Fainter things are not drawn, they are noise that hangs together. */
#define HEIGHT_MIN 25.0f
#define LENGTH_MIN 3.2f /* star sizes */
#define DRAWN_FLAT_MIN 0.5f
#define HARD_OUTSIDE_MAX 0.34f
#define Z_MIN 12.0f
/* In heights of the candidate: what rises that far above it is not its own. */
#define FLANK_TOP 2.5f
#define NEIGHBOURHOOD_PX 14.0f
enum { STROKES_MIN = 2 };

/* The region above a level that holds a pixel, in a window around that. */
typedef struct region {
    short pixels[SIDE * SIDE]; /* places in the window */
    int count, reach;
    float length;  /* diagonal of its box over sqrt(2) */
    bool is_round; /* as wide as high, and filled */
    float top;     /* the highest of it */
    float flat;    /* share of it that is nearly as high as the peak */
    float outside; /* mean of the pixels next to it */
} region;

static float value_at(const light_map *map, int x, int y)
{
    if (x < 0 || y < 0 || x >= map->width || y >= map->height)
        return -INFINITY;
    return map->values[(size_t)y * (size_t)map->width + (size_t)x];
}

/* A disc covers 0.79 of its box. */
static bool is_round(int wide, int high, int count)
{
    return 2 * wide <= 3 * high && 2 * high <= 3 * wide &&
           (float)count > 0.62f * (float)(wide * high);
}

static void flood(const light_map *map, int cx, int cy, float level, float high,
                  region *r)
{
    unsigned char seen[SIDE * SIDE] = { 0 };
    int reach = r->reach, side = 2 * reach + 1, head = 0, flat = 0, edges = 0;
    float outside = 0;
    int left = reach, right = reach, top = reach, bottom = reach;

    r->count = 0;
    r->top = -INFINITY;
    r->pixels[r->count++] = (short)(reach * side + reach);
    seen[reach * side + reach] = 1;
    while (head < r->count) {
        static const int steps[4][2] = {
            { 1, 0 }, { -1, 0 }, { 0, 1 }, { 0, -1 }
        };
        int at = r->pixels[head++], x = at % side, y = at / side, k;
        float here = value_at(map, cx - reach + x, cy - reach + y);

        left = x < left ? x : left;
        right = x > right ? x : right;
        top = y < top ? y : top;
        bottom = y > bottom ? y : bottom;
        flat += here > high;
        r->top = fmaxf(r->top, here);
        for (k = 0; k < 4; k++) {
            int u = x + steps[k][0], v = y + steps[k][1];

            float value;

            if (u < 0 || v < 0 || u >= side || v >= side || seen[v * side + u])
                continue;
            value = value_at(map, cx - reach + u, cy - reach + v);
            if (!(value > level)) {
                if (value > -INFINITY) {
                    outside += value;
                    edges++;
                }
                continue;
            }
            seen[v * side + u] = 1;
            r->pixels[r->count++] = (short)(v * side + u);
        }
    }
    r->length = sqrtf((float)((right - left + 1) * (right - left + 1) +
                              (bottom - top + 1) * (bottom - top + 1)) /
                      2);
    r->is_round = is_round(right - left + 1, bottom - top + 1, r->count);
    r->flat = (float)flat / (float)r->count;
    r->outside = edges > 0 ? outside / (float)edges : level;
}

/* Marks of what is drawn, a byte for each square of a few pixels. */
typedef struct drawn {
    unsigned char *squares;
    int columns, rows;
} drawn;

enum { SQUARE_PX = 2, MARGIN_SQUARES = 2 };

static void mark(drawn *marks, int x, int y)
{
    if (x >= 0 && y >= 0 && x / SQUARE_PX < marks->columns &&
        y / SQUARE_PX < marks->rows)
        marks->squares[y / SQUARE_PX * marks->columns + x / SQUARE_PX] = 1;
}

static bool is_near_mark(const drawn *marks, float x, float y)
{
    int column = (int)x / SQUARE_PX, row = (int)y / SQUARE_PX, i, j;

    for (j = row - MARGIN_SQUARES; j <= row + MARGIN_SQUARES; j++)
        for (i = column - MARGIN_SQUARES; i <= column + MARGIN_SQUARES; i++)
            if (i >= 0 && j >= 0 && i < marks->columns && j < marks->rows &&
                marks->squares[j * marks->columns + i])
                return true;
    return false;
}

enum stroke_kind {
    NO_STROKE,
    LONG_THING,   /* too long for a star: a ridge, or stars that touch, or the
                     flank of one */
    DRAWN_STROKE, /* flat, with hard edges */
};

/* What a candidate is part of; a drawn stroke is marked as well. */
static enum stroke_kind look_at(const light_map *map, const candidate *c,
                                float fwhm, bool with_discs, drawn *marks)
{
    int reach = (int)lrintf(3.5f * fwhm), i;
    int x = (int)lrintf(c->fit.x), y = (int)lrintf(c->fit.y);
    float height = value_at(map, x, y) - c->fit.level;
    region r;

    /* What is left of a large thing has its region, but not its shape. */
    if (c->dark || c->is_core || c->plane == PLANE_SHARPER ||
        height < HEIGHT_MIN)
        return NO_STROKE;
    r.reach = reach < 6 ? 6 : reach > REACH_MAX ? REACH_MAX : reach;
    flood(map, x, y, c->fit.level + 0.5f * height, c->fit.level + 0.8f * height,
          &r);
    if (r.length <= LENGTH_MIN * fmaxf(fwhm, 2))
        return NO_STROKE;
    if (r.is_round && !with_discs)
        return NO_STROKE;
    if (r.flat < DRAWN_FLAT_MIN ||
        r.outside > c->fit.level + HARD_OUTSIDE_MAX * height)
        return c->z < Z_MIN || r.is_round ? NO_STROKE : LONG_THING;
    /* What is left on the flank of a bright star has the star for its region,
     * and that is no letter whose dots the stars around could be. */
    if (r.top > c->fit.level + FLANK_TOP * height)
        return LONG_THING;
    for (i = 0; i < r.count; i++)
        mark(marks, x - r.reach + r.pixels[i] % (2 * r.reach + 1),
             y - r.reach + r.pixels[i] / (2 * r.reach + 1));
    return DRAWN_STROKE;
}

static uint32_t count_near(const place_grid *grid, const candidate *candidates,
                           float x, float y)
{
    place_walk walk = place_walk_start(grid, x, y, NEIGHBOURHOOD_PX);
    uint32_t entry, n = 0;

    while (place_walk_next(&walk, &entry)) {
        const fit *f = &candidates[entry].fit;

        n += fabsf(f->x - x) < NEIGHBOURHOOD_PX &&
             fabsf(f->y - y) < NEIGHBOURHOOD_PX;
    }
    return n;
}

int strokes_refuse(const light_map *map, candidate *candidates, uint32_t count,
                   float fwhm, bool with_discs, uint32_t *strokes)
{
    drawn marks = { .columns = map->width / SQUARE_PX + 1,
                    .rows = map->height / SQUARE_PX + 1 };
    place_grid grid;
    uint32_t i;
    int rc = place_grid_init(&grid, map->width, map->height, count);

    if (rc < 0)
        return rc;
    marks.squares = calloc((size_t)marks.columns * (size_t)marks.rows, 1);
    if (marks.squares == NULL) {
        place_grid_fini(&grid);
        return -ENOMEM;
    }
    *strokes = 0;
    for (i = 0; i < count; i++) {
        candidate *c = &candidates[i];
        enum stroke_kind kind;

        if (c->fault == FAULT_GLOW)
            continue;
        kind = look_at(map, c, fwhm, with_discs, &marks);
        if (kind == NO_STROKE)
            continue;
        c->fault = FAULT_STROKE;
        if (kind == DRAWN_STROKE) {
            place_grid_put(&grid, i, c->fit.x, c->fit.y);
            ++*strokes;
        }
    }
    for (i = 0; i < count; i++) {
        candidate *c = &candidates[i];

        if (c->fault == FAULT_NONE && !c->is_core &&
            (count_near(&grid, candidates, c->fit.x, c->fit.y) >= STROKES_MIN ||
             is_near_mark(&marks, c->fit.x, c->fit.y)))
            c->fault = FAULT_STROKE;
    }
    free(marks.squares);
    place_grid_fini(&grid);
    return 0;
}
