/* Thumbnails: how large they are, and how good. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <spng.h>
#include <turbojpeg.h>

#include "job_runner.h"
#include "support/test.h"
#include "thumb_reference.h"
#include "worker/picture_job.h"
#include "worker/pixels/thumb_shape.h"

static const int three[] = { 32, 64, 200 };

/* Sizes. */

TEST(heights_follow_by_whole_numbers)
{
    static const struct {
        uint32_t width, height, expected[3];
    } cases[] = {
        { 1920, 1080, { 18, 36, 112 } }, { 4000, 3000, { 24, 48, 150 } },
        { 640, 427, { 21, 42, 133 } },   { 333, 500, { 48, 96, 300 } },
        { 947, 947, { 32, 64, 200 } },   { 107, 749, { 224, 448, 1400 } },
        { 1000, 1, { 1, 1, 1 } },        { 20, 10, { 16, 32, 100 } },
    };
    job_request request = thumbs_of(three, 3);

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (uint32_t k = 0; k < 3; k++) {
            thumb_shape s = thumb_shape_of(&request.thumbs, k, cases[i].width,
                                           cases[i].height);

            CHECK_EQ(s.width, three[k]);
            CHECK_EQ(s.height, cases[i].expected[k]);
        }
}

static thumb_shape shape(uint32_t fit, bool no_upscale, uint32_t box_width,
                         uint32_t box_height, uint32_t width, uint32_t height)
{
    job_thumbs thumbs = { .count = 1,
                          .fit = fit,
                          .no_upscale = no_upscale,
                          .boxes = { { box_width, box_height } } };

    return thumb_shape_of(&thumbs, 0, width, height);
}

static void check_shape(thumb_shape s, uint32_t width, uint32_t height,
                        uint32_t inner_width, uint32_t inner_height)
{
    CHECK_EQ(s.width, width);
    CHECK_EQ(s.height, height);
    CHECK_EQ(s.inner_width, inner_width);
    CHECK_EQ(s.inner_height, inner_height);
}

TEST(a_box_is_fitted_filled_cropped_or_padded)
{
    thumb_shape s;

    check_shape(shape(JOB_FIT_INSIDE, false, 100, 100, 640, 480), 100, 75, 100,
                75);
    check_shape(shape(JOB_FIT_INSIDE, false, 100, 100, 480, 640), 75, 100, 75,
                100);
    check_shape(shape(JOB_FIT_FILL, false, 100, 50, 640, 480), 100, 50, 100,
                50);
    s = shape(JOB_FIT_CROP, false, 100, 100, 640, 480);
    check_shape(s, 100, 100, 100, 100);
    CHECK_NEAR(s.crop_x, 80, 1e-9);
    CHECK_NEAR(s.crop_width, 480, 1e-9);
    s = shape(JOB_FIT_PAD, false, 100, 100, 640, 480);
    check_shape(s, 100, 100, 100, 75);
    CHECK_EQ(s.top, 12);
    CHECK_EQ(s.left, 0);
}

TEST(nothing_is_enlarged_if_that_is_not_wanted)
{
    check_shape(shape(JOB_FIT_INSIDE, true, 200, 0, 50, 40), 50, 40, 50, 40);
    check_shape(shape(JOB_FIT_INSIDE, true, 200, 200, 50, 40), 50, 40, 50, 40);
    check_shape(shape(JOB_FIT_FILL, true, 200, 30, 50, 40), 50, 30, 50, 30);
    check_shape(shape(JOB_FIT_CROP, true, 200, 100, 50, 40), 50, 25, 50, 25);
    check_shape(shape(JOB_FIT_PAD, true, 200, 100, 50, 40), 200, 100, 50, 40);
    check_shape(shape(JOB_FIT_INSIDE, false, 200, 0, 50, 40), 200, 160, 200,
                160);
}

TEST(a_picture_is_decoded_to_twice_its_largest_thumbnail_at_least)
{
    job_request request = thumbs_of(three, 3);

    CHECK_EQ(thumb_shape_eighths(&request.thumbs, 640, 480, 1), 8);
    CHECK_EQ(thumb_shape_eighths(&request.thumbs, 800, 600, 1), 4);
    CHECK_EQ(thumb_shape_eighths(&request.thumbs, 1920, 1080, 1), 2);
    CHECK_EQ(thumb_shape_eighths(&request.thumbs, 3200, 2400, 1), 1);
    /* On its side it is less wide. */
    CHECK_EQ(thumb_shape_eighths(&request.thumbs, 1920, 780, 6), 8);
}

/* Quality: in the mean not worse than a Lanczos from all pixels by 0.1 dB. */

/* By how much the three are worse than the best that can be, in dB, added to
 * `luma` and `all`. None is by more than a third of a dB: on hard edges a
 * decoder that leaves out the finest detail is seen, if hardly. */
