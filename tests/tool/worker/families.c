/* A small universe: light is added up in a plane a colour, gets its noise, and
 * is stretched to what people look at. The truth's S/N is that of a filter
 * matched to what a star adds to the stretched picture.
 */
#include "families.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <spng.h>
#include <turbojpeg.h>

#include "support/test.h"
#include "worker/sky/sky_random.h"

enum { WIDTH = 480, HEIGHT = 360, PIXELS = WIDTH * HEIGHT, STARS_MAX = 900 };

#define NOISE 10.0
#define FWHM 3.0
#define BETA 3.2

typedef struct star {
    double x, y, peak, colour[3];
} star;

typedef struct scene {
    float light[3][PIXELS]; /* over the sky, in the units of the noise */
    star stars[STARS_MAX];
    int count;
    bool is_linear;
    sky_random random;
} scene;

static double moffat(double r2)
{
    double alpha2 = FWHM * FWHM / 4 / (pow(2, 1 / BETA) - 1);

    return pow(1 + r2 / alpha2, -BETA);
}

static void add_light(scene *s, int x, int y, double value,
                      const double colour[3])
{
    if (x < 0 || y < 0 || x >= WIDTH || y >= HEIGHT)
        return;
    for (int k = 0; k < 3; k++)
        s->light[k][y * WIDTH + x] += (float)(value * colour[k]);
}

static void add_star(scene *s, double x, double y, double peak,
                     const double colour[3])
{
    int reach = (int)fmin(90, 5 * FWHM + sqrt(peak / NOISE));

    for (int j = (int)y - reach; j <= (int)y + reach; j++)
        for (int i = (int)x - reach; i <= (int)x + reach; i++)
            add_light(s, i, j,
                      peak * moffat((i - x) * (i - x) + (j - y) * (j - y)),
                      colour);
    s->stars[s->count] = (star){ .x = x, .y = y, .peak = peak };
    memcpy(s->stars[s->count++].colour, colour, 3 * sizeof *colour);
}

/* Few bright ones, many faint ones. */
static double draw_peak(scene *s, double faintest, double brightest)
{
    double u = sky_random_unit(&s->random), slope = -0.6;

    return NOISE * pow(pow(faintest, slope) +
                           u * (pow(brightest, slope) - pow(faintest, slope)),
                       1 / slope);
}

static void add_stars(scene *s, int count, double faintest)
{
    for (int i = 0; i < count; i++) {
        double t = sky_random_between(&s->random, -0.3, 0.3);
        double colour[3] = { 1 + t, 1, 1 - t };

        add_star(s, sky_random_between(&s->random, 4, WIDTH - 5),
                 sky_random_between(&s->random, 4, HEIGHT - 5),
                 draw_peak(s, faintest, 150), colour);
    }
}

static const double white[3] = { 1, 1, 1 };

static void add_cluster(scene *s)
{
    for (int i = 0; i < 700; i++) {
        double u = sky_random_unit(&s->random);
        double r = 40 * sqrt(1 / (1 - 0.97 * u) - 1);
        double angle = sky_random_between(&s->random, 0, 2 * M_PI);
        double x = WIDTH / 2 + r * cos(angle), y = HEIGHT / 2 + r * sin(angle);

        if (x > 3 && y > 3 && x < WIDTH - 4 && y < HEIGHT - 4)
            add_star(s, x, y, draw_peak(s, 2, 150), white);
    }
}

static void add_beacons(scene *s)
{
    for (int i = 0; i < 3; i++) {
        double x = 80 + 150 * i + sky_random_unit(&s->random);
        double y = 90 + 80 * i + sky_random_unit(&s->random);

        add_star(s, x, y, 60000, white);
        for (int r = 4; r < 70; r++)
            for (int k = 0; k < 4; k++)
                add_light(s, (int)lrint(x + r * cos(0.4 + k * M_PI / 2)),
                          (int)lrint(y + r * sin(0.4 + k * M_PI / 2)),
                          1500.0 / r, white);
    }
}

