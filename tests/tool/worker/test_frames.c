/* Frames as cameras and telescopes make them: colours, mosaics, cubes, holes,
 * each drawn here.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <spng.h>

#include "job_runner.h"
#include "samples.h"
#include "support/test.h"
#include "worker/decode/decode.h"
#include "worker/light/frame.h"
#include "worker/stars/holes.h"
#include "worker/light/mosaic.h"
#include "worker/pixels/workspace.h"

enum { PIXELS = FIELD_WIDTH * FIELD_HEIGHT, CARDS_MAX = 10 };

#define SIGMA 1.4

/* The same on every machine; nearly Gaussian, of sigma 1. */
static double noise_of(uint32_t *state)
{
    double sum = 0;

    for (int i = 0; i < 12; i++) {
        *state = *state * 1664525 + 1013904223;
        sum += (double)(*state >> 8) / (1 << 24);
    }
    return sum - 6;
}

static void add_star(float *plane, double x, double y, double height)
{
    for (int v = (int)y - 9; v <= (int)y + 9; v++)
        for (int u = (int)x - 9; u <= (int)x + 9; u++) {
            double away = (u - x) * (u - x) + (v - y) * (v - y);

            if (u >= 0 && v >= 0 && u < FIELD_WIDTH && v < FIELD_HEIGHT)
                plane[v * FIELD_WIDTH + u] +=
                    (float)(height * exp(-away / (2 * SIGMA * SIGMA)));
        }
}

/* The stars of the field, all of one height; free() it. */
static float *draw(double sky, double noise, double height, uint32_t seed)
{
    float *plane = malloc(PIXELS * sizeof(*plane));

    for (int i = 0; i < PIXELS; i++)
        plane[i] = (float)(sky + noise * noise_of(&seed));
    for (int i = 0; i < FIELD_STARS; i++)
        add_star(plane, field_x(i), field_y(i), height);
    return plane;
}

/* Takes `planes`, one behind the other; `extra` are further cards. */
static sample frame_of(float *planes, int count, const char *const *extra)
{
    char third[40];
    const char *cards[CARDS_MAX] = { "BITPIX  =                  -32",
                                     count > 1
                                         ? "NAXIS   =                    3"
                                         : "NAXIS   =                    2",
                                     "NAXIS1  =                  320",
                                     "NAXIS2  =                  240" };
    int n = 4;
    sample file;

    snprintf(third, sizeof third, "NAXIS3  = %20d", count);
    if (count > 1)
        cards[n++] = third;
    while (extra != NULL && *extra != NULL)
        cards[n++] = *extra++;
    for (size_t i = 0; i < (size_t)count * PIXELS; i++) {
        uint32_t bits;

        memcpy(&bits, &planes[i], sizeof bits);
        bits = __builtin_bswap32(bits);
        memcpy(&planes[i], &bits, sizeof bits);
    }
    file = encode_fits(cards, planes, (size_t)count * PIXELS * sizeof(float));
    free(planes);
    return file;
}

/* Takes three planes. */
static float *join(float *a, float *b, float *c)
{
    float *all = malloc(3 * PIXELS * sizeof(*all));

    memcpy(all, a, PIXELS * sizeof(*all));
    memcpy(all + PIXELS, b, PIXELS * sizeof(*all));
    memcpy(all + 2 * PIXELS, c, PIXELS * sizeof(*all));
    free(a);
    free(b);
    free(c);
    return all;
}

/* How many of the field's stars are in the list, and how many others. */
static int count_true(const job_run *run, int *others)
{
    int found = 0;

    for (int i = 0; i < FIELD_STARS; i++)
        for (uint32_t k = 0; k < run->answer.star_count; k++)
            if (hypot(run->stars[k].x - field_x(i),
                      run->stars[k].y - field_y(i)) < 1) {
                found++;
                break;
            }
    *others = (int)run->answer.star_count - found;
    return found;
}

static void expect_field(const sample *file, uint32_t plane)
{
    job_run run = run_request_of(
        (job_request){ .operations = JOB_DO_STARS, .plane = plane }, file->data,
        file->size);
    int others, found = count_true(&run, &others);

    CHECK_EQ(run.answer.verdict, JOB_GOOD);
    CHECK(found >= FIELD_STARS - 1);
    CHECK(others <= 3);
    run_free(&run);
}

static void expect_no_stars(const sample *file, uint32_t plane)
{
    job_run run = run_request_of(
        (job_request){ .operations = JOB_DO_STARS, .plane = plane }, file->data,
        file->size);

    CHECK_EQ(run.answer.verdict, JOB_GOOD);
    CHECK_EQ(run.answer.star_count, 0);
    run_free(&run);
}

