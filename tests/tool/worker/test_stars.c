/* Fields drawn with a known truth: what is found in them, where, and how the
 * limits are kept.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <spng.h>
#include <turbojpeg.h>

#include "job_runner.h"
#include "samples.h"
#include "support/test.h"
#include "worker/stars/detect.h"
#include "worker/job.h"
#include "worker/pixels/mark.h"
#include "worker/picture_job.h"
#include "worker/stars/twins.h"
#include "worker/warm_up.h"

static float *field_as_floats(void)
{
    double *field = sample_field();
    float *light = malloc(FIELD_WIDTH * FIELD_HEIGHT * sizeof(*light));
    int i;

    for (i = 0; i < FIELD_WIDTH * FIELD_HEIGHT; i++)
        light[i] = (float)field[i];
    free(field);
    return light;
}

static const detect_options field_options = { .width = FIELD_WIDTH,
                                              .height = FIELD_HEIGHT,
                                              .noise_floor = 0.1f,
                                              .saturation = 250,
                                              .stars_max = 1000 };

static const job_star *nearest(const detections *found, double x, double y)
{
    const job_star *best = NULL;
    double closest = 1e9;
    uint32_t i;

    for (i = 0; i < found->count; i++) {
        double away = hypot(found->stars[i].x - x, found->stars[i].y - y);

        if (away < closest) {
            closest = away;
            best = &found->stars[i];
        }
    }
    return best;
}

TEST(stars_are_found_where_they_are)
{
    float *light = field_as_floats();
    detections found;
    workspace ws;
    int i;

    CHECK_EQ(workspace_init(&ws), 0);
    CHECK_EQ(detect_stars(light, &field_options, &ws, &found), 0);
    CHECK_EQ(found.count, FIELD_STARS);
    CHECK(!found.no_star_field && !found.cut);
    CHECK_NEAR(found.noise, 2, 0.15);
    for (i = 0; i < FIELD_STARS; i++) {
        const job_star *star = nearest(&found, field_x(i), field_y(i));

        CHECK_NEAR(star->x, field_x(i), 0.1);
        CHECK_NEAR(star->y, field_y(i), 0.1);
        CHECK_NEAR(star->fwhm, 2.3548 * 1.4, 0.5);
        CHECK(star->snr > 30 && star->flags == 0);
    }
    workspace_fini(&ws);
    free(light);
}

TEST(stars_are_listed_brightest_first_and_cut_at_the_limit)
{
    float *light = field_as_floats();
    detect_options options = field_options;
    detections found;
    workspace ws;
    uint32_t i;

    options.stars_max = 7;
    CHECK_EQ(workspace_init(&ws), 0);
    CHECK_EQ(detect_stars(light, &options, &ws, &found), 0);
    CHECK_EQ(found.count, 7);
    CHECK(found.cut);
    for (i = 1; i < found.count; i++)
        CHECK(found.stars[i - 1].flux >= found.stars[i].flux);
    CHECK_NEAR(found.stars[0].x, field_x(FIELD_STARS - 1), 0.1);
    workspace_fini(&ws);
    free(light);
}

/* Pixels that shine alone are defects of the camera. */
TEST(hot_pixels_are_no_stars)
{
    float *light = field_as_floats();
    detections found;
    workspace ws;
    int i;

    for (i = 0; i < 40; i++)
        light[(13 + 5 * i) * FIELD_WIDTH + 7 + (i * 61) % 300] = 200;
    CHECK_EQ(workspace_init(&ws), 0);
    CHECK_EQ(detect_stars(light, &field_options, &ws, &found), 0);
    CHECK(found.count >= FIELD_STARS - 1 && found.count <= FIELD_STARS + 1);
    workspace_fini(&ws);
    free(light);
}

static uint32_t count_in(float *light, uint32_t width, uint32_t height,
                         bool *no_star_field)
{
    detect_options options = field_options;
    detections found;
    workspace ws;

    options.width = width;
    options.height = height;
    CHECK_EQ(workspace_init(&ws), 0);
    CHECK_EQ(detect_stars(light, &options, &ws, &found), 0);
    *no_star_field = found.no_star_field;
    workspace_fini(&ws);
    return found.count;
}

