/* HEIF and AVIF pictures, by the decoder of starling-worker-rare in this
 * process. */
#include <stdlib.h>
#include <string.h>

#include "job_runner.h"
#include "rare_samples.h"
#include "support/test.h"
#include "worker/decode_rare.h"

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
