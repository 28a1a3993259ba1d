/* Pictures within gzip, bzip2 and Zstandard are those that they are without. */
#include <stdlib.h>
#include <string.h>

#include <turbojpeg.h>
#include <zlib.h>

#include "job_runner.h"
#include "packed_samples.h"
#include "support/test.h"
#include "worker/decode/packed.h"
#include "worker/decode/sniff.h"

static sample pack_gzip(const sample *text)
{
    return pack_zlib(text, 16 + MAX_WBITS);
}

static pack *const packs[] = { pack_gzip, pack_bzip2, pack_zstd };

enum { PACKS = sizeof packs / sizeof *packs };

static job_look_answer look(const sample *file)
{
    job_look_request request = { .body_size = file->size };
    job_look_answer answer;
    sl_job_io io = { .in = &request,
                     .in_size = sizeof request,
                     .out = &answer,
                     .out_capacity = sizeof answer,
                     .body = { file->data, file->size, -1 } };

    CHECK_EQ(worker_look(&io), sizeof answer);
    CHECK(job_look_check(&answer, sizeof answer));
    return answer;
}

static job_run work(const sample *file, uint64_t max_bytes)
{
    return run_request_of((job_request){ .operations = JOB_DO_STARS,
                                         .draw = true,
                                         .max_bytes = max_bytes },
                          file->data, file->size);
}

static void expect_same(const sample *packed, const sample *plain)
{
    job_run a = work(packed, plain->size), b = work(plain, 0);

    CHECK_EQ(look(packed).format, b.answer.format);
    CHECK_STR(a.answer.reason, "");
    CHECK_EQ(a.answer.format, b.answer.format);
    CHECK(b.answer.star_count > 10);
    CHECK_EQ(a.answer.star_count, b.answer.star_count);
    CHECK(memcmp(a.stars, b.stars, b.answer.star_count * sizeof(job_star)) ==
          0);
    CHECK_EQ(a.marked_size, b.marked_size);
    CHECK(memcmp(a.marked, b.marked, b.marked_size) == 0);
    run_free(&a);
    run_free(&b);
}

TEST(a_packed_picture_gives_what_it_gives_without)
{
    sample pixels = sample_pixels(3);
    sample plain[] = { sample_fits_float(0),
                       encode_jpeg(pixels.data, FIELD_WIDTH, FIELD_HEIGHT,
                                   TJPF_RGB, TJSAMP_420, 0) };

    for (int i = 0; i < 2 * PACKS; i++) {
        sample packed;

        if (packs[i / 2] == NULL)
            continue; /* not in this build */
        packed = packs[i / 2](&plain[i % 2]);
        expect_same(&packed, &plain[i % 2]);
        free(packed.data);
    }
    free(pixels.data);
    free(plain[0].data);
    free(plain[1].data);
}

static void expect(const sample *file, uint64_t max_bytes, uint32_t verdict)
{
    job_run run = work(file, max_bytes);

    CHECK_STR(job_verdict_name(run.answer.verdict), job_verdict_name(verdict));
    run_free(&run);
}

TEST(a_packed_picture_must_be_whole_and_within_the_limit)
{
    sample plain = sample_fits16();

    for (int i = 0; i < PACKS; i++) {
        sample packed, part;

        if (packs[i] == NULL)
            continue;
        packed = packs[i](&plain);
        expect(&packed, plain.size - 1, JOB_TOO_LARGE);
        part = cut(&packed, packed.size - 1);
        expect(&part, 0, JOB_TRUNCATED);
        CHECK_EQ(look(&part).verdict, JOB_GOOD);
        free(part.data);
        packed.data[packed.size / 2] ^= 0x40;
        expect(&packed, 0, JOB_CORRUPT);
        free(packed.data);
    }
    free(plain.data);
}

static void expect_look(const char *text, uint32_t verdict, const char *words)
{
    sample plain = { (uint8_t *)text, strlen(text) };

    for (int i = 0; i < PACKS; i++) {
        sample packed;
        job_look_answer answer;

        if (packs[i] == NULL)
            continue;
        packed = packs[i](&plain);
        answer = look(&packed);
        CHECK_EQ(answer.verdict, verdict);
        CHECK(strstr(answer.reason, words) != NULL);
        free(packed.data);
    }
}

TEST(what_is_packed_and_no_picture_is_told)
{
    expect_look("Dear diary,", JOB_NOT_AN_IMAGE, "text, not an image");
    expect_look("", JOB_EMPTY, "nothing");
    expect_look("\x1f\x8b\x08\x08", JOB_NOT_AN_IMAGE, ": gzip data");
}

static void flip_bits(const sample *packed)
{
    uint64_t state = 1;

    for (int i = 0; i < 20; i++) {
        sample bad = cut(packed, packed->size);
        size_t at;

        state = state * 6364136223846793005u + 1442695040888963407u;
        at = (state >> 20) % (i % 3 == 0 ? 40 : bad.size);
        bad.data[at] ^= (uint8_t)(1u << (state >> 13) % 8);
        if (sniff_packing(bad.data, bad.size) != JOB_PLAIN) {
            job_run run =
                run_request_of((job_request){ 0 }, bad.data, bad.size);

            run_free(&run);
            look(&bad);
        }
        free(bad.data);
    }
}

TEST(flipped_bits_of_a_packed_picture_are_answered)
{
    sample plain = sample_fits16();

    for (int i = 0; i < PACKS; i++) {
        sample packed;

        if (packs[i] == NULL)
            continue;
        packed = packs[i](&plain);
        flip_bits(&packed);
        free(packed.data);
    }
    free(plain.data);
}