/* In the mean of the planes they would have a signal to noise of 3. */
TEST(stars_of_one_colour_are_found_in_a_cube_of_three)
{
    for (int colour = 0; colour < 3; colour++) {
        float *planes[3];
        sample file;

        for (int c = 0; c < 3; c++)
            planes[c] = draw(500 + 300 * c, c == colour ? 2 : 8,
                             c == colour ? 14 : 0, 77 + (uint32_t)c);
        file = frame_of(join(planes[0], planes[1], planes[2]), 3, NULL);
        expect_field(&file, 0);
        free(file.data);
    }
}

TEST(planes_of_time_are_not_added_up_but_chosen)
{
    static const char *const time[] = { "CTYPE3  = 'TIME    '", NULL };
    sample file = frame_of(
        join(draw(500, 4, 0, 1), draw(500, 4, 0, 2), draw(500, 4, 60, 3)), 3,
        time);
    job_run run;

    expect_no_stars(&file, 0);
    expect_no_stars(&file, 2);
    expect_field(&file, 3);
    run =
        run_request_of((job_request){ .operations = JOB_DO_STARS, .plane = 4 },
                       file.data, file.size);
    CHECK_EQ(run.answer.verdict, JOB_UNSUPPORTED);
    CHECK_STR(run.answer.reason,
              "FITS without a plane 3: it has 3, counted from 0");
    run_free(&run);
    free(file.data);
}

TEST(one_of_three_colours_can_be_chosen)
{
    sample file = frame_of(
        join(draw(500, 4, 0, 1), draw(500, 4, 0, 2), draw(500, 4, 60, 3)), 3,
        NULL);

    expect_field(&file, 0);
    expect_no_stars(&file, 1);
    expect_field(&file, 3);
    free(file.data);
}

TEST(further_axes_of_one_plane_are_no_hindrance)
{
    static const char *const cards[] = { "BITPIX  =                  -32",
                                         "NAXIS   =                    4",
                                         "NAXIS1  =                  320",
                                         "NAXIS2  =                  240",
                                         "NAXIS3  =                    1",
                                         "NAXIS4  =                    1",
                                         NULL };
    sample plain = frame_of(draw(500, 4, 60, 3), 1, NULL);
    sample file = encode_fits(cards, plain.data + 2880, PIXELS * 4);

    expect_field(&file, 0);
    free(plain.data);
    free(file.data);
}

/* Three colours of very different skies, seen through a mosaic whose first
 * pixel is red; takes the colours. */
static float *lay_mosaic(float *red, float *green, float *blue)
{
    float *all = join(red, green, blue);
    float *mosaic = malloc(PIXELS * sizeof(*mosaic));

    for (int i = 0; i < PIXELS; i++) {
        int x = i % FIELD_WIDTH % 2, y = i / FIELD_WIDTH % 2;

        mosaic[i] = all[(x + y) * PIXELS + i];
    }
    free(all);
    return mosaic;
}

static float *draw_mosaic(void)
{
    return lay_mosaic(draw(900, 6, 90, 1), draw(2000, 9, 150, 2),
                      draw(400, 5, 60, 3));
}

TEST(a_mosaic_of_colours_hides_no_stars_whether_its_header_tells_or_not)
{
    static const char *const told[] = { "BAYERPAT= 'RGGB    '", NULL };
    sample with = frame_of(draw_mosaic(), 1, told);
    sample without = frame_of(draw_mosaic(), 1, NULL);

    expect_field(&with, 0);
    expect_field(&without, 0);
    free(with.data);
    free(without.data);
}

/* The 8-bit colours of a frame; free() them. */
static uint8_t *colours_shown(const sample *file)
{
    decode_source source = { .data = file->data,
                             .size = file->size,
                             .max_pixels = PIXELS,
                             .need_light = true };
    uint8_t *copy = malloc(3 * PIXELS);
    workspace ws;
    picture p;
    refusal why;
    uint32_t format;

    CHECK_EQ(workspace_init(&ws), 0);
    picture_reset(&p);
    CHECK_EQ(decode_picture(&source, &ws, &format, &p, &why), JOB_GOOD);
    CHECK_EQ(p.pixel_bytes, 3);
    memcpy(copy, p.pixels, 3 * PIXELS);
    workspace_fini(&ws);
    return copy;
}

/* How much redder than blue a place is. */
static int redness(const uint8_t *rgb, int star)
{
    int x = (int)lrint(field_x(star)), y = (int)lrint(field_y(star));
    const uint8_t *at = rgb + 3 * (y * FIELD_WIDTH + x);

    return at[0] - at[2];
}

static double sky_redness(const uint8_t *rgb)
{
    double sum = 0;

    for (int i = 0; i < PIXELS; i++)
        sum += rgb[3 * i] - rgb[3 * i + 2];
    return sum / PIXELS;
}