TEST(constant_pictures_have_no_stars)
{
    float *light = malloc(300 * 300 * sizeof(*light));
    bool no_star_field;
    int i, level;

    for (level = 0; level <= 255; level += 85) {
        for (i = 0; i < 300 * 300; i++)
            light[i] = (float)level;
        CHECK_EQ(count_in(light, 300, 300, &no_star_field), 0);
        CHECK(no_star_field);
    }
    free(light);
}

/* Half of the pixels far above the other half: more than SEP's own limits
 * hold, and one object of many parts. */
TEST_LIMIT(a_picture_that_overflows_the_limits_is_still_answered, 60)
{
    enum { SIDE = 700 };
    float *light = malloc(SIDE * SIDE * sizeof(*light));
    bool no_star_field;
    int x, y;

    for (y = 0; y < SIDE; y++)
        for (x = 0; x < SIDE; x++)
            light[y * SIDE + x] =
                (float)((x / 90 + y / 90) % 2 * 100 + (x * 7 + y * 3) % 11 * 9);
    CHECK_EQ(count_in(light, SIDE, SIDE, &no_star_field), 0);
    CHECK(no_star_field);
    free(light);
}

TEST(a_picture_without_a_sky_has_no_stars)
{
    sample rgb = sample_shapes(400, 300, 3);
    sample file = encode_jpeg(rgb.data, 400, 300, TJPF_RGB, TJSAMP_420, 0);
    job_run run = run_stars(file.data, file.size);

    CHECK_EQ(run.answer.verdict, JOB_GOOD);
    CHECK_EQ(run.answer.star_count, 0);
    CHECK(run.answer.no_star_field != JOB_FIELD_STARS);
    CHECK(run.marked_size > 0);
    run_free(&run);
    free(file.data);
    free(rgb.data);
}

static int redness(const uint8_t *rgb, int width, int x, int y)
{
    const uint8_t *p = rgb + 3 * (y * width + x);

    return p[0] - (p[1] > p[2] ? p[1] : p[2]);
}

/* A ring is red at its radius, and the star inside keeps its own colour. */
TEST(the_marked_picture_shows_red_rings_around_untouched_stars)
{
    sample rgb = sample_pixels(3);
    sample file = encode_jpeg(rgb.data, FIELD_WIDTH, FIELD_HEIGHT, TJPF_RGB,
                              TJSAMP_444, 0);
    job_run run = run_stars(file.data, file.size);
    uint8_t *marked = malloc(3 * FIELD_WIDTH * FIELD_HEIGHT);
    tjhandle decoder = tjInitDecompress();
    uint32_t i;

    CHECK_EQ(tjDecompress2(decoder, run.marked, run.marked_size, marked,
                           FIELD_WIDTH, 0, FIELD_HEIGHT, TJPF_RGB, 0),
             0);
    for (i = 0; i < run.answer.star_count; i++) {
        const job_star *star = &run.stars[i];
        int x = (int)lrint(star->x), y = (int)lrint(star->y);
        float faintest = run.stars[run.answer.star_count - 1].flux;
        int radius = (int)lrintf(mark_radius(star, faintest, MARK_RADIUS_MIN));

        CHECK(redness(marked, FIELD_WIDTH, x + radius, y) > 100);
        CHECK(redness(marked, FIELD_WIDTH, x, y - radius) > 100);
        CHECK(abs(redness(marked, FIELD_WIDTH, x, y)) < 40);
    }
    tjDestroy(decoder);
    free(marked);
    run_free(&run);
    free(file.data);
    free(rgb.data);
}

TEST(the_same_picture_gives_the_same_bytes)
{
    sample rgb = sample_pixels(3);
    sample file = encode_jpeg(rgb.data, FIELD_WIDTH, FIELD_HEIGHT, TJPF_RGB,
                              TJSAMP_420, 0);
    job_run first = run_stars(file.data, file.size);
    sample other = sample_fits16(); /* leaves its traces in the workspace */
    job_run between = run_stars(other.data, other.size);
    job_run second = run_stars(file.data, file.size);

    CHECK(memcmp(&first.answer, &second.answer, sizeof(first.answer)) == 0);
    CHECK(memcmp(first.result, second.result,
                 (size_t)(first.marked - (uint8_t *)first.result) +
                     first.marked_size) == 0);
    run_free(&first);
    run_free(&between);
    run_free(&second);
    free(other.data);
    free(file.data);
    free(rgb.data);
}