static void add_losses(const job_run *run, const image *full, double *luma,
                       double *all)
{
    for (uint32_t i = 0; i < 3; i++) {
        image made = thumb_image(run, i);
        image wanted = image_resized(full, made.width, made.height);
        image best = image_recoded(&wanted, 85);
        double loss =
            image_luma_psnr(&best, &wanted) - image_luma_psnr(&made, &wanted);

        CHECK_EQ(made.width, three[i]);
        CHECK(loss < 0.35);
        *luma += loss;
        *all += image_psnr(&best, &wanted) - image_psnr(&made, &wanted);
        image_free(&made);
        image_free(&wanted);
        image_free(&best);
    }
}

TEST_LIMIT(jpeg_thumbnails_are_as_good_as_from_the_full_picture, 30)
{
    static const struct {
        int width, height, sampling, flags;
    } cases[] = {
        { 640, 480, TJSAMP_420, 0 },
        { 641, 479, TJSAMP_420, TJFLAG_PROGRESSIVE },
        { 1923, 1081, TJSAMP_420, 0 },
        { 1000, 1500, TJSAMP_444, 0 },
        { 900, 700, TJSAMP_422, 0 },
        { 700, 900, TJSAMP_440, 0 },
    };
    enum { CASES = sizeof cases / sizeof *cases };
    job_request request = thumbs_of(three, 3);
    double luma = 0, all = 0;

    for (size_t i = 0; i < CASES; i++) {
        sample rgb = photo_pixels(cases[i].width, cases[i].height, 3);
        sample file = encode_jpeg(rgb.data, cases[i].width, cases[i].height,
                                  TJPF_RGB, cases[i].sampling, cases[i].flags);
        image full = image_of_jpeg(file.data, file.size);
        job_run run = run_request_of(request, file.data, file.size);

        CHECK_EQ(run.answer.verdict, JOB_GOOD);
        CHECK_EQ(run.answer.width, cases[i].width);
        add_losses(&run, &full, &luma, &all);
        run_free(&run);
        image_free(&full);
        free(file.data);
        free(rgb.data);
    }
    CHECK(luma / (3 * CASES) < 0.1);
    CHECK(all / (3 * CASES) < 0.1);
}

TEST(png_thumbnails_lose_next_to_nothing)
{
    sample rgb = photo_pixels(700, 500, 5);
    sample file =
        encode_png(rgb.data, rgb.size, 700, 500, SPNG_COLOR_TYPE_TRUECOLOR, 8);
    image full = image_of_pixels(rgb.data, 700, 500);
    job_run run = run_request_of(thumbs_of(three, 3), file.data, file.size);

    for (uint32_t i = 0; i < 3; i++) {
        image made = thumb_image(&run, i);
        image wanted = image_resized(&full, made.width, made.height);

        /* Rounding to whole numbers alone is 58.9 dB. */
        CHECK(image_psnr(&made, &wanted) > 58.5 - 10 * (i < 2));
        image_free(&made);
        image_free(&wanted);
    }
    run_free(&run);
    image_free(&full);
    free(file.data);
    free(rgb.data);
}

/* Where planes are not what is written, colours are not rounded as planes. */
TEST(png_thumbnails_of_a_jpeg_lose_next_to_nothing)
{
    static const int widths[] = { 300 };
    job_request request = thumbs_of(widths, 1);
    sample rgb = photo_pixels(501, 377, 5);
    sample file = encode_jpeg(rgb.data, 501, 377, TJPF_RGB, TJSAMP_420, 0);
    image full = image_of_jpeg(file.data, file.size), made, wanted;
    job_run run;

    request.format = JOB_PNG;
    run = run_request_of(request, file.data, file.size);
    made = thumb_image(&run, 0);
    wanted = image_resized(&full, made.width, made.height);
    CHECK(image_psnr(&made, &wanted) > 58);
    image_free(&made);
    image_free(&wanted);
    image_free(&full);
    run_free(&run);
    free(file.data);
    free(rgb.data);
}