/* Values at the corners of a grid, between them smoothly. */
static double cloud_at(uint64_t seed, double x, double y, double cell)
{
    int i = (int)floor(x / cell), j = (int)floor(y / cell);
    double u = x / cell - i, v = y / cell - j, corner[4];

    for (int k = 0; k < 4; k++)
        corner[k] = (double)(sky_random_at(seed, (uint64_t)cell, i + k % 2,
                                           j + k / 2) >>
                             40) /
                    (1 << 24);
    u = u * u * (3 - 2 * u);
    v = v * v * (3 - 2 * v);
    return (corner[0] * (1 - u) + corner[1] * u) * (1 - v) +
           (corner[2] * (1 - u) + corner[3] * u) * v;
}

static double clouds_at(uint64_t seed, int x, int y)
{
    return 0.55 * cloud_at(seed, x, y, 96) + 0.28 * cloud_at(seed, x, y, 41) +
           0.17 * cloud_at(seed, x, y, 19);
}

static void add_nebula(scene *s, uint64_t seed)
{
    static const double colour[3] = { 1.4, 0.8, 0.9 };

    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) {
            double cloud = clouds_at(seed, x, y);
            double thread = 1 - fmin(1, 14 * fabs(cloud - 0.5));

            add_light(s, x, y, NOISE * (30 * cloud * cloud + 4 * thread),
                      colour);
        }
}

static void add_galaxies(scene *s)
{
    for (int n = 0; n < 30; n++) {
        double x = sky_random_between(&s->random, 10, WIDTH - 10);
        double y = sky_random_between(&s->random, 10, HEIGHT - 10);
        double size = sky_random_between(&s->random, 3, 7);
        double ratio = sky_random_between(&s->random, 0.4, 1);
        double peak = draw_peak(s, 4, 40);

        for (int j = -45; j <= 45; j++)
            for (int i = -45; i <= 45; i++)
                add_light(
                    s, (int)x + i, (int)y + j,
                    peak * exp(-sqrt(i * i + j * j / ratio / ratio + 1) / size),
                    white);
    }
}

static void add_defects(scene *s)
{
    for (int n = 0; n < 120; n++)
        add_light(s, (int)sky_random_between(&s->random, 2, WIDTH - 2),
                  (int)sky_random_between(&s->random, 2, HEIGHT - 2),
                  draw_peak(s, 10, 300), white);
    for (int n = 0; n < 20; n++) {
        double x = sky_random_between(&s->random, 20, WIDTH - 20);
        double y = sky_random_between(&s->random, 20, HEIGHT - 20);
        double angle = sky_random_between(&s->random, 0, M_PI);

        for (int r = 0; r < 9; r++)
            add_light(s, (int)lrint(x + r * cos(angle)),
                      (int)lrint(y + r * sin(angle)), 60 * NOISE, white);
    }
}

static void add_coloured(scene *s)
{
    static const double colours[2][3] = { { 2.6, 0.15, 0.05 },
                                          { 0.05, 0.15, 2.6 } };

    for (int i = 0; i < 50; i++)
        add_star(s, sky_random_between(&s->random, 4, WIDTH - 5),
                 sky_random_between(&s->random, 4, HEIGHT - 5),
                 draw_peak(s, 3, 80), colours[i % 2]);
}

static double stretch(const scene *s, double light)
{
    double level;

    if (s->is_linear)
        return 1000 + light;
    level = 24 + 231 * asinh(light / NOISE / 12) / asinh(25.0);
    return fmin(fmax(level, 0), 255);
}