static int run_request(job_request request, size_t result_size)
{
    sample file = sample_fits16();
    uint8_t *result = malloc(result_size + 1);
    job_answer answer;
    sl_job_io io = { .in = &request,
                     .in_size = sizeof(request),
                     .out = &answer,
                     .out_capacity = sizeof(answer),
                     .body = { file.data, file.size, -1 },
                     .result = { result, result_size, -1 } };
    int rc;

    if (request.body_size == 0)
        request.body_size = file.size;
    rc = worker_picture(&io);
    free(result);
    free(file.data);
    return rc;
}

TEST(a_request_that_makes_no_sense_is_refused)
{
    job_request good = { .max_pixels = 1 << 20,
                         .operations = JOB_DO_STARS,
                         .draw = true },
                bad;

    CHECK_EQ(run_request(good, 1 << 20), sizeof(job_answer));
    bad = good;
    bad.max_pixels = 0;
    CHECK_EQ(run_request(bad, 1 << 20), -EINVAL);
    bad = good;
    bad.body_size = 1 << 30;
    CHECK_EQ(run_request(bad, 1 << 20), -EINVAL);
    bad = good;
    bad.quality = 101;
    CHECK_EQ(run_request(bad, 1 << 20), -EINVAL);
    bad = good;
    bad.threshold = NAN;
    CHECK_EQ(run_request(bad, 1 << 20), -EINVAL);
}

TEST(a_result_memory_that_is_too_small_is_told)
{
    job_request request = { .max_pixels = 1 << 20,
                            .operations = JOB_DO_STARS,
                            .draw = true };

    CHECK_EQ(run_request(request, 100), -ENOSPC);
    CHECK_EQ(run_request(request, 3000), -ENOSPC);
}

TEST(the_warm_up_is_a_job_that_works)
{
    CHECK_EQ(worker_warm_up(), 0);
}

TEST(one_star_is_listed_once)
{
    job_star stars[] = {
        { .x = 10, .y = 20, .fwhm = 3, .snr = 9 },
        { .x = 10.3, .y = 20.1, .fwhm = 3, .snr = 12 }, /* the same */
        { .x = 14, .y = 20, .fwhm = 3, .snr = 8 },      /* a neighbour */
        { .x = 10.4, .y = 19.8, .fwhm = 2, .snr = 10 }, /* the same again */
    };

    CHECK_EQ(twins_drop(stars, 4), 2);
    CHECK_NEAR(stars[0].x + stars[1].x, 24.3, 1e-9);
    CHECK_NEAR(stars[0].snr + stars[1].snr, 20, 1e-6);
}

/* A cloud 40 pixels wide and as bright as the stars that stand on it. */
TEST(stars_on_a_cloud_keep_their_own_size)
{
    float *light = field_as_floats();
    detections found;
    workspace ws;
    uint32_t i;
    int x, y;

    for (y = 0; y < FIELD_HEIGHT; y++)
        for (x = 0; x < FIELD_WIDTH; x++)
            light[y * FIELD_WIDTH + x] +=
                40 * expf(-((float)((x - 160) * (x - 160)) +
                            (float)((y - 120) * (y - 120))) /
                          2000);
    CHECK_EQ(workspace_init(&ws), 0);
    CHECK_EQ(detect_stars(light, &field_options, &ws, &found), 0);
    CHECK(found.count >= FIELD_STARS - 4);
    for (i = 0; i < found.count; i++) {
        CHECK(found.stars[i].a < 4 && found.stars[i].b <= found.stars[i].a);
        CHECK(found.stars[i].flux < 4 * 2 * 3.1416f * 1.96f * 180);
    }
    workspace_fini(&ws);
    free(light);
}

static job_run run_wanted(job_wanted wanted, uint32_t detector)
{
    sample rgb = sample_pixels(3);
    sample file = encode_png(rgb.data, rgb.size, FIELD_WIDTH, FIELD_HEIGHT,
                             SPNG_COLOR_TYPE_TRUECOLOR, 8);
    job_run run = run_request_of((job_request){ .operations = JOB_DO_STARS,
                                                .detector = detector,
                                                .draw = true,
                                                .wanted = wanted },
                                 file.data, file.size);

    free(file.data);
    free(rgb.data);
    return run;
}

