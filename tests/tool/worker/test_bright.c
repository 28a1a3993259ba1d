/* What is white: stars that a picture cut off, and letters. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "drawn.h"
#include "support/test.h"
#include "worker/stars/cut_off.h"
#include "worker/stars/strokes.h"

static void add_light(float *light, int x, int y, double more)
{
    float *at = &light[y * WIDTH + x];

    *at = (float)fmin((double)*at + more, 255);
}

/* As in a picture that was shrunk and sharpened: the disc ends within a pixel,
 * and a JPEG has broken the spikes into pieces. */
static void draw_crisp_star(float *light, int cx, int cy)
{
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) {
            double dx = x - cx, dy = y - cy, r = hypot(dx, dy);
            double along = fmax(fabs(dx), fabs(dy));
            double across = fmin(fabs(dx), fabs(dy));
            double piece = 0.5 + 0.5 * cos(along * 2 * M_PI / 6);

            add_light(light, x, y, 300 / (1 + exp(3 * (r - 3.2))));
            add_light(light, x, y, 30 * exp(-r / 14));
            add_light(light, x, y,
                      90 * exp(-across * across) * exp(-along / 25) *
                          (0.35 + 0.65 * piece));
        }
}

TEST(a_crisp_star_and_its_spikes_are_one_star)
{
    float *light = draw_field();
    detections found;
    workspace ws;

    draw_crisp_star(light, 120, 110);
    found = find(light, &ws);
    CHECK_EQ(count_near(&found, 120, 110, 0.7), 1);
    for (int away = 12; away < 60; away++) {
        int rays[4][2] = { { 1, 0 }, { -1, 0 }, { 0, 1 }, { 0, -1 } };

        for (int k = 0; k < 4; k++)
            CHECK_EQ(count_near(&found, 120 + away * rays[k][0],
                                110 + away * rays[k][1], 0.8),
                     0);
    }
    workspace_fini(&ws);
    free(light);
}

/* A stroke as soft as a star is, from one place to another. */
static void draw_stroke(float *light, double x, double y, double u, double v)
{
    double length = hypot(u - x, v - y);

    for (int j = 0; j < HEIGHT; j++)
        for (int i = 0; i < WIDTH; i++) {
            double t =
                ((i - x) * (u - x) + (j - y) * (v - y)) / (length * length);
            double near = fmin(fmax(t, 0), 1);
            double away = hypot(i - x - near * (u - x), j - y - near * (v - y));
            float *at = &light[j * WIDTH + i];

            *at = (float)fmax((double)*at, 255 * exp(-away * away / 1.3));
        }
}

/* "EAE", as large as captions of large pictures are: of 24 ends, corners and
 * crossings one may pass. */
TEST(thin_white_letters_are_no_stars)
{
    static const double e[][4] = {
        { 0, 0, 0, 22 }, { 0, 0, 13, 0 }, { 0, 11, 9, 11 }, { 0, 22, 13, 22 }
    };
    static const double a[][4] = { { 8, 0, 0, 22 },
                                   { 8, 0, 16, 22 },
                                   { 3, 14, 13, 14 } };
    float *light = draw_field();
    detections found;
    int taken = 0;
    workspace ws;

    for (int k = 0; k < 4; k++)
        for (int letter = 0; letter < 2; letter++)
            draw_stroke(light, e[k][0] + 50 + 60 * letter, e[k][1] + 196,
                        e[k][2] + 50 + 60 * letter, e[k][3] + 196);
    for (int k = 0; k < 3; k++)
        draw_stroke(light, a[k][0] + 76, a[k][1] + 196, a[k][2] + 76,
                    a[k][3] + 196);
    found = find(light, &ws);
    for (uint32_t i = 0; i < found.count; i++) {
        const job_star *star = &found.stars[i];

        taken += star->peak > 200 && star->x > 46 && star->x < 128 &&
                 star->y > 192 && star->y < 222;
    }
    CHECK(taken <= 1);
    workspace_fini(&ws);
    free(light);
}