/* Against a filter matched to what it adds to that plane. */
static double snr_in(const scene *s, const star *t, int plane)
{
    double sum = 0, there = 0, slope;
    int cx = (int)lrint(t->x), cy = (int)lrint(t->y);

    for (int j = cy - 5; j <= cy + 5; j++)
        for (int i = cx - 5; i <= cx + 5; i++) {
            double r2 = (i - t->x) * (i - t->x) + (j - t->y) * (j - t->y);
            double own = t->peak * t->colour[plane] * moffat(r2), all, adds;

            if (i < 0 || j < 0 || i >= WIDTH || j >= HEIGHT)
                continue;
            all = (double)s->light[plane][j * WIDTH + i];
            adds = stretch(s, all) - stretch(s, all - own);
            sum += adds * adds;
            if (i == cx && j == cy)
                there = all - own;
        }
    slope = (stretch(s, there + NOISE) - stretch(s, there - NOISE)) / 2;
    return sqrt(sum) / fmax(slope, 0.5);
}

/* One that nobody could see beside a brighter one is not asked for. */
static bool is_hidden(const scene *s, const star *t)
{
    for (int i = 0; i < s->count; i++) {
        const star *u = &s->stars[i];
        double reach = 1.3 * FWHM + (u->peak > 5000 ? 25 : 0);

        if (u->peak > t->peak && hypot(u->x - t->x, u->y - t->y) < reach)
            return true;
    }
    return false;
}

static int by_peak(const void *a, const void *b)
{
    const star *s = a, *t = b;

    return (s->peak < t->peak) - (s->peak > t->peak);
}

static match_star *tell_truth(scene *s)
{
    match_star *truth = calloc((size_t)s->count + 1, sizeof *truth);

    CHECK(truth != NULL);
    qsort(s->stars, (size_t)s->count, sizeof *s->stars, by_peak);
    for (int i = 0; i < s->count; i++) {
        const star *t = &s->stars[i];
        double best = 0;

        for (int k = 0; k < 3; k++)
            best = fmax(best, snr_in(s, t, k));
        truth[i] = (match_star){ t->x, t->y, FWHM, is_hidden(s, t) ? 0 : best };
    }
    return truth;
}

static double noisy(scene *s, int plane, int at)
{
    double light = (double)s->light[plane][at];
    /* Light itself is uneven: twice as much at a hundred times the noise. */
    double noise = NOISE * sqrt(1 + fmax(light, 0) / NOISE / 100);

    return stretch(s, light + noise * sky_random_bell(&s->random));
}

/* A letter of two strokes in three, none like another. */
static void write_letters(uint8_t *rgb, int top, int count, uint64_t seed)
{
    for (int n = 0; n < count; n++)
        for (int j = 0; j < 14; j++)
            for (int i = 0; i < 8; i++) {
                uint64_t shape = sky_random_at(seed, 7, n, 0);
                bool upright = i < 2 || (i > 5 && shape & 1);
                bool across =
                    j < 2 || (j / 2 == 3 && shape & 2) || (j > 11 && shape & 4);

                if (upright || across)
                    memset(rgb + 3 * ((top + j) * WIDTH + 12 + 12 * n + i), 235,
                           3);
            }
}

static uint8_t *write_rgb(scene *s)
{
    uint8_t *rgb = malloc(3 * PIXELS);

    CHECK(rgb != NULL);
    for (int i = 0; i < PIXELS; i++)
        for (int k = 0; k < 3; k++)
            rgb[3 * i + k] = (uint8_t)(noisy(s, k, i) + 0.5);
    return rgb;
}

static sample write_frame(scene *s)
{
    static const char *const cards[] = {
        "BITPIX  =                  -32", "NAXIS   =                    2",
        "NAXIS1  =                  480", "NAXIS2  =                  360", NULL
    };
    uint8_t *bytes = malloc(4 * PIXELS);
    sample file;

    for (int i = 0; i < PIXELS; i++) {
        float value = (float)noisy(s, 1, i);
        uint32_t bits;

        memcpy(&bits, &value, sizeof bits);
        for (int k = 0; k < 4; k++)
            bytes[4 * i + k] = (uint8_t)(bits >> (24 - 8 * k));
    }
    file = encode_fits(cards, bytes, 4 * PIXELS);
    free(bytes);
    return file;
}

