/* Every format's way from bytes to stars: the same field must come out of each
 * of them.
 */
#include <stdlib.h>
#include <string.h>

#include <fitsio.h>
#include <spng.h>
#include <turbojpeg.h>

#include "job_runner.h"
#include "samples.h"
#include "support/test.h"
#include "worker/decode/decode.h"
#include "worker/job.h"
#include "worker/decode/jpeg_walk.h"

/* Below that the field's noise may look like a star once in a while. */
#define STANDS_OUT 5

/* The field must come out of every format with all its stars and no other that
 * stands out of the noise. */
static void expect_field(sample file, uint32_t format)
{
    job_run run = run_stars(file.data, file.size);
    uint32_t found = 0, bright = 0, k;
    int i;

    CHECK_STR(run.answer.reason, "");
    CHECK_EQ(run.answer.format, format);
    CHECK_EQ(run.answer.width, FIELD_WIDTH);
    CHECK_EQ(run.answer.height, FIELD_HEIGHT);
    for (k = 0; k < run.answer.star_count; k++)
        bright += run.stars[k].snr >= STANDS_OUT;
    CHECK_EQ(bright, FIELD_STARS);
    CHECK(run.answer.star_count <= FIELD_STARS + 1);
    for (i = 0; i < FIELD_STARS; i++)
        for (k = 0; k < run.answer.star_count; k++) {
            double dx = run.stars[k].x - field_x(i);
            double dy = run.stars[k].y - field_y(i);

            found += dx * dx + dy * dy < 0.3 * 0.3;
        }
    CHECK_EQ(found, FIELD_STARS);
    run_free(&run);
    free(file.data);
}

TEST(a_field_is_found_in_jpegs_of_all_samplings)
{
    static const int samplings[] = { TJSAMP_444, TJSAMP_422, TJSAMP_420,
                                     TJSAMP_440, TJSAMP_411, TJSAMP_GRAY };
    sample rgb = sample_pixels(3);
    size_t i;

    for (i = 0; i < sizeof(samplings) / sizeof(samplings[0]); i++)
        expect_field(encode_jpeg(rgb.data, FIELD_WIDTH, FIELD_HEIGHT, TJPF_RGB,
                                 samplings[i], 0),
                     JOB_JPEG);
    expect_field(encode_jpeg(rgb.data, FIELD_WIDTH, FIELD_HEIGHT, TJPF_RGB,
                             TJSAMP_420, TJFLAG_PROGRESSIVE),
                 JOB_JPEG);
    free(rgb.data);
}

/* A JPEG of one table of steps and nothing else: its mean is 99, waves 7. */
static jpeg_outline walk_table(int number, bool wide, size_t missing)
{
    size_t length = 3 + (wide ? 128 : 64), i;
    uint8_t file[160] = { 0xFF, 0xD8, 0xFF, 0xDB, 0, (uint8_t)length };

    file[6] = (uint8_t)((wide ? 16 : 0) | number);
    for (i = 0; i < 64; i++)
        file[7 + (wide ? 2 * i + 1 : i)] = i == 0 ? 99 : 7;
    file[4 + length] = 0xFF;
    file[5 + length] = 0xD9;
    return jpeg_walk(file, 6 + length - missing);
}

TEST(the_steps_of_a_jpeg_are_known)
{
    jpeg_outline o = walk_table(0, false, 0);

    CHECK(o.complete);
    CHECK(o.step == 7);
    CHECK(walk_table(0, true, 0).step == 7);
    /* Those of colours, and a table that was cut off. */
    CHECK(walk_table(1, false, 0).step == 0);
    CHECK(walk_table(0, false, 40).step == 0);
    CHECK(walk_table(0, true, 60).step == 0);
}

TEST(a_field_is_found_in_a_cmyk_jpeg)
{
    size_t count = FIELD_WIDTH * FIELD_HEIGHT, i;
    sample pixels = sample_pixels(4); /* with no black ink at all */

    for (i = 0; i < count; i++)
        pixels.data[4 * i + 3] = 255;
    expect_field(encode_jpeg(pixels.data, FIELD_WIDTH, FIELD_HEIGHT, TJPF_CMYK,
                             TJSAMP_444, 0),
                 JOB_JPEG);
    free(pixels.data);
}

TEST(a_field_is_found_in_8_bit_pngs)
{
    sample grey = sample_pixels(1), rgb = sample_pixels(3);
    sample rgba = sample_pixels(4);

    expect_field(encode_png(grey.data, grey.size, FIELD_WIDTH, FIELD_HEIGHT,
                            SPNG_COLOR_TYPE_GRAYSCALE, 8),
                 JOB_PNG);
    expect_field(encode_png(grey.data, grey.size, FIELD_WIDTH, FIELD_HEIGHT,
                            SPNG_COLOR_TYPE_INDEXED, 8),
                 JOB_PNG);
    expect_field(encode_png(rgb.data, rgb.size, FIELD_WIDTH, FIELD_HEIGHT,
                            SPNG_COLOR_TYPE_TRUECOLOR, 8),
                 JOB_PNG);
    expect_field(encode_png(rgba.data, rgba.size, FIELD_WIDTH, FIELD_HEIGHT,
                            SPNG_COLOR_TYPE_TRUECOLOR_ALPHA, 8),
                 JOB_PNG);
    free(grey.data);
    free(rgb.data);
    free(rgba.data);
}

