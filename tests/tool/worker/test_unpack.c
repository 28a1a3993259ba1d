/* What servers compress comes out as it was, or is refused for a reason. */
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "packed_samples.h"
#include "support/test.h"
#include "worker/decode/unpack.h"

enum { ROOM = 1 << 20 };

typedef struct outcome {
    job_unpack_answer answer;
    uint8_t *made;
} outcome;

/* Without memory for the result the same is said of it, and nothing kept. */
static void check_count(const char *encoding, const sample *packed, size_t room,
                        const job_unpack_answer *expected)
{
    job_unpack_request request = { .body_size = packed->size, .most = room };
    job_unpack_answer answer;
    sl_job_io io = { .in = &request,
                     .in_size = sizeof request,
                     .out = &answer,
                     .out_capacity = sizeof answer,
                     .body = { packed->data, packed->size, -1 } };

    strcpy(request.encoding, encoding);
    CHECK_EQ(worker_unpack(&io), sizeof answer);
    CHECK_STR(job_verdict_name(answer.verdict),
              job_verdict_name(expected->verdict));
    CHECK_EQ(answer.size, expected->size);
}

static outcome unpack(const char *encoding, const sample *packed, size_t room)
{
    outcome o = { .made = malloc(room) };
    job_unpack_request request = { .body_size = packed->size };
    sl_job_io io = { .in = &request,
                     .in_size = sizeof request,
                     .out = &o.answer,
                     .out_capacity = sizeof o.answer,
                     .body = { packed->data, packed->size, -1 },
                     .result = { o.made, room, -1 } };

    strcpy(request.encoding, encoding);
    CHECK_EQ(worker_unpack(&io), sizeof o.answer);
    check_count(encoding, packed, room, &o.answer);
    return o;
}

static void expect(const char *encoding, const sample *packed, size_t room,
                   uint32_t verdict)
{
    outcome o = unpack(encoding, packed, room);

    CHECK_STR(job_verdict_name(o.answer.verdict), job_verdict_name(verdict));
    CHECK(verdict == JOB_GOOD || o.answer.size == 0);
    free(o.made);
}

static void expect_text(const char *encoding, const sample *packed,
                        const sample *text)
{
    outcome o = unpack(encoding, packed, ROOM);

    CHECK_EQ(o.answer.verdict, JOB_GOOD);
    CHECK_EQ(o.answer.size, text->size);
    CHECK(memcmp(o.made, text->data, text->size) == 0);
    free(o.made);
}

/* Every way in which `packed` can be wrong. */
static void expect_strict(const char *encoding, const sample *packed,
                          const sample *text)
{
    sample longer = { malloc(packed->size + 1), packed->size + 1 };

    expect_text(encoding, packed, text);
    expect(encoding, packed, text->size, JOB_GOOD);
    expect(encoding, packed, text->size - 1, JOB_TOO_LARGE);
    for (size_t size = 1; size < packed->size; size += 1 + size / 3) {
        sample part = cut(packed, size);

        expect(encoding, &part, ROOM, JOB_TRUNCATED);
        free(part.data);
    }
    memcpy(longer.data, packed->data, packed->size);
    longer.data[packed->size] = 7;
    expect(encoding, &longer, ROOM, JOB_CORRUPT);
    free(longer.data);
}

TEST(gzip_comes_out_as_it_went_in)
{
    sample text = sample_pixels(1), packed = pack_zlib(&text, 16 + MAX_WBITS);
    sample both = join(&packed, &packed), twice = join(&text, &text);

    expect_strict("gzip", &packed, &text);
    expect_text("x-gzip", &packed, &text);
    expect_text("gzip", &both, &twice); /* streams one behind the other */
    packed.data[packed.size / 2] ^= 0x40;
    expect("gzip", &packed, ROOM, JOB_CORRUPT);
    free(both.data);
    free(twice.data);
    free(packed.data);
    free(text.data);
}

TEST(deflate_is_read_in_the_form_of_zlib_and_without)
{
    sample text = sample_pixels(1), packed = pack_zlib(&text, MAX_WBITS);
    sample raw = pack_zlib(&text, -MAX_WBITS);

    expect_strict("deflate", &packed, &text);
    expect_text("deflate", &raw, &text);
    free(raw.data);
    free(packed.data);
    free(text.data);
}

TEST(a_bomb_ends_where_the_room_ends)
{
    sample text = { calloc(1, 64 << 20), 64 << 20 };
    sample packed = pack_zlib(&text, 16 + MAX_WBITS);

    CHECK(packed.size < 100000);
    expect("gzip", &packed, ROOM, JOB_TOO_LARGE);
    free(packed.data);
    free(text.data);
}

TEST(what_is_no_encoding_is_told)
{
    sample text = sample_pixels(1);

    expect("gzip", &text, ROOM, JOB_CORRUPT);
    expect("compress", &text, ROOM, JOB_UNSUPPORTED);
    expect("", &text, ROOM, JOB_UNSUPPORTED);
    free(text.data);
}

static void flip_bits(const char *encoding, const sample *packed)
{
    uint64_t state = 1;

    for (int i = 0; i < 200; i++) {
        sample bad = cut(packed, packed->size);
        outcome o;
        size_t at;

        state = state * 6364136223846793005u + 1442695040888963407u;
        at = (state >> 20) % (i % 2 == 0 ? 40 : bad.size);
        bad.data[at] ^= (uint8_t)(1u << (state >> 13) % 8);
        o = unpack(encoding, &bad, ROOM);
        CHECK(o.answer.verdict < JOB_VERDICTS && o.answer.size <= ROOM);
        free(o.made);
        free(bad.data);
    }
}

static void try_encoding(const char *encoding, pack *pack)
{
    sample text = sample_pixels(1), packed;

    if (pack == NULL)
        return; /* not in this build */
    packed = pack(&text);
    expect_strict(encoding, &packed, &text);
    flip_bits(encoding, &packed);
    free(packed.data);
    free(text.data);
}

TEST(brotli_comes_out_as_it_went_in)
{
    try_encoding("br", pack_brotli);
}

TEST(zstd_comes_out_as_it_went_in)
{
    try_encoding("zstd", pack_zstd);
}

TEST(flipped_bits_of_gzip_are_answered)
{
    sample text = sample_pixels(1), packed = pack_zlib(&text, 16 + MAX_WBITS);

    flip_bits("gzip", &packed);
    free(packed.data);
    free(text.data);
}
