/* TIFF pictures, by the decoder of starling-worker-rare in this process. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <spng.h>
#include <tiffio.h>

#include "job_runner.h"
#include "rare_samples.h"
#include "support/test.h"
#include "worker/decode/decode_rare.h"

static sample field(tiff_kind kind)
{
    sample pixels = sample_pixels(kind.channels);
    sample file = encode_tiff(pixels.data, FIELD_WIDTH, FIELD_HEIGHT, &kind);

    CHECK_EQ(decode_rare_warm_up(), 0);
    free(pixels.data);
    return file;
}

static void expect_field(sample file)
{
    job_run run = run_stars(file.data, file.size);

    CHECK_STR(run.answer.reason, "");
    CHECK_EQ(run.answer.format, JOB_TIFF);
    CHECK_EQ(run.answer.width, FIELD_WIDTH);
    CHECK_EQ(run.answer.height, FIELD_HEIGHT);
    CHECK_EQ(run.answer.star_count, FIELD_STARS);
    run_free(&run);
    free(file.data);
}

TEST(stars_are_found_in_every_kind_of_tiff)
{
    expect_field(field((tiff_kind){ .channels = 1 }));
    expect_field(field((tiff_kind){ .channels = 3, .strip_rows = 7 }));
    expect_field(field((tiff_kind){ .channels = 4 }));
    expect_field(field((tiff_kind){
        .channels = 3, .compression = COMPRESSION_LZW, .strip_rows = 16 }));
    expect_field(field((tiff_kind){
        .channels = 1, .compression = COMPRESSION_ADOBE_DEFLATE }));
}

/* Depth: a field that 8 bits would lose. */

/* A twentieth of the range of 16 bits: noise of 0.1 of their grey levels. */
static void put_value_of(uint8_t *to, double level, const tiff_kind *kind)
{
    uint16_t whole = (uint16_t)(level / 20 * 257);
    int16_t less = (int16_t)(level * 30 - 1000);
    uint32_t large = (uint32_t)(level * 1000);
    float light = (float)(level * 1e-3);
    double fine = level * 1e6;

    if (kind->format != SAMPLEFORMAT_IEEEFP && kind->bits == 16)
        memcpy(to, kind->format == SAMPLEFORMAT_INT ? (void *)&less : &whole,
               2);
    else if (kind->format != SAMPLEFORMAT_IEEEFP)
        memcpy(to, &large, 4);
    else
        memcpy(to, kind->bits == 32 ? (void *)&light : &fine,
               (size_t)kind->bits / 8);
}

/* The last channel of two or four is alpha, and full. */
static sample deep_field(tiff_kind kind)
{
    size_t bytes = (size_t)kind.bits / 8, channels = (size_t)kind.channels;
    uint8_t *pixels = malloc(FIELD_WIDTH * FIELD_HEIGHT * channels * bytes);
    double *levels = sample_field();
    uint8_t *at = pixels;
    sample file;

    for (size_t i = 0; i < FIELD_WIDTH * FIELD_HEIGHT; i++)
        for (size_t c = 0; c < channels; c++, at += bytes)
            if (channels % 2 == 0 && c + 1 == channels)
                memset(at, 0xff, bytes);
            else
                put_value_of(at, levels[i], &kind);
    CHECK_EQ(decode_rare_warm_up(), 0);
    file = encode_tiff(pixels, FIELD_WIDTH, FIELD_HEIGHT, &kind);
    free(levels);
    free(pixels);
    return file;
}

TEST_LIMIT(a_tiff_of_16_bits_keeps_what_8_bits_would_lose, 60)
{
    static const tiff_kind kinds[] = {
        { .channels = 1 },
        { .channels = 2, .strip_rows = 5 },
        { .channels = 3, .compression = COMPRESSION_LZW, .strip_rows = 16 },
        { .channels = 3, .separate = true, .strip_rows = 16 },
        { .channels = 3, .separate = true, .tile = 64 },
        { .channels = 3, .tile = 48, .compression = COMPRESSION_LZW },
        { .channels = 4 },
        { .channels = 1, .format = SAMPLEFORMAT_INT },
    };

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        tiff_kind kind = kinds[i];

        kind.bits = 16;
        expect_field(deep_field(kind));
    }
}