/* A star without blue and one without red, among white ones and under a green
 * sky. */
static float *draw_tinted(int plane, uint32_t seed)
{
    static const double skies[] = { 900, 2000, 400 },
                        heights[] = { 90, 150, 60 };
    float *drawn = draw(skies[plane], 4, heights[plane], seed);

    if (plane != 1)
        add_star(drawn, field_x(1 - plane / 2), field_y(1 - plane / 2),
                 -0.9 * heights[plane]);
    return drawn;
}

static void expect_tints(const sample *file)
{
    uint8_t *rgb = colours_shown(file);
    CHECK(redness(rgb, 0) > 40);
    CHECK(redness(rgb, 1) < -40);
    CHECK(abs(redness(rgb, 5)) < 40);
    CHECK(fabs(sky_redness(rgb)) < 3);
    free(rgb);
}

TEST(a_cube_of_colours_is_shown_in_colours_on_a_grey_sky)
{
    sample file = frame_of(
        join(draw_tinted(0, 1), draw_tinted(1, 2), draw_tinted(2, 3)), 3, NULL);

    expect_tints(&file);
    free(file.data);
}

/* A name that begins at the other end, shifted names, another key. */
TEST(a_mosaic_is_shown_in_its_colours_however_its_header_counts)
{
    static const char *const headers[][4] = {
        { "BAYERPAT= 'RGGB    '" },
        { "BAYERPAT= 'GBRG    '" },
        { "COLORTYP= 'RGGB    '" },
        { "BAYERPAT= 'BGGR    '", "XBAYROFF=                    1",
          "YBAYROFF=                    1" },
    };

    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        sample file = frame_of(
            lay_mosaic(draw_tinted(0, 1), draw_tinted(1, 2), draw_tinted(2, 3)),
            1, headers[i]);

        expect_tints(&file);
        free(file.data);
    }
}

/* One pixel in the middle of each star, and a part of the frame. */
TEST(stars_keep_their_light_where_a_pixel_is_not_known)
{
    float *plane = draw(500, 2, 200, 1);
    double whole = 200 * 2 * M_PI * SIGMA * SIGMA;
    sample file;
    job_run run;

    for (int i = 0; i < FIELD_STARS; i++)
        plane[lrint(field_y(i)) * FIELD_WIDTH + lrint(field_x(i))] = NAN;
    for (int i = 0; i < 8; i++)
        memset(&plane[i * FIELD_WIDTH], 0xff, FIELD_WIDTH * sizeof(*plane));
    file = frame_of(plane, 1, NULL);
    expect_field(&file, 0);
    run = run_stars(file.data, file.size);
    for (uint32_t i = 0; i < run.answer.star_count; i++)
        CHECK_NEAR(run.stars[i].flux, whole, 0.25 * whole);
    run_free(&run);
    free(file.data);
}

TEST(holes_take_what_is_around_them_and_large_ones_stay_sky)
{
    enum { SIDE = 40 };
    float values[SIDE * SIDE];

    for (int i = 0; i < SIDE * SIDE; i++)
        values[i] = i % SIDE < 15 ? NAN : 7;
    for (int i = 0; i < 9; i++)
        values[(20 + i / 3) * SIDE + 25 + i % 3] = NAN;
    CHECK_EQ(holes_fill(values, SIDE, SIDE, 1), 0);
    for (int i = 0; i < SIDE * SIDE; i++)
        CHECK_EQ(values[i], i % SIDE < 15 ? 1 : 7);
}

/* What 8 bits would not show is searched on a scale that does. */
TEST(faint_stars_of_a_quiet_sky_are_found_in_16_bits)
{
    float *plane = draw(20, 0.14, 0.7, 5);
    uint16_t *pixels = malloc(2 * PIXELS);
    sample file;

    for (int i = 0; i < PIXELS; i++)
        pixels[i] = (uint16_t)lrintf(257 * plane[i]);
    file = encode_png(pixels, 2 * PIXELS, FIELD_WIDTH, FIELD_HEIGHT,
                      SPNG_COLOR_TYPE_GRAYSCALE, 16);
    expect_field(&file, 0);
    free(plane);
    free(pixels);
    free(file.data);
}

/* A seventh of a grey level of noise, and stars of one colour, ten times as
 * high. */
