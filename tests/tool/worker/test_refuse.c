/* Pictures that are no good, each with the one reason it is refused for. */
#include <stdlib.h>
#include <string.h>

#include <fitsio.h>
#include <spng.h>
#include <turbojpeg.h>

#include "job_runner.h"
#include "samples.h"
#include "support/test.h"
#include "worker/job.h"

static void expect_bytes(const char *bytes, size_t size, uint32_t verdict,
                         const char *words)
{
    sample file = { (uint8_t *)bytes, size };

    expect_verdict(&file, verdict, words);
}

#define EXPECT(text, verdict, words)                                           \
    expect_bytes(text, sizeof(text) - 1, verdict, words)

static sample field_jpeg(int flags)
{
    sample rgb = sample_pixels(3);
    sample file = encode_jpeg(rgb.data, FIELD_WIDTH, FIELD_HEIGHT, TJPF_RGB,
                              TJSAMP_420, flags);

    free(rgb.data);
    return file;
}

static sample field_png(void)
{
    sample rgb = sample_pixels(3);
    sample file = encode_png(rgb.data, rgb.size, FIELD_WIDTH, FIELD_HEIGHT,
                             SPNG_COLOR_TYPE_TRUECOLOR, 8);

    free(rgb.data);
    return file;
}

static sample field_webp(void)
{
    sample rgb = sample_pixels(3);
    sample file = encode_webp(rgb.data, FIELD_WIDTH, FIELD_HEIGHT);

    free(rgb.data);
    return file;
}

static sample field_gif(void)
{
    sample grey = sample_pixels(1);
    sample file = encode_gif(grey.data, FIELD_WIDTH, FIELD_HEIGHT, 0);

    free(grey.data);
    return file;
}

TEST(what_is_no_picture_is_named)
{
    EXPECT("", JOB_EMPTY, "empty");
    EXPECT("\xef\xbb\xbf\n <!DOCTYPE html><html></html>", JOB_NOT_AN_IMAGE,
           "HTML page, not an image");
    EXPECT("<?xml version=\"1.0\"?><svg width=\"1\"/>", JOB_UNSUPPORTED, "SVG");
    EXPECT("<?xml version=\"1.0\"?><feed/>", JOB_NOT_AN_IMAGE, "XML");
    EXPECT("{\"error\": \"over rate limit\"}", JOB_NOT_AN_IMAGE, "JSON");
    EXPECT("404 not found\n", JOB_NOT_AN_IMAGE, "text");
    EXPECT("\1\2\3\4\5\6\7\x0e", JOB_NOT_AN_IMAGE, "unknown bytes");
    EXPECT("II*\0\x08\0\0\0", JOB_UNSUPPORTED,
           "TIFF needs starling-worker-rare, which is built where libtiff-dev");
    EXPECT("BM\x36\x00\x0c\0\0\0", JOB_UNSUPPORTED, "BMP");
    EXPECT("\0\0\0\x20"
           "ftypavif\0\0\0\0",
           JOB_UNSUPPORTED, "AVIF");
    EXPECT("\0\0\0\x20"
           "ftypheic\0\0\0\0",
           JOB_UNSUPPORTED, "HEIF");
    EXPECT("\0\0\0\x20"
           "ftypisom\0\0\0\0",
           JOB_NOT_AN_IMAGE, "video");
    EXPECT("%PDF-1.7\n", JOB_UNSUPPORTED, "PDF");
}

static void expect_all_cuts_refused(sample file)
{
    int percent;

    for (percent = 5; percent < 100; percent += 5) {
        sample part = cut(&file, file.size * (size_t)percent / 100);
        job_run run = run_stars(part.data, part.size);

        CHECK_STR(job_verdict_name(run.answer.verdict), "truncated");
        run_free(&run);
        free(part.data);
    }
    free(file.data);
}

TEST_LIMIT(a_cut_file_is_truncated_wherever_it_was_cut, 60)
{
    expect_all_cuts_refused(field_jpeg(0));
    expect_all_cuts_refused(field_jpeg(TJFLAG_PROGRESSIVE));
    expect_all_cuts_refused(field_png());
    expect_all_cuts_refused(field_webp());
    expect_all_cuts_refused(field_gif());
    expect_all_cuts_refused(sample_fits16());
    expect_all_cuts_refused(pack_fits(sample_fits16(), RICE_1));
}

/* The last bytes are the file's own word that it is complete. */
TEST(a_file_without_its_end_marker_is_truncated)
{
    sample jpeg = field_jpeg(0), png = field_png(), gif = field_gif(), part;

    part = cut(&jpeg, jpeg.size - 2);
    expect_verdict(&part, JOB_TRUNCATED, "cut off");
    free(part.data);
    part = cut(&png, png.size - 12);
    expect_verdict(&part, JOB_TRUNCATED, "cut off");
    free(part.data);
    part = cut(&gif, gif.size - 1);
    expect_verdict(&part, JOB_TRUNCATED, "cut off");
    free(part.data);
    free(jpeg.data);
    free(png.data);
    free(gif.data);
}

