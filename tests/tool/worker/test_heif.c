/* HEIF and AVIF pictures, by the decoder of starling-worker-rare in this
 * process. */
#include <stdlib.h>
#include <string.h>

#include "job_runner.h"
#include "rare_samples.h"
#include "support/test.h"
#include "worker/decode/decode.h"
#include "worker/decode/decode_rare.h"

static sample field(bool avif)
{
    sample pixels = sample_pixels(3), file;

    CHECK_EQ(decode_rare_warm_up(), 0);
    file = encode_heif(pixels.data, FIELD_WIDTH, FIELD_HEIGHT, avif);
    free(pixels.data);
    if (file.data == NULL)
        test_skip("libheif has no encoder here");
    return file;
}

static void expect_field(bool avif)
{
    sample file = field(avif);
    job_run run = run_stars(file.data, file.size);

    CHECK_STR(run.answer.reason, "");
    CHECK_EQ(run.answer.format, avif ? JOB_AVIF : JOB_HEIF);
    CHECK_EQ(run.answer.width, FIELD_WIDTH);
    CHECK_EQ(run.answer.height, FIELD_HEIGHT);
    /* The codec may smooth the faintest away. */
    CHECK(run.answer.star_count >= FIELD_STARS - 2);
    CHECK(run.answer.star_count <= FIELD_STARS + 2);
    run_free(&run);
    free(file.data);
}

TEST_LIMIT(stars_are_found_in_an_avif, 60)
{
    expect_field(true);
}

TEST_LIMIT(stars_are_found_in_a_heif, 60)
{
    expect_field(false);
}

/* A wide slope through a twentieth of all levels: in 8 bits it has 12 steps. */
enum { SLOPE_WIDTH = 256, SLOPE_HEIGHT = 64, SLOPE_RISE = 12 };

static sample deep_slope(int bits, bool avif)
{
    size_t count = (size_t)SLOPE_WIDTH * SLOPE_HEIGHT;
    uint16_t *rgb = malloc(3 * count * sizeof *rgb);
    sample file;

    for (size_t i = 0; i < 3 * count; i++)
        rgb[i] = (uint16_t)(20000 + i / 3 % SLOPE_WIDTH * SLOPE_RISE * 257 /
                                        SLOPE_WIDTH);
    CHECK_EQ(decode_rare_warm_up(), 0);
    file = encode_deep_heif(rgb, SLOPE_WIDTH, SLOPE_HEIGHT, bits, avif);
    free(rgb);
    if (file.data == NULL)
        test_skip("libheif has no encoder for that here");
    return file;
}

/* In the middle of the picture; how many levels the light has there. */
static void expect_slope(int bits, bool avif)
{
    sample file = deep_slope(bits, avif);
    decode_source source = { file.data, file.size, .max_pixels = 1 << 20,
                             .need_light = true };
    uint32_t format, levels = 1;
    picture picture;
    refusal why = { "" };
    workspace ws;
    const float *row;

    CHECK_EQ(workspace_init(&ws), 0);
    CHECK_EQ(decode_picture(&source, &ws, &format, &picture, &why), JOB_GOOD);
    CHECK(picture.light != NULL);
    row = picture.light + (size_t)SLOPE_WIDTH * SLOPE_HEIGHT / 2;
    for (int x = 1; x < SLOPE_WIDTH; x++)
        levels += row[x] != row[x - 1];
    CHECK(levels > 2 * SLOPE_RISE);
    CHECK_NEAR(row[SLOPE_WIDTH / 2], 20000 / 257.0 + SLOPE_RISE / 2.0, 1);
    workspace_fini(&ws);
    free(file.data);
}

/* Of ten, libheif 1.15 has aom 3.6 abort. */
TEST_LIMIT(twelve_bits_of_an_avif_stay_twelve, 60)
{
    expect_slope(12, true);
}

TEST_LIMIT(ten_bits_of_a_heif_stay_ten, 60)
{
    expect_slope(10, false);
}

TEST_LIMIT(a_cut_avif_is_refused_wherever_it_was_cut, 60)
{
    sample file = field(true);

    for (size_t percent = 5; percent < 100; percent += 5) {
        sample part = cut(&file, file.size * percent / 100);
        job_run run = run_stars(part.data, part.size);

        CHECK(run.answer.verdict != JOB_GOOD);
        run_free(&run);
        free(part.data);
    }
    free(file.data);
}

/* The size that the container claims, in its box "ispe". */
TEST_LIMIT(an_avif_bomb_is_refused_before_its_pixels, 60)
{
    static const uint8_t huge[] = { 0, 0, 0x75, 0x30, 0, 0, 0x75, 0x30 };
    sample file = field(true);
    uint8_t *box = memmem(file.data, file.size, "ispe", 4);

    CHECK(box != NULL);
    memcpy(box + 8, huge, sizeof huge);
    expect_verdict(&file, JOB_TOO_LARGE, "pixels");
    free(file.data);
}

static void expect_flips_answered(sample file, int flips)
{
    uint64_t state = 1;

    for (int i = 0; i < flips; i++) {
        sample bad = cut(&file, file.size);
        job_run run;

        state = state * 6364136223846793005u + 1442695040888963407u;
        bad.data[(state >> 20) % (i % 2 == 0 ? 400 : bad.size)] ^=
            (uint8_t)(1u << (state >> 13) % 8);
        run = run_stars(bad.data, bad.size);
        run_free(&run);
        free(bad.data);
    }
    free(file.data);
}

TEST_LIMIT(flipped_bits_of_heif_and_avif_are_answered, 240)
{
    expect_flips_answered(field(true), 100);
    expect_flips_answered(field(false), 100);
}
