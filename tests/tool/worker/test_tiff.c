/* TIFF pictures, by the decoder of starling-worker-rare in this process. */
#include <stdlib.h>
#include <string.h>

#include <tiffio.h>

#include "job_runner.h"
#include "rare_samples.h"
#include "support/test.h"
#include "worker/decode_rare.h"

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
    CHECK_EQ(a.answer.outputs[0].size, b.answer.outputs[0].size);
    CHECK(memcmp((uint8_t *)a.result + a.answer.outputs[0].offset,
                 (uint8_t *)b.result + b.answer.outputs[0].offset,
                 a.answer.outputs[0].size) == 0);
    run_free(&a);
    run_free(&b);
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
TEST_LIMIT(flipped_bits_of_a_tiff_are_answered, 120)
{
    sample file = field((tiff_kind){
        .channels = 3, .compression = COMPRESSION_LZW, .strip_rows = 16 });
    uint32_t directory;
    uint64_t state = 1;

    memcpy(&directory, file.data + 4, 4);
    for (int i = 0; i < 300; i++) {
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