static candidate peak_at(float x, float y)
{
    return (candidate){ .z = 20, .fit = { .x = x, .y = y, .level = 23 } };
}

/* Whether a white star at 131, 110 passes for the dot of a letter beside what
 * has peaks at 124, 108 and 124, 112. */
static bool is_dot(float *light)
{
    light_map map = { light, WIDTH, HEIGHT };
    candidate list[] = { peak_at(124, 108), peak_at(124, 112),
                         peak_at(131, 110) };
    uint32_t strokes;

    add_star(light, 131, 110, 400, 1);
    CHECK_EQ(strokes_refuse(&map, list, 3, 2, true, &strokes), 0);
    return list[2].fault == FAULT_STROKE;
}

TEST(a_star_beside_the_flanks_of_a_brighter_one_is_no_dot_of_a_letter)
{
    float *light = draw_field();

    add_star(light, 120, 110, 400, 2.2);
    CHECK(!is_dot(light));
    free(light);

    light = draw_field();
    for (int y = 98; y < 122; y++)
        for (int x = 123; x < 126; x++)
            light[y * WIDTH + x] = 255;
    CHECK(is_dot(light));
    free(light);
}

/* Rows of stars that touch are as long, flat and crisp as strokes are. */
TEST(white_stars_of_a_cluster_are_no_dots_of_letters)
{
    static const double stars[][2] = {
        { 131, 104 }, { 132, 119 }, { 108, 117 }, { 109, 103 }
    };
    float *light = draw_field();
    detections found;
    workspace ws;

    int listed = 0;

    for (int k = 0; k < 5; k++) {
        add_star(light, 113 + 2.8 * k, 109 + 0.3 * k, 500, 1.4);
        add_star(light, 113 + 2.8 * k, 122 - 0.4 * k, 500, 1.4);
    }
    for (int k = 0; k < 4; k++)
        add_star(light, stars[k][0], stars[k][1], 300, 1.4);
    found = find(light, &ws);
    for (int k = 0; k < 4; k++)
        listed += count_near(&found, stars[k][0], stars[k][1], 1);
    CHECK(listed >= 2);
    workspace_fini(&ws);
    free(light);
}

/* Two stars of two by two pixels, as large as a place of colour in most JPEGs;
 * the second has all of its blue. */
TEST(a_star_with_one_colour_at_its_end_is_flagged)
{
    enum { SIDE = 32 };
    static uint8_t pixels[SIDE * SIDE * 3];
    job_star stars[] = { { .x = 8, .y = 8 }, { .x = 20.3f, .y = 19.8f } };
    workspace ws;
    picture p;

    for (int i = 0; i < 4; i++) {
        int x = i % 2, y = i / 2;

        memcpy(&pixels[((8 + y) * SIDE + 8 + x) * 3],
               (uint8_t[]){ 240, 240, 240 }, 3);
        memcpy(&pixels[((20 + y) * SIDE + 20 + x) * 3],
               (uint8_t[]){ 40, 60, 255 }, 3);
    }
    CHECK_EQ(workspace_init(&ws), 0);
    picture_reset(&p);
    picture_hold_pixels(&p, SIDE, SIDE, pixels, 3, false);
    cut_off_flag(&p, stars, 2);
    CHECK_EQ(stars[0].flags, 0);
    CHECK_EQ(stars[1].flags, JOB_STAR_SATURATED);

    stars[1].flags = 0;
    CHECK_EQ(picture_need_planes(&p, &ws), 0);
    p.pixels = NULL;
    cut_off_flag(&p, stars, 2);
    CHECK_EQ(stars[0].flags, 0);
    CHECK_EQ(stars[1].flags, JOB_STAR_SATURATED);

    stars[1].flags = 0;
    p.linear = true;
    cut_off_flag(&p, stars, 2);
    CHECK_EQ(stars[1].flags, 0);
    workspace_fini(&ws);
}
