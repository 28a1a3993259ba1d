/* Clusters: stars that share a peak, and what tells them apart. */
#include <math.h>
#include <stdlib.h>

#include "samples.h"
#include "support/test.h"
#include "worker/stars/blend.h"
#include "worker/stars/detect.h"
#include "worker/stars/unstretch.h"

enum { WIDTH = FIELD_WIDTH, HEIGHT = FIELD_HEIGHT };

#define SIGMA 1.4

/* A small cluster, every other star of which is two on one peak. */
enum { CLUSTER_SIDE = 5, CLUSTER_STARS = CLUSTER_SIDE * CLUSTER_SIDE };

typedef struct cluster_star {
    double x, y, height;
} cluster_star;

static int place_cluster(double height, cluster_star stars[2 * CLUSTER_STARS])
{
    int n = 0;

    for (int i = 0; i < CLUSTER_STARS; i++) {
        double x = 109.3 + 9.3 * (i % CLUSTER_SIDE);
        double y = 94.2 + 9.1 * (i / CLUSTER_SIDE), turn = 0.7 * i;

        stars[n++] = (cluster_star){ x, y, height };
        if (i % 2 == 1)
            stars[n++] = (cluster_star){ x + 2.3 * cos(turn),
                                         y + 2.3 * sin(turn), 0.8 * height };
    }
    return n;
}

/* The sample field with the cluster, up to a level. */
static float *draw_cluster(const cluster_star *stars, int count, double most)
{
    double *field = sample_field();
    float *light = malloc(WIDTH * HEIGHT * sizeof(*light));

    for (int i = 0; i < WIDTH * HEIGHT; i++) {
        double value = field[i];

        for (int k = 0; k < count; k++) {
            double dx = i % WIDTH - stars[k].x, dy = i / WIDTH - stars[k].y;

            value += stars[k].height *
                     exp(-(dx * dx + dy * dy) / (2 * SIGMA * SIGMA));
        }
        light[i] = (float)fmin(value, most);
    }
    free(field);
    return light;
}

static detections find(float *light, bool is_frame, workspace *ws)
{
    detect_options options = { .detector = JOB_DETECTOR_OWN,
                               .width = WIDTH,
                               .height = HEIGHT,
                               .noise_floor = 0.3f,
                               .saturation = is_frame ? INFINITY : 250,
                               .linear = is_frame,
                               .stars_max = 1000 };
    detections found;

    CHECK_EQ(workspace_init(ws), 0);
    CHECK_EQ(detect_stars(light, &options, ws, &found), 0);
    return found;
}

static const job_star *nearest(const detections *found, const cluster_star *to)
{
    const job_star *best = &found->stars[0];

    for (uint32_t i = 1; i < found->count; i++)
        if (hypot(found->stars[i].x - to->x, found->stars[i].y - to->y) <
            hypot(best->x - to->x, best->y - to->y))
            best = &found->stars[i];
    return best;
}

TEST(stars_that_share_a_peak_are_told_apart_in_a_crowd)
{
    cluster_star stars[2 * CLUSTER_STARS];
    int n = place_cluster(90, stars);
    float *light = draw_cluster(stars, n, 255);
    workspace ws;
    detections found = find(light, false, &ws);

    for (int i = 0; i < n; i++) {
        const job_star *star = nearest(&found, &stars[i]);

        CHECK_NEAR(star->x, stars[i].x, 0.35);
        CHECK_NEAR(star->y, stars[i].y, 0.35);
    }
    workspace_fini(&ws);
    free(light);
}

/* Their flanks are those of their neighbours, so that fits of them run away. */
TEST(stars_without_a_shape_are_found_in_a_crowd)
{
    enum { SIDE = 9, COUNT = SIDE * SIDE };
    cluster_star stars[COUNT];
    detections found;
    workspace ws;
    float *light;
    int missed = 0;

    for (int i = 0; i < COUNT; i++)
        stars[i] =
            (cluster_star){ 102.4 + 5.0 * (i % SIDE) + 1.6 * sin(7.0 * i),
                            91.7 + 4.8 * (i / SIDE) + 1.6 * cos(5.0 * i),
                            30 + i * 37 % 60 };
    light = draw_cluster(stars, COUNT, 255);
    found = find(light, false, &ws);
    for (int i = 0; i < COUNT; i++) {
        const job_star *star = nearest(&found, &stars[i]);

        missed += hypot(star->x - stars[i].x, star->y - stars[i].y) > 1;
    }
    CHECK(missed <= 2);
    workspace_fini(&ws);
    free(light);
}

