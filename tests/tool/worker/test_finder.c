/* Each step of the finder on a picture that is drawn for it: a sky with a few
 * plain stars, and the one thing that the step is there for. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "drawn.h"
#include "support/test.h"
#include "worker/stars/detect.h"
#include "worker/stars/filter.h"
#include "worker/light/noise_map.h"
#include "worker/light/rank.h"
#include "worker/stars/rings.h"
#include "worker/stars/roughness.h"

TEST(the_filter_is_blind_to_slopes)
{
    float *slope = malloc(WIDTH * HEIGHT * sizeof(*slope));
    light_map map = { slope, WIDTH, HEIGHT };
    filtered_map out;
    workspace ws;

    for (int i = 0; i < WIDTH * HEIGHT; i++)
        slope[i] = 0.3f * (float)(i % WIDTH) + 0.2f * (float)(i / WIDTH);
    CHECK_EQ(workspace_init(&ws), 0);
    for (float sigma = 0.6f; sigma < 5; sigma += 0.9f) {
        CHECK_EQ(filter_zero_sum(&map, sigma, 2.5f, NULL, 0, &ws, &out), 0);
        for (int y = 50; y < HEIGHT - 50; y++)
            for (int x = 50; x < WIDTH - 50; x++)
                CHECK(fabsf(out.values[y * WIDTH + x]) < 0.05f);
    }
    workspace_fini(&ws);
    free(slope);
}

/* What the filter stands for, written down without any thought of speed. */
static double plain_gaussian(const float *light, int cx, int cy, double sigma)
{
    int reach = (int)ceil(5 * sigma);
    double sum = 0, weights = 0;

    for (int y = cy - reach; y <= cy + reach; y++)
        for (int x = cx - reach; x <= cx + reach; x++) {
            double r2 = (x - cx) * (x - cx) + (y - cy) * (y - cy);
            double weight = exp(-r2 / (2 * sigma * sigma));

            sum += weight * (double)light[y * WIDTH + x];
            weights += weight;
        }
    return sum / weights;
}

TEST(the_filter_is_the_difference_of_two_gaussians)
{
    float *light = draw_field();
    light_map map = { light, WIDTH, HEIGHT };
    filtered_map out;
    workspace ws;

    CHECK_EQ(workspace_init(&ws), 0);
    for (float sigma = 0.8f; sigma < 3.5f; sigma += 1.3f) {
        CHECK_EQ(filter_zero_sum(&map, sigma, 2.5f, NULL, 0, &ws, &out), 0);
        for (int i = 0; i < 60; i++) {
            int x = 45 + i * 37 % (WIDTH - 90), y = 45 + i * 23 % (HEIGHT - 90);
            double wide = 2.5 * (double)sigma;

            CHECK_NEAR(out.values[y * WIDTH + x],
                       plain_gaussian(light, x, y, (double)sigma) -
                           plain_gaussian(light, x, y, wide),
                       0.35 + 0.06 * (double)fabsf(out.values[y * WIDTH + x]));
        }
    }
    workspace_fini(&ws);
    free(light);
}

/* A part made anew is what the whole would be. */
TEST(a_part_is_filtered_like_the_whole)
{
    float *light = draw_field(), *whole;
    light_map map = { light, WIDTH, HEIGHT };
    filtered_map out;
    tiles part;
    workspace ws;

    CHECK_EQ(workspace_init(&ws), 0);
    CHECK_EQ(tiles_init(&part, WIDTH, HEIGHT), 0);
    add_star(light, 250, 200, 90, 1.4);
    CHECK_EQ(filter_zero_sum(&map, 1.2f, 2.5f, NULL, 0, &ws, &out), 0);
    whole = malloc(WIDTH * HEIGHT * sizeof(*whole));
    memcpy(whole, out.values, WIDTH * HEIGHT * sizeof(*whole));
    add_star(light, 250, 200, -90, 1.4);
    CHECK_EQ(filter_zero_sum(&map, 1.2f, 2.5f, NULL, 0, &ws, &out), 0);
    CHECK(fabsf(out.values[200 * WIDTH + 250] - whole[200 * WIDTH + 250]) > 9);
    add_star(light, 250, 200, 90, 1.4);
    tiles_mark(&part, (tile_area){ 230, 180, 271, 221 });
    CHECK_EQ(part.marked, 4);
    CHECK_EQ(filter_zero_sum(&map, 1.2f, 2.5f, &part, 12, &ws, &out), 0);
    CHECK_EQ(part.marked, 4);
    for (int i = 0; i < WIDTH * HEIGHT; i++)
        CHECK_NEAR(out.values[i], whole[i], 1e-3);
    free(whole);
    tiles_fini(&part);
    workspace_fini(&ws);
    free(light);
}

