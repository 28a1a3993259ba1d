/* No single measurement tells a star from the rest, all of them together do
 * rather well, and what they say depends on what lies around: between many
 * stars a weak peak is a star more likely than between dark spots.
 *
 * A small network weighs them. It was fitted to what a simulator drew and this
 * finder saw, from measurements alone: ratios, and counts of neighbours, never
 * pixels or places.
 */
#include "worker/stars/odds.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "worker/pixels/lanes.h"
#include "worker/stars/odds_weights.h"
#include "worker/stars/place_grid.h"
#include "worker/stars/roughness.h"
#include "worker/light/tiles.h"

/* Those that have a say in how crowded it is, and cast shadows. */
#define STRONG_Z 8.0f
#define FAINTEST_Z 3.6f
/* Of a candidate, where others are told in its heights. */
#define HEIGHT_LEAST 0.1f
#define USUAL_ENOUGH 3.0f
#define USUAL_ROUND 0.9f
/* Of stars of that width neighbours are counted by tiles and pixels as they
 * are; of wider ones by as many more as these are larger. */
#define USUAL_FWHM 3.0f
/* Beyond that many star widths nothing is cast. */
#define SHADOW_REACH 5.0f

/* The others are of rings. */
enum { MEASURE_TERMS = 29, DOUBT_TERMS = 16 };

_Static_assert(MEASURE_TERMS + DOUBT_TERMS + RINGS_TERMS == ODDS_TERMS,
               "every term has a weight");

typedef struct tally {
    float bright, dark, strong;
    float off, round, usual; /* of those that look like stars: sums of their
                                sizes and axes, and how many */
} tally;

/* The same of the tiles around one, as terms have it. */
typedef struct outlook {
    float bright, dark, strong; /* logarithms */
    float off, round;           /* means */
} outlook;

/* Far outliers say no more than near ones. */
static float within(float value, float low, float high)
{
    return fminf(fmaxf(value, low), high);
}

static float log_ratio(float value, float to, float low, float high)
{
    return within(logf(fmaxf(value, 1e-3f) / to), low, high);
}

static int tile_of(float at, int count)
{
    int i = (int)(at / TILE_PX);

    return i < 0 ? 0 : i >= count ? count - 1 : i;
}

/* Off the middle of a picture stars are larger and longer than in it. Whatever
 * is neither a point nor a thing shows how much. */
static bool is_usual(const candidate *c)
{
    return !c->dark && !c->is_core && !c->saturated && c->z > STRONG_Z &&
           fabsf(c->off) < 0.5f && c->fit.axis_ratio > 0.5f &&
           c->doubt != FAULT_STROKE && c->doubt != FAULT_GLOW;
}

static void count_tiles(const odds_sky *sky, const candidate *candidates,
                        uint32_t count, tally *tallies)
{
    uint32_t i;

    for (i = 0; i < count; i++) {
        const candidate *c = &candidates[i];
        tally *t = &tallies[tile_of(c->fit.y, sky->rows) * sky->columns +
                            tile_of(c->fit.x, sky->columns)];

        if (c->dark)
            t->dark++;
        else
            t->bright++;
        t->strong += !c->dark && c->z > STRONG_Z;
        if (is_usual(c)) {
            t->off += c->off;
            t->round += c->fit.axis_ratio;
            t->usual++;
        }
    }
}

static void count_all(odds_sky *sky, const candidate *candidates,
                      uint32_t count, float pixels)
{
    float bright = 1, dark = 1, strong = 1;
    uint32_t i;

    for (i = 0; i < count; i++) {
        const candidate *c = &candidates[i];

        strong += !c->dark && c->z > STRONG_Z;
        if (c->doubt != FAULT_NONE || c->z < FAINTEST_Z)
            continue;
        bright += !c->dark;
        dark += c->dark;
    }
    sky->dark_share = logf(dark / bright);
    sky->density = logf(strong * sky->star_area / pixels);
}

/* A star's wings fall with the third power of the distance. */
static float shadow_on(const candidate *c, const candidate *by, float fwhm)
{
    float dx = (by->fit.x - c->fit.x) / fwhm,
          dy = (by->fit.y - c->fit.y) / fwhm;
    float r2 = dx * dx + dy * dy;

    if (r2 < 0.09f || r2 > SHADOW_REACH * SHADOW_REACH)
        return 0;
    return by->fit.height / fmaxf(c->fit.height, 0.05f) / (r2 * sqrtf(r2));
}