/* Two on one peak have the light of both, and lie one pixel off. */
TEST(light_of_a_crowd_in_a_frame_is_shared_by_its_stars)
{
    cluster_star stars[2 * CLUSTER_STARS];
    int n = place_cluster(400, stars);
    float *light = draw_cluster(stars, n, INFINITY);
    workspace ws;
    detections found = find(light, true, &ws);

    for (int i = 0; i < n; i++) {
        const job_star *star = nearest(&found, &stars[i]);
        double flux = stars[i].height * 2 * M_PI * SIGMA * SIGMA;

        CHECK_NEAR(star->x, stars[i].x, 0.45);
        CHECK_NEAR(star->y, stars[i].y, 0.45);
        CHECK((double)star->flux / flux > 0.5);
        CHECK((double)star->flux / flux < 1.3);
    }
    workspace_fini(&ws);
    free(light);
}

/* Widths of stars in a picture that was stretched by an asinh. */
static star_locus stretched_locus(double bend, double width)
{
    star_locus locus = { .count = 6 };

    for (int i = 0; i < locus.count; i++) {
        double height = 8 * pow(1.7, i);

        locus.heights[i] = (float)log(height);
        locus.sizes[i] =
            (float)log(width * sqrt(log2(2 * cosh(height / (2 * bend)))));
    }
    return locus;
}

TEST(a_stretch_is_told_by_how_much_wider_bright_stars_are)
{
    star_locus locus = stretched_locus(70, 3.5);
    unstretch u = unstretch_learn(&locus, 20);
    float values[3] = { 12, 20.5f, 199 }, back[3];

    CHECK_NEAR((double)u.bend, 70, 5);
    CHECK_NEAR((double)u.size, 3.5 / 2.3548, 0.02);
    unstretch_values(&u, values, 3, back);
    for (int i = 0; i < 3; i++) {
        CHECK_NEAR((double)back[i], (double)unstretch_value(&u, values[i]),
                   0.05);
        CHECK_NEAR((double)unstretch_undo(&u, back[i]), (double)values[i],
                   0.05);
    }
    locus = stretched_locus(1e6, 3.5);
    CHECK(isinf(unstretch_learn(&locus, 20).bend));
    locus.count = 2;
    CHECK(isinf(unstretch_learn(&locus, 20).bend));
}

/* At a width from its centre a star has 0.12 of its light there, at two 0.007.
 */
TEST(a_star_is_blended_where_a_tenth_of_its_light_is_of_others)
{
    static const struct {
        double away;
        float flux;
        uint32_t flags;
        bool blends, is_blended; /* the one at 100, 100, and this one */
    } others[] = {
        { 3.0, 100, 0, true, true },
        { 3.0, 60, 0, false, true },
        { 6.0, 100, 0, false, false },
        { 6.0, 2000, 0, true, false },
        { 6.0, 5, 0, false, true },
        { 14.0, 300000, 0, true, false },
        { 9.0, 1200, 0, false, false },
        { 9.0, 1200, JOB_STAR_SATURATED, true, false },
    };

    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        job_star stars[] = { { .x = 100, .y = 100, .flux = 100, .fwhm = 3 },
                             { .x = 100 - others[i].away,
                               .y = 100,
                               .flux = others[i].flux,
                               .fwhm = 9,
                               .flags = others[i].flags },
                             { .x = 40, .y = 100, .flux = 100, .fwhm = 3 } };

        CHECK_EQ(blend_flag(stars, 3, 200, 200, 3), 0);
        CHECK_EQ(stars[0].flags, others[i].blends ? JOB_STAR_BLENDED : 0);
        CHECK_EQ(stars[1].flags & JOB_STAR_BLENDED,
                 others[i].is_blended ? JOB_STAR_BLENDED : 0);
        CHECK_EQ(stars[2].flags, 0);
    }
}