/* Half of the coded data missing, but with an end marker put behind. */
TEST(a_jpeg_that_lacks_pixels_is_corrupt)
{
    sample whole = field_jpeg(0), part = cut(&whole, whole.size / 2);

    memcpy(part.data + part.size - 2, "\xff\xd9", 2);
    expect_verdict(&part, JOB_CORRUPT, "JPEG data error");
    free(part.data);
    free(whole.data);
}

TEST(a_png_with_a_wrong_checksum_is_corrupt)
{
    sample file = field_png();

    file.data[file.size / 2] ^= 0x10;
    expect_verdict(&file, JOB_CORRUPT, "PNG data error");
    free(file.data);
}

/* Whatever a flipped bit does, the worker answers, and soundly: run_stars()
 * checks each answer. */
static void expect_flips_answered(sample file)
{
    uint64_t state = 1;
    int i;

    for (i = 0; i < 150; i++) {
        sample bad = cut(&file, file.size);
        job_run run;

        state = state * 6364136223846793005u + 1442695040888963407u;
        /* A third of the flips hit the headers. */
        bad.data[(state >> 20) % (i % 3 == 0 ? 200 : bad.size)] ^=
            (uint8_t)(1u << (state >> 13) % 8);
        run = run_stars(bad.data, bad.size);
        run_free(&run);
        free(bad.data);
    }
    free(file.data);
}

TEST_LIMIT(flipped_bits_are_answered_in_jpeg, 120)
{
    expect_flips_answered(field_jpeg(0));
    expect_flips_answered(field_jpeg(TJFLAG_PROGRESSIVE));
}

TEST_LIMIT(flipped_bits_are_answered_in_png_webp_and_gif, 120)
{
    expect_flips_answered(field_png());
    expect_flips_answered(field_webp());
    expect_flips_answered(field_gif());
}

/* Not in compressed FITS: there cfitsio 4.2 crashes now and then, which costs
 * the picture and its worker. */
TEST_LIMIT(flipped_bits_are_answered_in_fits, 120)
{
    expect_flips_answered(sample_fits16());
    expect_flips_answered(sample_fits_float(1));
}

static uint32_t crc_of(const uint8_t *bytes, size_t size)
{
    uint32_t crc = ~0u;
    size_t i;
    int k;

    for (i = 0; i < size; i++) {
        crc ^= bytes[i];
        for (k = 0; k < 8; k++)
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
    }
    return ~crc;
}

static void put32(uint8_t *to, uint32_t value)
{
    value = __builtin_bswap32(value);
    memcpy(to, &value, sizeof(value));
}

static void expect_claimed_size_refused(uint32_t width, uint32_t height,
                                        const char *words)
{
    sample file = field_png();

    put32(file.data + 16, width);
    put32(file.data + 20, height);
    put32(file.data + 29, crc_of(file.data + 12, 17));
    expect_verdict(&file, JOB_TOO_LARGE, words);
    free(file.data);
}

TEST(a_png_bomb_is_refused_before_its_pixels)
{
    expect_claimed_size_refused(29000, 29000, "in all");
    expect_claimed_size_refused(60000, 10, "30000 on a side");
    expect_claimed_size_refused(0x7fffffff, 0x7fffffff, "30000 on a side");
}

TEST(a_jpeg_that_claims_huge_sides_is_refused)
{
    sample file = field_jpeg(0);
    size_t i;

    for (i = 2; file.data[i] != 0xFF || file.data[i + 1] != 0xC0; i++)
        ;
    memset(file.data + i + 5, 0xFE, 4);
    expect_verdict(&file, JOB_TOO_LARGE, "65278 x 65278");
    free(file.data);
}

/* Each scan of a progressive picture goes over all of it. */
TEST(a_jpeg_of_a_thousand_scans_is_refused)
{
    sample whole = field_jpeg(TJFLAG_PROGRESSIVE), file;
    static const uint8_t scan[] = { 0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 0, 0, 0x55 };
    int i;

    file.size = whole.size + 1000 * sizeof(scan);
    file.data = malloc(file.size);
    memcpy(file.data, whole.data, whole.size - 2);
    for (i = 0; i < 1000; i++)
        memcpy(file.data + whole.size - 2 + (size_t)i * sizeof(scan), scan,
               sizeof(scan));
    memcpy(file.data + file.size - 2, "\xff\xd9", 2);
    expect_verdict(&file, JOB_TOO_LARGE, "scans");
    free(file.data);
    free(whole.data);
}