static int cast_shadows(odds_sky *sky, const candidate *candidates,
                        uint32_t count, int width, int height)
{
    float reach = SHADOW_REACH * sky->picture.fwhm;
    place_grid grid;
    uint32_t i, entry;
    int rc = place_grid_init(&grid, width, height, count);

    if (rc < 0)
        return rc;
    for (i = 0; i < count; i++)
        if (!candidates[i].dark && candidates[i].z > STRONG_Z)
            place_grid_put(&grid, i, candidates[i].fit.x, candidates[i].fit.y);
    for (i = 0; i < count; i++) {
        const candidate *c = &candidates[i];
        place_walk walk = place_walk_start(&grid, c->fit.x, c->fit.y, reach);

        while (place_walk_next(&walk, &entry))
            sky->shadows[i] =
                fmaxf(sky->shadows[i],
                      shadow_on(c, &candidates[entry], sky->picture.fwhm));
    }
    place_grid_fini(&grid);
    return 0;
}

/* Means of tiles up to so far away, fewer at the border. */
static tally tally_around(const odds_sky *sky, const tally *tallies, int column,
                          int row, int reach)
{
    int i, j;
    tally sum = { 0 };
    float n = 0;

    for (j = row - reach; j <= row + reach; j++)
        for (i = column - reach; i <= column + reach; i++)
            if (i >= 0 && j >= 0 && i < sky->columns && j < sky->rows) {
                const tally *t = &tallies[j * sky->columns + i];

                sum.bright += t->bright;
                sum.dark += t->dark;
                sum.strong += t->strong;
                sum.off += t->off;
                sum.round += t->round;
                sum.usual += t->usual;
                n++;
            }
    sum.bright /= n;
    sum.dark /= n;
    sum.strong /= n;
    /* A few say little: then it is as in the whole picture. */
    sum.off /= sum.usual + USUAL_ENOUGH;
    sum.round =
        (sum.round + USUAL_ENOUGH * USUAL_ROUND) / (sum.usual + USUAL_ENOUGH);
    return sum;
}

static void look_out(odds_sky *sky, const tally *tallies)
{
    float area = sky->star_area;
    int i;

    for (i = 0; i < sky->columns * sky->rows; i++) {
        int column = i % sky->columns, row = i / sky->columns;
        tally near = tally_around(sky, tallies, column, row, 1);
        tally wide = tally_around(sky, tallies, column, row, 3);

        sky->outlooks[i] = (outlook){ .bright = log1pf(area * near.bright),
                                      .dark = log1pf(area * near.dark),
                                      .strong = log1pf(area * near.strong),
                                      .off = wide.off,
                                      .round = wide.round };
    }
}

int odds_sky_init(odds_sky *sky, const candidate *candidates, uint32_t count,
                  const odds_picture *picture)
{
    const light_map *light = picture->light;
    float fwhm = picture->fwhm;
    float k = 0.5f * FWHM_OF_SIGMA * FWHM_OF_SIGMA / (fwhm * fwhm);
    tally *tallies;
    size_t tiles;
    int rc = -ENOMEM;

    *sky = (odds_sky){ .picture = *picture,
                       .star_area = (fwhm / USUAL_FWHM) * (fwhm / USUAL_FWHM),
                       .sharpness = (expf(-k) + expf(-2 * k)) / 2,
                       .squares = log_ratio(roughness_squares(light), 1, 0, 1),
                       .black = roughness_black(light),
                       .columns = tiles_along(light->width),
                       .rows = tiles_along(light->height) };
    tiles = (size_t)sky->columns * (size_t)sky->rows;
    tallies = calloc(tiles, sizeof(*tallies));
    sky->outlooks = malloc(tiles * sizeof(*sky->outlooks));
    sky->shadows = calloc(count + 1, sizeof(*sky->shadows));
    if (tallies != NULL && sky->outlooks != NULL && sky->shadows != NULL) {
        count_tiles(sky, candidates, count, tallies);
        look_out(sky, tallies);
        count_all(sky, candidates, count,
                  (float)light->width * (float)light->height);
        rc = cast_shadows(sky, candidates, count, light->width, light->height);
    }
    free(tallies);
    if (rc < 0)
        odds_sky_fini(sky);
    return rc;
}

void odds_sky_fini(odds_sky *sky)
{
    free(sky->outlooks);
    free(sky->shadows);
    *sky = (odds_sky){ 0 };
}

/* Of the square of a JPEG that a place lies in: 0 in its middle, 1 at its
 * border. */
static float to_border(float at)
{
    return fabsf(fmodf(at + 0.5f, 8) - 4) / 4;
}