TEST(only_stars_of_the_region_and_none_of_the_masks_are_listed)
{
    uint32_t detector, i;

    for (detector = 0; detector < JOB_DETECTORS; detector++) {
        job_run all = run_wanted((job_wanted){ 0 }, detector);
        job_run some =
            run_wanted((job_wanted){ .region = { 60, 40, 200, 150 },
                                     .mask_count = 1,
                                     .masks = { { 100, 60, 80, 60 } } },
                       detector);
        uint32_t expected = 0;

        for (i = 0; i < all.answer.star_count; i++) {
            double x = all.stars[i].x, y = all.stars[i].y;
            bool masked = x >= 99.5 && x < 179.5 && y >= 59.5 && y < 119.5;

            expected +=
                x >= 59.5 && x < 259.5 && y >= 39.5 && y < 189.5 && !masked;
        }
        CHECK(expected > 3 && expected < all.answer.star_count);
        CHECK_EQ(some.answer.star_count, expected);
        run_free(&all);
        run_free(&some);
    }
}

TEST(a_region_outside_of_the_picture_is_told)
{
    job_run beside = run_wanted((job_wanted){ .region = { 320, 0, 9, 9 } }, 0);
    job_run within =
        run_wanted((job_wanted){ .region = { 319, 239, 9, 9 } }, 0);

    CHECK_EQ(beside.answer.star_count, 0);
    CHECK_EQ(beside.answer.no_star_field, JOB_FIELD_OUTSIDE);
    CHECK_EQ(within.answer.no_star_field, JOB_FIELD_STARS);
    run_free(&beside);
    run_free(&within);
}

TEST(stars_smaller_than_the_least_area_are_left_out)
{
    /* Sigma 1.4: some nine pixels lie above half of the height. */
    job_run run = run_wanted((job_wanted){ .min_area = 5 }, 0);

    CHECK(run.answer.star_count >= FIELD_STARS - 1);
    run_free(&run);
    run = run_wanted((job_wanted){ .min_area = 14 }, 0);
    CHECK(run.answer.star_count <= 2);
    run_free(&run);
}

TEST(a_star_width_that_is_given_is_believed)
{
    uint32_t detector;

    for (detector = 0; detector < JOB_DETECTORS; detector++) {
        job_run run = run_wanted((job_wanted){ .star_width = 3.3f }, detector);

        CHECK(run.answer.star_count >= FIELD_STARS - 1);
        run_free(&run);
        run = run_wanted((job_wanted){ .star_width = 10 }, detector);
        CHECK(run.answer.star_count < FIELD_STARS / 2);
        run_free(&run);
    }
}

TEST(without_marks_there_is_no_marked_picture)
{
    job_run run = run_wanted((job_wanted){ .marks = JOB_MARKS_NONE }, 0);

    CHECK(run.answer.star_count > 0 && run.marked == NULL);
    CHECK(job_answer_output(&run.answer, JOB_PREVIEW, 0) != NULL);
    run_free(&run);
    run = run_wanted((job_wanted){ .marks = JOB_MARKS_NUMBERS }, 0);
    CHECK(run.marked != NULL);
    run_free(&run);
}

/* Two pictures of different sizes behind an empty first part. */
TEST(the_part_of_a_fits_file_can_be_chosen)
{
    static const char *const none[] = { "BITPIX  =                    8",
                                        "NAXIS   =                    0",
                                        NULL };
    sample field = sample_fits_float(0), empty = encode_fits(none, "", 0);
    sample file = { malloc(empty.size + 2 * field.size), 0 };
    uint8_t *at = file.data;
    uint32_t hdu;

    memcpy(at, empty.data, empty.size);
    for (hdu = 1; hdu <= 2; hdu++) {
        at = file.data + empty.size + (hdu - 1) * field.size;
        memcpy(at, field.data, field.size);
        memcpy(at, "XTENSION= 'IMAGE   '                                 ", 53);
    }
    file.size = empty.size + 2 * field.size;
    for (hdu = 0; hdu <= 4; hdu++) {
        job_run run = run_request_of(
            (job_request){ .operations = JOB_DO_STARS, .hdu = hdu }, file.data,
            file.size);
        bool is_picture = hdu == 0 || hdu == 2 || hdu == 3;

        CHECK_EQ(run.answer.verdict, is_picture ? JOB_GOOD : JOB_UNSUPPORTED);
        CHECK_EQ(run.answer.star_count > 0, is_picture);
        run_free(&run);
    }
    free(field.data);
    free(empty.data);
    free(file.data);
}