TEST(noise_is_known_by_place)
{
    float *values = malloc(WIDTH * HEIGHT * sizeof(*values));
    light_map map = { values, WIDTH, HEIGHT };
    noise_map noise;

    /* Five times as noisy on the right: a saw's lower 16 % lie 0.34 of its
     * height below the middle. */
    for (int i = 0; i < WIDTH * HEIGHT; i++)
        values[i] =
            (float)((i * 7919) % 1009) / 1009 * (i % WIDTH < WIDTH / 2 ? 1 : 5);
    CHECK_EQ(noise_map_make(&map, 0.01f, NULL, &noise), 0);
    CHECK_NEAR(noise_map_at(&noise, 40, 120), 0.34, 0.08);
    CHECK_NEAR(noise_map_at(&noise, 280, 120), 1.7, 0.4);
    for (int x = 0; x < WIDTH; x++)
        CHECK(noise_map_at(&noise, (float)x, 120) >=
              noise_map_least(&noise, x / TILE_PX, 120 / TILE_PX));
    noise_map_free(&noise);
    free(values);
}

TEST(ranks_of_few_values_are_those_of_sorting)
{
    float values[RANK_FEW_MAX], sorted[RANK_FEW_MAX];

    for (int count = 1; count <= RANK_FEW_MAX; count++) {
        /* With many that are equal, and each at every rank. */
        for (int i = 0; i < count; i++)
            values[i] = (float)(i * 7919 % 31 - 15) * 0.37f;
        memcpy(sorted, values, sizeof(sorted));
        for (int k = 0; k < count; k++) {
            float found;

            rank_select_few(values, count, &k, 1, &found);
            CHECK_EQ(found, rank_select(sorted, count, k));
        }
    }
}

/* Areas of a walk cover each marked tile once and no other. */
TEST(a_walk_meets_every_marked_tile_once)
{
    enum { SIDE = 1000 };
    unsigned char *seen = calloc(SIDE * SIDE, 1);
    tile_walk walk = { 0 };
    tile_area area;
    tiles t;

    CHECK_EQ(tiles_init(&t, SIDE, SIDE), 0);
    for (int i = 0; i < 60; i++)
        tiles_mark(&t, (tile_area){ i * 173 % 1000 - 20, i * 311 % 1000 - 30,
                                    i * 173 % 1000 + 40, i * 311 % 1000 + 50 });
    while (tiles_next(&t, &walk, &area))
        for (int y = area.y0; y < area.y1; y++)
            for (int x = area.x0; x < area.x1; x++)
                seen[y * SIDE + x]++;
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++)
            CHECK_EQ(seen[y * SIDE + x], tiles_has(&t, x, y));
    tiles_fini(&t);
    free(seen);
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

static const job_star *nearest(const detections *found, double x, double y)
{
    const job_star *best = &found->stars[0];

    for (uint32_t i = 1; i < found->count; i++)
        if (hypot(found->stars[i].x - x, found->stars[i].y - y) <
            hypot(best->x - x, best->y - y))
            best = &found->stars[i];
    return best;
}