TEST_LIMIT(light_is_read_from_a_tiff_whatever_its_range, 60)
{
    static const tiff_kind kinds[] = {
        { .channels = 1, .bits = 32, .format = SAMPLEFORMAT_IEEEFP },
        { .channels = 3,
          .bits = 32,
          .format = SAMPLEFORMAT_IEEEFP,
          .compression = COMPRESSION_ADOBE_DEFLATE },
        { .channels = 3,
          .bits = 32,
          .format = SAMPLEFORMAT_IEEEFP,
          .separate = true,
          .tile = 64 },
        { .channels = 1, .bits = 64, .format = SAMPLEFORMAT_IEEEFP },
        { .channels = 1, .bits = 32 },
    };

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        expect_field(deep_field(kinds[i]));
}

TEST(a_tiff_of_undefined_light_is_corrupt)
{
    float nothing[64];
    sample file;

    for (int i = 0; i < 64; i++)
        nothing[i] = i % 2 == 0 ? NAN : INFINITY;
    CHECK_EQ(decode_rare_warm_up(), 0);
    file = encode_tiff(nothing, 8, 8,
                       &(tiff_kind){ .channels = 1,
                                     .bits = 32,
                                     .format = SAMPLEFORMAT_IEEEFP });
    expect_verdict(&file, JOB_CORRUPT, "undefined");
    free(file.data);
}

/* A thumbnail as large as the picture, so that its pixels are the file's. */
static job_run thumb_of(const sample *file, int width)
{
    job_request request = { .operations = JOB_DO_THUMBS,
                            .format = JOB_PNG,
                            .thumbs = { .count = 1,
                                        .boxes = { { (uint32_t)width, 0 } } } };
    job_run run = run_request_of(request, file->data, file->size);

    CHECK_STR(run.answer.reason, "");
    CHECK_EQ(run.answer.output_count, 1);
    return run;
}

static void expect_shape(int orientation, int width, int height)
{
    sample pixels = sample_shapes(60, 40, 3);
    sample file =
        encode_tiff(pixels.data, 60, 40,
                    &(tiff_kind){ .channels = 3, .orientation = orientation });
    job_run run = thumb_of(&file, width);

    CHECK_EQ(run.answer.width, 60);
    CHECK_EQ(run.answer.outputs[0].width, width);
    CHECK_EQ(run.answer.outputs[0].height, height);
    run_free(&run);
    free(file.data);
    free(pixels.data);
}

static void expect_same(job_run *a, job_run *b)
{
    CHECK_EQ(a->answer.outputs[0].size, b->answer.outputs[0].size);
    CHECK(memcmp((uint8_t *)a->result + a->answer.outputs[0].offset,
                 (uint8_t *)b->result + b->answer.outputs[0].offset,
                 a->answer.outputs[0].size) == 0);
    run_free(a);
    run_free(b);
}

static void expect_pixel(const void *pixels, tiff_kind kind,
                         const uint8_t wanted[4])
{
    sample file = encode_tiff(pixels, 2, 1, &kind);
    job_run run = thumb_of(&file, 2);
    const job_output *made = job_answer_output(&run.answer, JOB_THUMB, 0);
    spng_ctx *ctx = spng_ctx_new(0);
    uint8_t rgba[8];

    CHECK_EQ(spng_set_png_buffer(ctx, (uint8_t *)run.result + made->offset,
                                 made->size),
             0);
    CHECK_EQ(spng_decode_image(ctx, rgba, sizeof rgba, SPNG_FMT_RGBA8,
                               SPNG_DECODE_TRNS),
             0);
    for (int i = 0; i < 4; i++)
        CHECK_NEAR(rgba[i], wanted[i], 1);
    spng_ctx_free(ctx);
    run_free(&run);
    free(file.data);
}

TEST(colours_of_16_bits_are_those_of_8)
{
    static const uint16_t rgb[] = { 51400, 257, 25700, 51400, 257, 25700 };
    static const uint16_t rgba[] = { 51400, 257, 25700, 32896,
                                     51400, 257, 25700, 32896 };
    static const uint16_t grey[] = { 51400, 32896, 51400, 32896 };

    CHECK_EQ(decode_rare_warm_up(), 0);
    expect_pixel(rgb, (tiff_kind){ .channels = 3, .bits = 16 },
                 (const uint8_t[]){ 200, 1, 100, 255 });
    expect_pixel(rgba, (tiff_kind){ .channels = 4, .bits = 16 },
                 (const uint8_t[]){ 200, 1, 100, 128 });
    expect_pixel(grey, (tiff_kind){ .channels = 2, .bits = 16 },
                 (const uint8_t[]){ 200, 200, 200, 128 });
    expect_pixel(
        (const uint16_t[]){ 51400, 51400 },
        (tiff_kind){ .channels = 1, .bits = 16, .white_is_zero = true },
        (const uint8_t[]){ 55, 55, 55, 255 });
}