/* A large one has so little to lose that the encoder's arithmetic shows. */
TEST(large_grey_thumbnails_are_encoded_as_well_as_can_be)
{
    static const int widths[] = { 600 };
    sample rgb = photo_pixels(300, 200, 5);
    sample grey = { malloc(300 * 200), 300 * 200 }, file;
    image full, made, wanted, best;
    job_run run;

    for (size_t i = 0; i < grey.size; i++)
        memset(rgb.data + 3 * i, grey.data[i] = rgb.data[3 * i], 3);
    file = encode_png(grey.data, grey.size, 300, 200, SPNG_COLOR_TYPE_GRAYSCALE,
                      8);
    full = image_of_pixels(rgb.data, 300, 200);
    run = run_request_of((job_request){ .operations = JOB_DO_THUMBS,
                                        .format = JOB_JPEG,
                                        .thumbs = thumbs_of(widths, 1).thumbs },
                         file.data, file.size);
    made = thumb_image(&run, 0);
    wanted = image_resized(&full, made.width, made.height);
    best = image_recoded(&wanted, 85);
    CHECK(image_psnr(&best, &wanted) - image_psnr(&made, &wanted) < 0.05);
    image_free(&made);
    image_free(&wanted);
    image_free(&best);
    image_free(&full);
    run_free(&run);
    free(file.data);
    free(grey.data);
    free(rgb.data);
}

/* Enlarged as well, and from sizes where windows are cut at every border. */
TEST(tiny_pictures_become_good_large_thumbnails)
{
    static const int sides[] = { 1, 2, 3, 7, 15 };
    static const int widths[] = { 40 };

    for (size_t i = 0; i < sizeof sides / sizeof *sides; i++) {
        sample rgb = photo_pixels(sides[i], sides[i], 9);
        sample file =
            encode_png(rgb.data, rgb.size, (uint32_t)sides[i],
                       (uint32_t)sides[i], SPNG_COLOR_TYPE_TRUECOLOR, 8);
        image full = image_of_pixels(rgb.data, sides[i], sides[i]);
        image wanted = image_resized(&full, 40, 40);
        job_run run =
            run_request_of(thumbs_of(widths, 1), file.data, file.size);
        image made = thumb_image(&run, 0);

        CHECK(image_psnr(&made, &wanted) > 55);
        image_free(&made);
        image_free(&wanted);
        image_free(&full);
        run_free(&run);
        free(file.data);
        free(rgb.data);
    }
}

/* Shapes, in pixels. */

TEST(bars_are_white_and_the_picture_is_between_them)
{
    sample rgb = photo_pixels(200, 100, 1);
    sample file = encode_jpeg(rgb.data, 200, 100, TJPF_RGB, TJSAMP_444, 0);
    job_request request = {
        .operations = JOB_DO_THUMBS,
        .format = JOB_PNG,
        .thumbs = { .count = 1, .fit = JOB_FIT_PAD, .boxes = { { 50, 50 } } }
    };
    job_run run = run_request_of(request, file.data, file.size);
    image made = thumb_image(&run, 0);

    CHECK_EQ(made.width, 50);
    CHECK_EQ(made.height, 50);
    CHECK_NEAR(made.rgb[3 * (50 * 5 + 25)], 255, 0);
    CHECK_NEAR(made.rgb[3 * (50 * 45 + 25) + 1], 255, 0);
    CHECK(made.rgb[3 * (50 * 25 + 25) + 2] < 230);
    image_free(&made);
    run_free(&run);
    free(file.data);
    free(rgb.data);
}

TEST(what_is_cut_off_is_at_both_ends)
{
    sample rgb = photo_pixels(400, 100, 1);
    sample file =
        encode_png(rgb.data, rgb.size, 400, 100, SPNG_COLOR_TYPE_TRUECOLOR, 8);
    job_request request = {
        .operations = JOB_DO_THUMBS,
        .thumbs = { .count = 1, .fit = JOB_FIT_CROP, .boxes = { { 50, 50 } } }
    };
    job_run run = run_request_of(request, file.data, file.size);
    image made = thumb_image(&run, 0), middle, wanted;
    sample part = { malloc(3 * 100 * 100), 3 * 100 * 100 };

    for (int y = 0; y < 100; y++)
        memcpy(part.data + 300 * y, rgb.data + 3 * (400 * y + 150), 300);
    middle = image_of_pixels(part.data, 100, 100);
    wanted = image_resized(&middle, 50, 50);
    /* At the cut the neighbours beyond it take part, rightly. */
    CHECK(image_psnr(&made, &wanted) > 35);
    image_free(&made);
    image_free(&middle);
    image_free(&wanted);
    run_free(&run);
    free(part.data);
    free(file.data);
    free(rgb.data);
}

TEST(a_thumbnail_that_is_too_large_is_refused)
{
    static const int widths[] = { 200 };
    uint8_t *tower = calloc(1, 20000);
    sample file =
        encode_png(tower, 20000, 1, 20000, SPNG_COLOR_TYPE_GRAYSCALE, 8);
    job_run run = run_request_of(thumbs_of(widths, 1), file.data, file.size);

    CHECK_EQ(run.answer.verdict, JOB_TOO_LARGE);
    CHECK_EQ(run.answer.output_count, 0);
    CHECK(strstr(run.answer.reason, "200 x 4000000") != NULL);
    run_free(&run);
    free(file.data);
    free(tower);
}