static sample encode_jpeg_at(const uint8_t *rgb, int quality)
{
    tjhandle encoder = tjInitCompress();
    unsigned char *bytes = NULL;
    unsigned long size = 0;
    sample file;

    CHECK_EQ(tjCompress2(encoder, rgb, WIDTH, 0, HEIGHT, TJPF_RGB, &bytes,
                         &size, TJSAMP_420, quality, 0),
             0);
    file = (sample){ malloc(size), size };
    memcpy(file.data, bytes, size);
    tjFree(bytes);
    tjDestroy(encoder);
    return file;
}

static sample write_file(scene *s, enum family family, uint64_t seed)
{
    sample file;
    uint8_t *rgb;

    if (s->is_linear)
        return write_frame(s);
    rgb = write_rgb(s);
    if (family == FAMILY_CAPTION)
        for (int line = 0; line < 2; line++)
            write_letters(rgb, 300 + 24 * line, 30, seed + (uint64_t)line);
    if (family == FAMILY_JPEG)
        file = encode_jpeg_at(rgb, 60);
    else
        file = encode_png(rgb, 3 * PIXELS, WIDTH, HEIGHT,
                          SPNG_COLOR_TYPE_TRUECOLOR, 8);
    free(rgb);
    return file;
}

static void forget_under_letters(match_star *truth, int count)
{
    for (int i = 0; i < count; i++)
        if (truth[i].y > 294 && truth[i].y < 344)
            truth[i].snr = 0;
}

drawn family_draw(enum family family, uint64_t seed)
{
    scene *s = calloc(1, sizeof *s);
    drawn out;

    CHECK(s != NULL);
    s->random = sky_random_from(seed, (uint64_t)family);
    s->is_linear = family == FAMILY_FRAME;
    if (family == FAMILY_NEBULA)
        add_nebula(s, seed);
    if (family == FAMILY_GALAXIES)
        add_galaxies(s);
    add_stars(s, family == FAMILY_COLOUR ? 40 : 90, 1.5);
    if (family == FAMILY_CROWDED)
        add_cluster(s);
    if (family == FAMILY_BRIGHT)
        add_beacons(s);
    if (family == FAMILY_COLOUR)
        add_coloured(s);
    out.truth = tell_truth(s);
    out.count = (size_t)s->count;
    if (family == FAMILY_HOT)
        add_defects(s);
    if (family == FAMILY_CAPTION)
        forget_under_letters(out.truth, s->count);
    out.file = write_file(s, family, seed);
    free(s);
    return out;
}

static uint8_t plain_at(enum plain plain, uint64_t seed, int x, int y,
                        sky_random *random)
{
    double value = 2.5 * sky_random_bell(random);

    if (plain == PLAIN_CLOUDS)
        value +=
            60 + 150 * clouds_at(seed, x, y) + 20 * cloud_at(seed, x, y, 3);
    else if (plain == PLAIN_DISCS)
        value += hypot(x % 120 - 60, y % 120 - 60) < 40 ? 190 : 30;
    else
        value += 40;
    return (uint8_t)(fmin(fmax(value, 0), 255) + 0.5);
}

sample plain_draw(enum plain plain, uint64_t seed)
{
    uint8_t *rgb = malloc(3 * PIXELS);
    sky_random random = sky_random_from(seed, 99);
    sample file;

    CHECK(rgb != NULL);
    for (int i = 0; i < PIXELS; i++)
        memset(rgb + 3 * i,
               plain_at(plain, seed, i % WIDTH, i / WIDTH, &random), 3);
    if (plain == PLAIN_LETTERS)
        for (int line = 0; line < 13; line++)
            write_letters(rgb, 16 + 25 * line, 36, seed + (uint64_t)line);
    file = encode_jpeg_at(rgb, 90);
    free(rgb);
    return file;
}