/* Cyan, in the way of TIFF: 255 is all of it. What is red, strange_inks() says:
 * L 55, a 75, b 50. */
TEST(inks_of_a_tiff_look_as_its_profile_says)
{
    static const uint8_t cyan[] = { 255, 0, 0, 0, 255, 0, 0, 0 };
    static const uint16_t fine[] = { 65535, 0, 0, 0, 65535, 0, 0, 0 };
    sample inks = strange_inks();
    tiff_kind kind = { .channels = 4, .inks = true };

    CHECK_EQ(decode_rare_warm_up(), 0);
    expect_pixel(cyan, kind, (const uint8_t[]){ 0, 255, 255, 255 });
    kind.profile = &inks;
    expect_pixel(cyan, kind, (const uint8_t[]){ 249, 42, 51, 255 });
    kind.bits = 16;
    expect_pixel(fine, kind, (const uint8_t[]){ 249, 42, 51, 255 });
    free(inks.data);
}

static job_run thumb_of_light(const void *pixels, int bits)
{
    sample file = encode_tiff(pixels, 4, 2,
                              &(tiff_kind){ .channels = 1,
                                            .bits = bits,
                                            .format = SAMPLEFORMAT_IEEEFP });
    job_run run = thumb_of(&file, 4);

    free(file.data);
    return run;
}

TEST(floats_of_16_bits_are_those_of_32)
{
    static const uint16_t halves[] = { 0x3e00, 0xc000, 0x0001, 0x03ff,
                                       0x5640, 0x7bff, 0x7c00, 0x3c01 };
    static const float floats[] = { 1.5f,  -2,    0x1p-24f, 0x3ffp-24f,
                                    100.f, 65504, INFINITY, 0x401p-10f };
    job_run a, b;

    CHECK_EQ(decode_rare_warm_up(), 0);
    a = thumb_of_light(halves, 16);
    b = thumb_of_light(floats, 32);
    expect_same(&a, &b);
}

/* The same thumbnail as of a file whose rows were upside down already. */
TEST(a_tiff_is_set_upright_once)
{
    sample pixels = sample_shapes(60, 40, 3),
           turned = cut(&pixels, pixels.size);
    sample file, upright;
    job_run a, b;

    CHECK_EQ(decode_rare_warm_up(), 0);
    for (int y = 0; y < 40; y++)
        memcpy(turned.data + 180 * y, pixels.data + 180 * (39 - y), 180);
    file = encode_tiff(turned.data, 60, 40,
                       &(tiff_kind){ .channels = 3, .orientation = 4 });
    upright = encode_tiff(pixels.data, 60, 40, &(tiff_kind){ .channels = 3 });
    a = thumb_of(&file, 60);
    b = thumb_of(&upright, 60);
    expect_same(&a, &b);
    free(file.data);
    free(upright.data);
    free(turned.data);
    free(pixels.data);
    expect_shape(1, 60, 40);
    expect_shape(6, 40, 60);
    expect_shape(8, 40, 60);
}

static void expect_cuts_refused(sample file)
{
    for (size_t percent = 5; percent < 100; percent += 5) {
        sample part = cut(&file, file.size * percent / 100);

        expect_verdict(&part, JOB_TRUNCATED, "ends before");
        free(part.data);
    }
    free(file.data);
}

TEST_LIMIT(a_cut_tiff_is_truncated_wherever_it_was_cut, 60)
{
    expect_cuts_refused(field((tiff_kind){ .channels = 3 }));
    expect_cuts_refused(field((tiff_kind){
        .channels = 1, .compression = COMPRESSION_LZW, .strip_rows = 16 }));
    expect_cuts_refused(deep_field((tiff_kind){
        .channels = 3, .bits = 16, .compression = COMPRESSION_LZW }));
    expect_cuts_refused(deep_field((tiff_kind){ .channels = 1,
                                                .bits = 32,
                                                .format = SAMPLEFORMAT_IEEEFP,
                                                .tile = 64 }));
}

