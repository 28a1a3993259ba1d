/* Each step of the finder on a picture that is drawn for it: a sky with a few
 * plain stars, and the one thing that the step is there for. */
#include <math.h>
#include <stdlib.h>

#include "samples.h"
#include "support/test.h"
#include "worker/detect.h"
#include "worker/filter.h"
#include "worker/noise_map.h"

enum { WIDTH = FIELD_WIDTH, HEIGHT = FIELD_HEIGHT };

static float *draw_field(void)
{
    double *field = sample_field();
    float *light = malloc(WIDTH * HEIGHT * sizeof(*light));

    for (int i = 0; i < WIDTH * HEIGHT; i++)
        light[i] = (float)field[i];
    free(field);
    return light;
}

static void add_star(float *light, double x, double y, double height,
                     double sigma)
{
    for (int j = 0; j < HEIGHT; j++)
        for (int i = 0; i < WIDTH; i++) {
            double r2 = (i - x) * (i - x) + (j - y) * (j - y);
            double value =
                light[j * WIDTH + i] + height * exp(-r2 / (2 * sigma * sigma));

            light[j * WIDTH + i] = (float)fmin(value, 255);
        }
}

static detections find(float *light, workspace *ws)
{
    detect_options options = { .detector = JOB_DETECTOR_OWN,
                               .width = WIDTH,
                               .height = HEIGHT,
                               .noise_floor = 0.3f,
                               .saturation = 250,
                               .stars_max = 1000 };
    detections found;

    CHECK_EQ(workspace_init(ws), 0);
    CHECK_EQ(detect_stars(light, &options, ws, &found), 0);
    return found;
}

static int count_near(const detections *found, double x, double y, double reach)
{
    int n = 0;

    for (uint32_t i = 0; i < found->count; i++)
        n += hypot(found->stars[i].x - x, found->stars[i].y - y) < reach;
    return n;
}

TEST(the_filter_is_blind_to_slopes)
{
    float *slope = malloc(WIDTH * HEIGHT * sizeof(*slope));
    float *out = malloc(WIDTH * HEIGHT * sizeof(*out));
    light_map map = { slope, WIDTH, HEIGHT };
    workspace ws;

    for (int i = 0; i < WIDTH * HEIGHT; i++)
        slope[i] = 0.3f * (float)(i % WIDTH) + 0.2f * (float)(i / WIDTH);
    CHECK_EQ(workspace_init(&ws), 0);
    for (float sigma = 0.6f; sigma < 5; sigma += 0.9f) {
        CHECK_EQ(filter_zero_sum(&map, sigma, out, &ws), 0);
        for (int y = 50; y < HEIGHT - 50; y++)
            for (int x = 50; x < WIDTH - 50; x++)
                CHECK(fabsf(out[y * WIDTH + x]) < 0.05f);
    }
    workspace_fini(&ws);
    free(out);
    free(slope);
}

TEST(noise_is_known_by_place)
{
    float *values = malloc(WIDTH * HEIGHT * sizeof(*values));
    light_map map = { values, WIDTH, HEIGHT };
    float row[WIDTH];
    noise_map noise;

    /* Five times as noisy on the right: a saw's lower 16 % lie 0.34 of its
     * height below the middle. */
    for (int i = 0; i < WIDTH * HEIGHT; i++)
        values[i] =
            (float)((i * 7919) % 1009) / 1009 * (i % WIDTH < WIDTH / 2 ? 1 : 5);
    CHECK_EQ(noise_map_make(&map, 0.01f, &noise), 0);
    CHECK_NEAR(noise_map_at(&noise, 40, 120), 0.34, 0.08);
    CHECK_NEAR(noise_map_at(&noise, 280, 120), 1.7, 0.4);
    noise_map_row(&noise, 120, row, WIDTH);
    for (int x = 0; x < WIDTH; x++)
        CHECK_NEAR(row[x], noise_map_at(&noise, (float)x, 120), 1e-3);
    noise_map_free(&noise);
    free(values);
}

TEST(a_faint_star_beside_a_bright_one_is_found)
{
    float *light = draw_field();
    double x = field_x(0) + 25, y = field_y(0) + 14;
    detections found;
    workspace ws;

    add_star(light, x, y, 160, 1.4);
    add_star(light, x + 4.5, y, 30, 1.4);
    found = find(light, &ws);
    CHECK_EQ(count_near(&found, x, y, 1), 1);
    CHECK_EQ(count_near(&found, x + 4.5, y, 1), 1);
    workspace_fini(&ws);
    free(light);
}

TEST(a_saturated_disc_is_one_star)
{
    float *light = draw_field();
    detections found;
    workspace ws;

    add_star(light, 100.3, 120.6, 4000, 4.5);
    found = find(light, &ws);
    CHECK_EQ(count_near(&found, 100.3, 120.6, 14), 1);
    CHECK_EQ(count_near(&found, 100.3, 120.6, 0.7), 1);
    CHECK(found.stars[0].flags & JOB_STAR_SATURATED);
    workspace_fini(&ws);
    free(light);
}

TEST(letters_are_no_stars)
{
    float *light = draw_field();
    detections found, plain;
    float *sky = draw_field();
    workspace ws, other;

    /* E, written seven times. */
    for (int letter = 0; letter < 7; letter++)
        for (int j = 0; j < 15; j++)
            for (int i = 0; i < 9; i++)
                if (i < 2 || j % 7 < 2)
                    light[(205 + j) * WIDTH + 60 + 14 * letter + i] = 240;
    plain = find(sky, &other);
    found = find(light, &ws);
    CHECK(found.count <= plain.count + 1);
    CHECK(found.count + 6 >= plain.count);
    workspace_fini(&ws);
    workspace_fini(&other);
    free(sky);
    free(light);
}

TEST(as_many_dark_spots_as_bright_ones_are_no_sky)
{
    float *light = draw_field();
    detections found;
    workspace ws;

    for (int i = 0; i < 30; i++)
        add_star(light, 12 + (i * 53) % 296, 9 + (i * 31) % 222, -18, 1.4);
    found = find(light, &ws);
    CHECK_EQ(found.no_star_field, JOB_FIELD_TEXTURE);
    CHECK_EQ(found.count, 0);
    workspace_fini(&ws);
    free(light);
}