TEST(a_16_bit_png_keeps_what_8_bits_would_lose)
{
    size_t count = FIELD_WIDTH * FIELD_HEIGHT, i;
    double *field = sample_field();
    uint16_t *values = malloc(2 * count);

    /* A twentieth of the range: noise of 0.1 grey levels. */
    for (i = 0; i < count; i++)
        values[i] = (uint16_t)(field[i] / 20 * 257);
    expect_field(encode_png(values, 2 * count, FIELD_WIDTH, FIELD_HEIGHT,
                            SPNG_COLOR_TYPE_GRAYSCALE, 16),
                 JOB_PNG);
    free(values);
    free(field);
}

TEST(a_field_is_found_in_webp_and_gif)
{
    sample grey = sample_pixels(1), rgb = sample_pixels(3);

    expect_field(encode_webp(rgb.data, FIELD_WIDTH, FIELD_HEIGHT), JOB_WEBP);
    expect_field(encode_gif(grey.data, FIELD_WIDTH, FIELD_HEIGHT, 0), JOB_GIF);
    expect_field(encode_gif(grey.data, FIELD_WIDTH, FIELD_HEIGHT, 1), JOB_GIF);
    free(grey.data);
    free(rgb.data);
}

TEST(a_field_is_found_in_the_first_frame_of_an_animated_webp)
{
    sample rgb = sample_pixels(3);

    expect_field(animate_webp(encode_webp(rgb.data, FIELD_WIDTH, FIELD_HEIGHT),
                              FIELD_WIDTH, FIELD_HEIGHT, 0),
                 JOB_WEBP);
    free(rgb.data);
}

static uint32_t decode(const sample *file, workspace *ws, picture *out)
{
    decode_source source = { .data = file->data,
                             .size = file->size,
                             .max_pixels = 1 << 20 };
    refusal why = { "" };
    uint32_t format;

    return decode_picture(&source, ws, &format, out, &why);
}

TEST(around_a_frame_that_is_smaller_than_its_canvas_is_nothing)
{
    sample rgb = { malloc(3 * 40 * 30), 3 * 40 * 30 }, file;
    workspace ws;
    picture p;

    memset(rgb.data, 200, rgb.size);
    file = animate_webp(encode_webp(rgb.data, 40, 30), 40, 30, 6);
    CHECK_EQ(workspace_init(&ws), 0);
    CHECK_EQ(decode(&file, &ws, &p), JOB_GOOD);
    CHECK_EQ(p.width, 52);
    CHECK_EQ(p.height, 42);
    CHECK_EQ(p.pixels[4 * (5 * 52 + 5) + 3], 0);
    CHECK_EQ(p.pixels[4 * (6 * 52 + 6) + 3], 255);
    CHECK_EQ(p.pixels[4 * (35 * 52 + 45) + 3], 255);
    CHECK_EQ(p.pixels[4 * (36 * 52 + 46) + 3], 0);
    file.data[30 + 14 + 8] = 255; /* the frame begins beyond the canvas */
    CHECK_EQ(decode(&file, &ws, &p), JOB_CORRUPT);
    workspace_fini(&ws);
    free(file.data);
    free(rgb.data);
}

TEST(a_field_is_found_in_fits_of_whole_numbers_and_floats)
{
    expect_field(sample_fits16(), JOB_FITS);
    expect_field(sample_fits_float(0), JOB_FITS);
}

TEST(a_field_is_found_in_compressed_fits)
{
    static const int for_whole[] = { RICE_1, GZIP_1, GZIP_2, HCOMPRESS_1 };

    for (size_t i = 0; i < sizeof for_whole / sizeof *for_whole; i++)
        expect_field(pack_fits(sample_fits16(), for_whole[i]), JOB_FITS);
    expect_field(pack_fits(sample_fits_float(0), RICE_1), JOB_FITS);
    expect_field(pack_fits(sample_fits_float(0), GZIP_2), JOB_FITS);
}

TEST(undefined_pixels_in_fits_do_not_hide_the_field)
{
    sample file = sample_fits_float(1);
    job_run run = run_stars(file.data, file.size);

    CHECK_EQ(run.answer.verdict, JOB_GOOD);
    CHECK(run.answer.star_count >= FIELD_STARS - 2);
    CHECK(run.answer.star_count <= FIELD_STARS);
    run_free(&run);
    free(file.data);
}

/* Odd sizes have half a sample of colour at their border. */
TEST(pictures_of_any_small_size_are_read)
{
    int width, height;

    for (width = 1; width <= 17; width += 4)
        for (height = 1; height <= 17; height += 3) {
            sample rgb = sample_shapes(width, height, 3);
            sample grey = sample_shapes(width, height, 1);
            sample files[] = {
                encode_jpeg(rgb.data, width, height, TJPF_RGB, TJSAMP_420, 0),
                encode_jpeg(rgb.data, width, height, TJPF_RGB, TJSAMP_411, 0),
                encode_jpeg(rgb.data, width, height, TJPF_RGB, TJSAMP_GRAY, 0),
                encode_png(rgb.data, rgb.size, (uint32_t)width,
                           (uint32_t)height, SPNG_COLOR_TYPE_TRUECOLOR, 8),
                encode_png(grey.data, grey.size, (uint32_t)width,
                           (uint32_t)height, SPNG_COLOR_TYPE_GRAYSCALE, 8),
                encode_gif(grey.data, width, height, 1),
            };
            size_t i;

            for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
                expect_verdict(&files[i], JOB_GOOD, "");
                free(files[i].data);
            }
            free(rgb.data);
            free(grey.data);
        }
}