/* Where the value of a tag lies in a little-endian file of libtiff's. */
static uint8_t *value_of(const sample *file, uint16_t tag)
{
    uint32_t directory;
    uint16_t count;

    memcpy(&directory, file->data + 4, 4);
    memcpy(&count, file->data + directory, 2);
    for (uint8_t *entry = file->data + directory + 2; count > 0;
         entry += 12, count--)
        if (memcmp(entry, &tag, 2) == 0)
            return entry + 8;
    test_fail(__FILE__, __LINE__, "no tag %u", tag);
}

static void put_value(sample *file, uint16_t tag, uint32_t value)
{
    static const uint8_t type_long[] = { 4, 0 };
    uint8_t *at = value_of(file, tag);

    memcpy(at, &value, 4);
    memcpy(at - 6, type_long, 2);
}

static void expect_size_refused(uint32_t width, uint32_t height,
                                uint32_t verdict, const char *words)
{
    sample file =
        field((tiff_kind){ .channels = 3, .compression = COMPRESSION_LZW });

    put_value(&file, TIFFTAG_IMAGEWIDTH, width);
    put_value(&file, TIFFTAG_IMAGELENGTH, height);
    put_value(&file, TIFFTAG_ROWSPERSTRIP, height);
    expect_verdict(&file, verdict, words);
    free(file.data);
}

TEST(a_tiff_bomb_is_refused_before_its_pixels)
{
    expect_size_refused(29000, 29000, JOB_TOO_LARGE, "in all");
    expect_size_refused(0x7fffffff, 10, JOB_TOO_LARGE, "30000 on a side");
    expect_size_refused(10, 0xffffffff, JOB_TOO_LARGE, "30000 on a side");
    expect_size_refused(0, 10, JOB_CORRUPT, "");
    /* inside the limits, but the pixels are not there */
    expect_size_refused(4000, 4000, JOB_CORRUPT, "TIFF data error");
}

static void expect_compression_refused(uint16_t compression, const char *words)
{
    sample file =
        field((tiff_kind){ .channels = 3, .compression = COMPRESSION_LZW });

    memcpy(value_of(&file, TIFFTAG_COMPRESSION), &compression, 2);
    expect_verdict(&file, JOB_UNSUPPORTED, words);
    free(file.data);
}

TEST(tiffs_that_nothing_can_be_made_of_are_refused_in_words)
{
    sample file;

    expect_compression_refused(COMPRESSION_OJPEG, "old-style JPEG");
    expect_compression_refused(31234, "compression");
    file = field((tiff_kind){ .channels = 3, .compression = COMPRESSION_LZW });
    memset(file.data + 4000, 0xff, 3000);
    expect_verdict(&file, JOB_CORRUPT, "TIFF data error");
    free(file.data);
}

/* run_stars() checks each answer. */
static void flip_bits(sample file)
{
    uint32_t directory;
    uint64_t state = 1;

    memcpy(&directory, file.data + 4, 4);
    for (int i = 0; i < 120; i++) {
        sample bad = cut(&file, file.size);
        job_run run;
        size_t at;

        state = state * 6364136223846793005u + 1442695040888963407u;
        at = (state >> 20) % bad.size;
        if (i % 2 == 0) /* the directory is where the harm is done */
            at = directory + at % (bad.size - directory);
        bad.data[at] ^= (uint8_t)(1u << (state >> 13) % 8);
        run = run_stars(bad.data, bad.size);
        run_free(&run);
        free(bad.data);
    }
    free(file.data);
}

TEST_LIMIT(flipped_bits_of_a_tiff_are_answered, 120)
{
    flip_bits(field((tiff_kind){
        .channels = 3, .compression = COMPRESSION_LZW, .strip_rows = 16 }));
    flip_bits(deep_field((tiff_kind){
        .channels = 1, .bits = 16, .compression = COMPRESSION_LZW }));
    flip_bits(deep_field((tiff_kind){ .channels = 1,
                                      .bits = 32,
                                      .format = SAMPLEFORMAT_IEEEFP,
                                      .tile = 64 }));
}