TEST(stars_that_touch_do_not_pull_each_other)
{
    const double places[][2] = {
        { 38.2, 100.4 }, { 41.7, 101.1 }, { 150.5, 135.3 }, { 148.1, 132.8 }
    };
    const double heights[] = { 130, 90, 70, 140 };
    float *light = draw_field();
    detections found;
    workspace ws;

    for (int i = 0; i < 4; i++)
        add_star(light, places[i][0], places[i][1], heights[i], 1.4);
    found = find(light, &ws);
    for (int i = 0; i < 4; i++) {
        const job_star *star = nearest(&found, places[i][0], places[i][1]);

        CHECK_NEAR(star->x, places[i][0], 0.12);
        CHECK_NEAR(star->y, places[i][1], 0.12);
        /* The fainter one of each pair has a tenth of the other's light. */
        CHECK_EQ(star->flags & JOB_STAR_BLENDED,
                 heights[i] < 100 ? JOB_STAR_BLENDED : 0);
    }
    workspace_fini(&ws);
    free(light);
}

/* In a frame of a camera there is no 255. */
static void add_frame_star(float *light, double x, double y, double height)
{
    for (int j = 0; j < HEIGHT; j++)
        for (int i = 0; i < WIDTH; i++) {
            double r2 = (i - x) * (i - x) + (j - y) * (j - y);

            light[j * WIDTH + i] += (float)(height * exp(-r2 / (2 * 1.96)));
        }
}