TEST(faint_stars_of_one_colour_are_found_in_16_bits)
{
    for (int colour = 0; colour < 3; colour += 2) {
        uint16_t *pixels = malloc(6 * PIXELS);
        float *planes[3];
        sample file;

        for (int c = 0; c < 3; c++)
            planes[c] = draw(20, 0.14, c == colour ? 1.4 : 0, 9 + (uint32_t)c);
        for (int i = 0; i < PIXELS; i++)
            for (int c = 0; c < 3; c++)
                pixels[3 * i + c] = (uint16_t)lrintf(257 * planes[c][i]);
        file = encode_png(pixels, 6 * PIXELS, FIELD_WIDTH, FIELD_HEIGHT,
                          SPNG_COLOR_TYPE_TRUECOLOR, 16);
        expect_field(&file, 0);
        for (int c = 0; c < 3; c++)
            free(planes[c]);
        free(pixels);
        free(file.data);
    }
}

/* A looked-up level is the one of the formula, or next to it. */
TEST(frames_are_shown_on_an_asinh_scale)
{
    float *plane = draw(500, 4, 3000, 1);
    float far[] = { -1e20f, NAN, 499, 1e4f, 1e12f, 1e28f };
    uint8_t *shown = malloc(PIXELS), ends[6];
    frame_stretch s;

    CHECK(frame_choose_stretch(plane, PIXELS, &s));
    frame_show(&s, plane, PIXELS, shown);
    for (int i = 0; i < PIXELS; i++) {
        float level = asinhf((plane[i] - s.black) / s.softening) / s.full;

        CHECK_NEAR(shown[i], 255 * fminf(fmaxf(level, 0), 1), 0.8);
    }
    frame_show(&s, far, 6, ends);
    CHECK(ends[0] == 0 && ends[1] == 0 && ends[2] > 0 && ends[3] == 255 &&
          ends[4] == 255 && ends[5] == 255);
    free(plane);
    free(shown);
}

static int count_saturated(float *plane, const char *const *cards)
{
    sample file = frame_of(plane, 1, cards);
    job_run run = run_stars(file.data, file.size);
    int others, count = 0;

    CHECK(count_true(&run, &others) >= FIELD_STARS - 1);
    for (uint32_t i = 0; i < run.answer.star_count; i++)
        count += (run.stars[i].flags & JOB_STAR_SATURATED) != 0;
    run_free(&run);
    free(file.data);
    return count;
}

/* Cut off at a height of their own, as 12 bits in a file of 16 are. */
TEST(stars_with_level_tops_are_saturated_whatever_the_type_holds)
{
    float *plane = draw(500, 4, 200, 1), *cut = draw(500, 4, 200, 1);

    for (int i = 0; i < 5; i++) {
        add_star(plane, field_x(i), field_y(i), 2000);
        add_star(cut, field_x(i), field_y(i), 2000);
    }
    for (int i = 0; i < PIXELS; i++)
        cut[i] = fminf(cut[i], 1500);
    CHECK_EQ(count_saturated(plane, NULL), 0);
    CHECK_NEAR(count_saturated(cut, NULL), 5, 1);
}

TEST(a_header_tells_where_stars_are_saturated_unless_it_cannot_be)
{
    static const char *const told[] = { "SATURATE=               1500.0",
                                        NULL };
    static const char *const wrong[] = { "SATURATE=                  1.0",
                                         NULL };

    for (int lies = 0; lies < 2; lies++) {
        float *plane = draw(500, 4, 200, 1);

        for (int i = 0; i < 5; i++)
            add_star(plane, field_x(i), field_y(i), 2000);
        CHECK_NEAR(count_saturated(plane, lies ? wrong : told), lies ? 0 : 5,
                   lies ? 0 : 1);
    }
}

/* Each colour is cut off at another height above its sky. */
TEST(saturated_stars_of_a_mosaic_are_flagged)
{
    static const char *const told[] = { "BAYERPAT= 'RGGB    '", NULL };
    float *colours[3] = { draw(900, 6, 90, 1), draw(2000, 9, 150, 2),
                          draw(400, 5, 60, 3) };
    float *mosaic;

    for (int i = 0; i < 5; i++)
        for (int c = 0; c < 3; c++)
            add_star(colours[c], field_x(i), field_y(i), 20000);
    mosaic = lay_mosaic(colours[0], colours[1], colours[2]);
    for (int i = 0; i < PIXELS; i++)
        mosaic[i] = fminf(mosaic[i], 4095);
    CHECK_NEAR(count_saturated(mosaic, told), 5, 1);
}

/* On a slope each pixel is above the one before it, and there is no mosaic. */
TEST(a_slope_is_no_mosaic)
{
    float slope[40 * 40], before[40 * 40];

    for (int i = 0; i < 40 * 40; i++)
        slope[i] = before[i] = (float)(3 * (i % 40) + 5 * (i / 40));
    mosaic_even_out(slope, 40, 40);
    CHECK_EQ(memcmp(slope, before, sizeof slope), 0);
}