/* How it stands out, what it looks like, and what lies around it. */
static void tell_measures(const odds_sky *sky, const candidate *c, float shadow,
                          float terms[MEASURE_TERMS])
{
    const fit *f = &c->fit;
    float height = fmaxf(f->height, HEIGHT_LEAST);
    const outlook *around =
        &sky->outlooks[tile_of(f->y, sky->rows) * sky->columns +
                       tile_of(f->x, sky->columns)];
    const float found[MEASURE_TERMS] = {
        log_ratio(c->z, 6, -1, 2.3f),
        log_ratio(c->contrast, 5, -2, 2.3f),
        log_ratio(c->curve, 2, -1, 2.5f),
        4 * within(c->off, -0.8f, 0.8f),
        2 * log_ratio(f->sharpness, sky->sharpness, -1, 1),
        log_ratio(height, fmaxf(f->scatter, 0.1f), -1, 3) - 1,
        2 * within(f->wing / height, -1, 1.5f),
        within(fmaxf(c->taken, 0) / height, 0, 4),
        4 * f->axis_ratio - 3,
        log_ratio(height, 8, -2.5f, 2.5f),
        2 * log_ratio(f->light, height * sky->picture.fwhm * sky->picture.fwhm,
                      -1.5f, 1.5f),
        0.5f * (log_ratio(shadow, 1, -6, 3) + 3),
        around->dark - 1,
        around->bright - 1.5f,
        around->strong - 0.7f,
        within(0.5f * (sky->dark_share + 2), -1.5f, 1),
        within(sky->density + 7.5f, -2, 1.5f),
        3 * log_ratio(sky->picture.fwhm, USUAL_FWHM, -1, 1),
        log_ratio(f->level, 20, -2, 2),
        log_ratio(c->stand.snr, 6, -1.5f, 2.3f),
        log_ratio(c->stand.misfit, 1, -1, 2),
        log_ratio(c->stand.unlike, 0.2f, -1.5f, 1.5f),
        within(c->stand.uneven, -2, 2),
        3 * within(c->stand.near / height, -0.5f, 1.5f) - 1,
        6 * within(c->stand.far / height, -0.5f, 1),
        4 * within(c->off - around->off, -0.8f, 0.8f),
        4 * (f->axis_ratio - around->round),
        8 * around->off,
        8 * (around->round - USUAL_ROUND),
    };

    memcpy(terms, found, sizeof found);
}

/* Which search saw it, what it was taken for, and what the writing of the
 * picture did to it. */
static void tell_doubts(const odds_sky *sky, const candidate *c,
                        float terms[DOUBT_TERMS])
{
    const fit *f = &c->fit;
    float height = fmaxf(f->height, HEIGHT_LEAST), step = sky->picture.step;
    const float found[DOUBT_TERMS] = {
        3 * sky->squares,
        3 * sky->squares * fmaxf(to_border(f->x), to_border(f->y)),
        f->size < 0.6f * sky->picture.fwhm / FWHM_OF_SIGMA,
        c->plane == PLANE_COLOUR,
        c->plane == PLANE_REST,
        c->plane == PLANE_SHARPER,
        c->doubt == FAULT_STROKE,
        c->doubt == FAULT_GLOW,
        c->doubt == FAULT_KNOWN,
        c->doubt == FAULT_HOT,
        c->doubt == FAULT_LONG || c->doubt == FAULT_UNEVEN,
        2 * roughness_flat(sky->picture.light, f->x, f->y),
        0.5f * log1pf(step),
        step > 0 ? log_ratio(height, step + 0.5f, -2, 3) : 3,
        log_ratio(c->stand.noise, 1, -3, 3) - 0.5f,
        2 * sky->black,
    };

    memcpy(terms, found, sizeof found);
}

void odds_terms(const odds_sky *sky, const candidate *candidates, uint32_t i,
                float terms[ODDS_TERMS])
{
    const candidate *c = &candidates[i];

    tell_measures(sky, c, sky->shadows[i], terms);
    tell_doubts(sky, c, terms + MEASURE_TERMS);
    memcpy(terms + MEASURE_TERMS + DOUBT_TERMS, c->stand.rings,
           sizeof c->stand.rings);
}

/* Each term is weighed by eight cells at a time; all of them together are as
 * many sums as there are registers, none of which waits for another. */
LANES_FUNCTION static float weigh_terms(const float terms[ODDS_TERMS])
{
    lanes cells[ODDS_CELLS / LANES], sum = { 0 };
    float all = 0;
    int j, k;

    memcpy(cells, odds_cells[ODDS_TERMS], sizeof(cells));
    for (k = 0; k < ODDS_TERMS; k++)
        for (j = 0; j < ODDS_CELLS / LANES; j++)
            cells[j] += terms[k] * ((const lanes *)odds_cells[k])[j];
    for (j = 0; j < ODDS_CELLS / LANES; j++) {
        cells[j] = (lanes)((lane_flags)cells[j] & (cells[j] > 0));
        sum += cells[j] * ((const lanes *)odds_outputs)[j];
    }
    for (j = 0; j < LANES; j++)
        all += sum[j];
    return all;
}

float odds_of(const float terms[ODDS_TERMS])
{
    return odds_bias + ODDS_UNIT * ODDS_UNIT * weigh_terms(terms);
}