TEST(light_of_a_frame_is_not_that_of_neighbours)
{
    const double places[][3] = { { 38.2, 100.4, 900 },
                                 { 43.1, 101.2, 900 },
                                 { 150.5, 135.3, 300 },
                                 { 146.7, 131.9, 900 } };
    detect_options options = { .detector = JOB_DETECTOR_OWN,
                               .width = WIDTH,
                               .height = HEIGHT,
                               .noise_floor = 0.3f,
                               .saturation = INFINITY,
                               .linear = true,
                               .stars_max = 1000 };
    float *light = draw_field();
    detections found;
    workspace ws;

    for (int i = 0; i < 4; i++)
        add_frame_star(light, places[i][0], places[i][1], places[i][2]);
    CHECK_EQ(workspace_init(&ws), 0);
    CHECK_EQ(detect_stars(light, &options, &ws, &found), 0);
    for (int i = 0; i < 4; i++) {
        const job_star *star = nearest(&found, places[i][0], places[i][1]);
        double flux = places[i][2] * 2 * M_PI * 1.96;

        CHECK_NEAR(star->x, places[i][0], 0.1);
        CHECK_NEAR(star->y, places[i][1], 0.1);
        CHECK_NEAR((double)star->flux / flux, 1, 0.08);
    }
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

/* Twice as wide as others, and no top is level. */
TEST(a_star_that_a_stretch_made_wide_is_told_from_a_galaxy_by_its_height)
{
    for (int bright = 0; bright < 2; bright++) {
        float *light = draw_field();
        detections found;
        workspace ws;

        add_star(light, 100.3, 120.6, bright ? 205 : 70, 2.8);
        found = find(light, &ws);
        CHECK_EQ(count_near(&found, 100.3, 120.6, 2), bright);
        workspace_fini(&ws);
        free(light);
    }
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

TEST(what_is_wider_than_stars_is_listed_on_demand)
{
    detect_options options = { .width = WIDTH,
                               .height = HEIGHT,
                               .noise_floor = 0.3f,
                               .saturation = 250,
                               .stars_max = 1000 };
    double x = field_x(3) + 30, y = field_y(3) + 16;
    workspace ws;

    CHECK_EQ(workspace_init(&ws), 0);
    for (int keep = 0; keep < 2; keep++) {
        float *light = draw_field();
        detections found;
        bool flagged = false;

        options.keep_wide = keep;
        add_star(light, x, y, 70, 3.2);
        CHECK_EQ(detect_stars(light, &options, &ws, &found), 0);
        CHECK_EQ(count_near(&found, x, y, 2), keep);
        for (uint32_t i = 0; i < found.count; i++)
            flagged |= (found.stars[i].flags & JOB_STAR_WIDE) != 0;
        CHECK_EQ(flagged, keep);
        free(light);
    }
    workspace_fini(&ws);
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

/* Clouds are rough; noise is not, and neither are an encoder's squares. */
TEST(roughness_tells_clouds_from_noise_and_from_squares)
{
    enum { NOISE, CLOUDS, SQUARES, KINDS };
    float *light = malloc(WIDTH * HEIGHT * sizeof(*light)), rough[KINDS];
    light_map map = { light, WIDTH, HEIGHT };
    filtered_map filtered;
    noise_map noise;
    workspace ws;

    CHECK_EQ(workspace_init(&ws), 0);
    for (int kind = 0; kind < KINDS; kind++) {
        uint32_t state = 1;

        for (int y = 0; y < HEIGHT; y++)
            for (int x = 0; x < WIDTH; x++) {
                float *v = &light[y * WIDTH + x];

                state = state * 1664525 + 1013904223;
                *v = 50 + (float)(state >> 16) / 32768;
                if (kind == CLOUDS)
                    *v += 3 * sinf((float)x * 0.9f) * sinf((float)y * 0.8f);
                if (kind == SQUARES)
                    *v += (float)((x / 8 * 7 + y / 8 * 5) % 11);
            }
        CHECK_EQ(filter_zero_sum(&map, 1, 2.5f, NULL, 0, &ws, &filtered), 0);
        CHECK_EQ(noise_map_make(&filtered.map, 0.01f, NULL, &noise), 0);
        rough[kind] = roughness_of(&map, &noise, 1, 0.58f);
        noise_map_free(&noise);
    }
    CHECK(rough[NOISE] < 0.2f);
    CHECK(rough[CLOUDS] > 0.8f);
    CHECK(rough[SQUARES] < 0.2f);
    workspace_fini(&ws);
    free(light);
}

/* What was rounded to nothing is flat, and what was cut off is black. */
TEST(roughness_knows_flat_and_black_parts)
{
    float *light = malloc(WIDTH * HEIGHT * sizeof(*light));
    light_map map = { light, WIDTH, HEIGHT };

    for (int i = 0; i < WIDTH * HEIGHT; i++)
        light[i] = i % WIDTH < WIDTH / 4 ? 1 : (float)(20 + i % 3);
    CHECK(roughness_flat(&map, 20, 40) > 0.99f);
    CHECK(roughness_flat(&map, WIDTH - 20, 40) < 0.01f);
    CHECK(roughness_flat(&map, -3, HEIGHT + 2) > 0.99f);
    CHECK(fabsf(roughness_black(&map) - 0.25f) < 0.01f);
    free(light);
}

enum { RING_MEAN, RING_LEAST, RING_MOST, RING_UNEVEN, RING_SLOPE, RING_RIDGE };

/* Of ring number `ring`, 1 .. RINGS - 1. */
static float ring_term(const float *terms, int ring, int term)
{
    return terms[1 + 6 * (ring - 1) + term];
}

/* A star is the same on all sides, wherever on its pixels it lies; beside a
 * cloud it stands on a slope, and on a thread on a ridge. */
TEST(rings_tell_a_star_from_slopes_and_threads)
{
    enum { STAR, CLOUD, THREAD, KINDS };
    float *light = malloc(WIDTH * HEIGHT * sizeof(*light));
    light_map map = { light, WIDTH, HEIGHT };
    float terms[KINDS][RINGS_TERMS];

    for (int kind = 0; kind < KINDS; kind++) {
        rings_place place = { .x = 80.3f,
                              .y = 90.6f,
                              .size = 1.3f,
                              .sign = 1,
                              .level = 50,
                              .height = 40,
                              .noise = 1 };

        for (int i = 0; i < WIDTH * HEIGHT; i++) {
            float x = (float)(i % WIDTH) - place.x;

            light[i] = 50;
            if (kind == CLOUD)
                light[i] += 5 * x;
            if (kind == THREAD)
                light[i] += 30 * expf(-x * x / 2);
        }
        add_star(light, (double)place.x, (double)place.y, 40, 1.3);
        rings_measure(&map, &place, terms[kind]);
    }
    for (int ring = 1; ring < RINGS; ring++) {
        CHECK(ring_term(terms[STAR], ring, RING_SLOPE) < 0.15f);
        CHECK(ring_term(terms[STAR], ring, RING_RIDGE) < 0.15f);
        CHECK(ring_term(terms[STAR], ring, RING_MEAN) <=
              ring_term(terms[STAR], ring - (ring > 1), RING_MEAN));
        CHECK(ring_term(terms[STAR], ring, RING_LEAST) <=
              ring_term(terms[STAR], ring, RING_MOST));
    }
    CHECK(ring_term(terms[CLOUD], 3, RING_SLOPE) >
          3 * ring_term(terms[STAR], 3, RING_SLOPE) + 0.3f);
    CHECK(ring_term(terms[THREAD], 5, RING_RIDGE) >
          3 * ring_term(terms[STAR], 5, RING_RIDGE) + 0.3f);
    CHECK(ring_term(terms[THREAD], 8, RING_UNEVEN) >
          ring_term(terms[STAR], 8, RING_UNEVEN) + 1);
    free(light);
}

/* The brightest star of a frame is wider than all others once it is shown. */
TEST(the_brightest_star_of_a_frame_is_not_lost)
{
    float *light = draw_field();
    detect_options options = { .width = WIDTH,
                               .height = HEIGHT,
                               .noise_floor = 0.01f,
                               .saturation = INFINITY,
                               .linear = true,
                               .stars_max = 1000 };
    detections found;
    workspace ws;

    /* Not add_star(), which knows no more than 255. */
    for (int j = 0; j < HEIGHT; j++)
        for (int i = 0; i < WIDTH; i++)
            light[j * WIDTH + i] +=
                90000 *
                expf(-((float)((i - 171) * (i - 171) + (j - 133) * (j - 133))) /
                     (2 * 1.4f * 1.4f));
    CHECK_EQ(workspace_init(&ws), 0);
    CHECK_EQ(detect_stars(light, &options, &ws, &found), 0);
    CHECK_EQ(count_near(&found, 171, 133, 8), 1);
    CHECK_EQ(count_near(&found, 171, 133, 0.3), 1);
    CHECK_EQ(found.stars[0].flags, 0);
    CHECK_NEAR(found.stars[0].fwhm, 3.3, 0.2);
    workspace_fini(&ws);
    free(light);
}

enum { SPOTS = 96, SPOTS_A_ROW = 12 };

/* Draw a star, a faint point or, of the first `galaxies` thirds, a galaxy on
 * each spot. Which are galaxies does not follow from their heights. */
static float *draw_spots(int galaxies)
{
    float *light = malloc(WIDTH * HEIGHT * sizeof(*light));
    uint64_t state = 5;

    for (int i = 0; i < WIDTH * HEIGHT; i++) {
        light[i] = 14;
        for (int k = 0; k < 12; k++) { /* nearly normal, deviation 1.5 */
            state = state * 6364136223846793005u + 1442695040888963407u;
            light[i] += 1.5f * (float)(state >> 40) / (1 << 24);
        }
    }
    for (int i = 0; i < SPOTS; i++) {
        double x = 16 + 26 * (i % SPOTS_A_ROW) + 0.1 * (i % 7);
        double y = 16 + 29 * (i / SPOTS_A_ROW) + 0.1 * (i % 5);
        double height = 30 + 13 * (i % 11);

        if (i % 9 == 4)
            add_star(light, x, y, 6, 1.4);
        else if (i % 3 == 0 && i / 3 < galaxies)
            add_star(light, x, y, height, 2.2 * pow(2, i % 8 / 8.0));
        else
            add_star(light, x, y, height, 1.4);
    }
    return light;
}

static uint32_t faint_ones_among(int galaxies)
{
    float *light = draw_spots(galaxies);
    uint32_t faint = 0, i;
    detections found;
    workspace ws;

    found = find(light, &ws);
    for (i = 0; i < found.count; i++)
        faint += found.stars[i].peak < 12;
    CHECK(found.count - faint >= 40);
    workspace_fini(&ws);
    free(light);
    return faint;
}

TEST(faint_points_count_for_stars_unless_galaxies_abound)
{
    CHECK(faint_ones_among(0) >= 8);
    CHECK(faint_ones_among(8) >= 8);
    CHECK(faint_ones_among(32) <= 2);
}