static void expect_header(const char *const *cards, uint32_t verdict,
                          const char *words)
{
    static const uint8_t data[2880];
    sample file = encode_fits(cards, data, sizeof(data));

    expect_verdict(&file, verdict, words);
    free(file.data);
}

TEST(a_fits_header_with_999_axes_never_reaches_cfitsio)
{
    static const char *const cards[] = { "BITPIX  =                    8",
                                         "NAXIS   =                  999",
                                         NULL };

    expect_header(cards, JOB_UNSUPPORTED, "999 axes");
}

TEST(fits_axes_are_held_against_limits_and_file_size)
{
    static const char *const huge[] = {
        "BITPIX  =                  -64", "NAXIS   =                    2",
        "NAXIS1  =           2000000000", "NAXIS2  =           2000000000", NULL
    };
    static const char *const missing[] = {
        "BITPIX  =                   16", "NAXIS   =                    2",
        "NAXIS1  =                 1000", "NAXIS2  =                 1000", NULL
    };
    static const char *const negative[] = {
        "BITPIX  =                   16", "NAXIS   =                    2",
        "NAXIS1  =                   -5", "NAXIS2  =                   10", NULL
    };
    static const char *const planes[] = {
        "BITPIX  =                   16", "NAXIS   =                    3",
        "NAXIS1  =                   10", "NAXIS2  =                   10",
        "NAXIS3  =  9223372036854775807", NULL
    };
    static const char *const depth[] = {
        "BITPIX  =                   12", "NAXIS   =                    2",
        "NAXIS1  =                   10", "NAXIS2  =                   10", NULL
    };

    expect_header(huge, JOB_TOO_LARGE, "on a side");
    expect_header(missing, JOB_TRUNCATED, "ends before its pixels");
    expect_header(negative, JOB_CORRUPT, "negative axis");
    expect_header(planes, JOB_CORRUPT, "huge axes");
    expect_header(depth, JOB_CORRUPT, "BITPIX");
}

/* A table of ten rows of eight bytes that claims to be a picture. */
static void expect_packed_header(const char *wide, const char *tile,
                                 uint32_t verdict, const char *words)
{
    enum { BLOCK_CARDS = 36, TABLE = BLOCK_CARDS - 1 /* behind SIMPLE */ };
    const char *const table[] = { "XTENSION= 'BINTABLE'",
                                  "BITPIX  =                    8",
                                  "NAXIS   =                    2",
                                  "NAXIS1  =                    8",
                                  "NAXIS2  =                   10",
                                  "PCOUNT  =                    0",
                                  "GCOUNT  =                    1",
                                  "TFIELDS =                    1",
                                  "TTYPE1  = 'COMPRESSED_DATA'",
                                  "TFORM1  = '1PB(9)'",
                                  "ZIMAGE  =                    T",
                                  "ZCMPTYPE= 'RICE_1'",
                                  "ZBITPIX =                   16",
                                  "ZNAXIS  =                    2",
                                  "ZNAXIS2 =                   10",
                                  wide,
                                  tile,
                                  NULL };
    const char *cards[TABLE + sizeof table / sizeof *table] = {
        "BITPIX  =                    8", "NAXIS   =                    0",
        "END"
    };

    for (int i = 3; i < TABLE; i++)
        cards[i] = "";
    memcpy(cards + TABLE, table, sizeof table);
    expect_header(cards, verdict, words);
}

TEST(what_a_compressed_fits_picture_claims_to_be_is_held_against_limits)
{
    const char *tile = "ZTILE1  =                   20";

    expect_packed_header("ZNAXIS1 =           2000000000", tile, JOB_TOO_LARGE,
                         "on a side");
    expect_packed_header("ZNAXIS1 =                  -20", tile, JOB_CORRUPT,
                         "negative axis");
    expect_packed_header("ZNAXIS1 =                   20",
                         "ZTILE1  =           2000000000", JOB_CORRUPT,
                         "impossible values");
}

TEST(a_fits_header_that_contradicts_itself_is_corrupt)
{
    static const char *const twice[] = {
        "BITPIX  =                    8", "NAXIS   =                    2",
        "NAXIS1  =                   40", "NAXIS2  =                   40",
        "NAXIS1  =                   20", NULL
    };

    expect_header(twice, JOB_CORRUPT, "FITS data error");
}

TEST(a_fits_file_of_undefined_pixels_is_corrupt)
{
    static const char *const cards[] = {
        "BITPIX  =                    8", "NAXIS   =                    2",
        "NAXIS1  =                   40", "NAXIS2  =                   40",
        "BLANK   =                    0", NULL
    };

    expect_header(cards, JOB_CORRUPT, "undefined");
}
