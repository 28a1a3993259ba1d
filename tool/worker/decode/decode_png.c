/* PNG, by libspng.
 *
 * Deflate makes a thousand bytes of one, so a small file may claim a huge
 * picture: the header is checked against the limits before anything is
 * allocated, and metadata chunks have a limit of their own. Pixels must be
 * whole and their checksums right; a broken comment does not matter. Pictures
 * of 16 bits a sample keep their depth for detection.
 */
#include "worker/decode/decode.h"

#include <string.h>

#include <spng.h>

#include "worker/light/deep.h"
#include "worker/decode/exif.h"

#define CHUNK_MAX ((size_t)16 << 20)

static unsigned long be32(const uint8_t *p)
{
    return (unsigned long)p[0] << 24 | (unsigned long)p[1] << 16 |
           (unsigned long)p[2] << 8 | p[3];
}

/* The header comes first and has a fixed place; libspng has words of its own
 * for sizes that it finds too large. A file that is different is left to it. */
static uint32_t check_header(const decode_source *source, refusal *why)
{
    const uint8_t *p = source->data;

    if (source->size < 24 || memcmp(p + 12, "IHDR", 4) != 0)
        return JOB_GOOD;
    return decode_check_size(source, be32(p + 16), be32(p + 20), why);
}

/* Whether the chain of chunks reaches the one that ends the file. */
static bool has_end(const uint8_t *data, size_t size)
{
    size_t at = 8;

    while (at + 12 <= size) {
        size_t length = be32(data + at);

        if (length > size - at - 12)
            return false;
        if (memcmp(data + at + 4, "IEND", 4) == 0)
            return true;
        at += 12 + length;
    }
    return false;
}

static uint32_t refuse_decoding(int rc, bool ended, refusal *why)
{
    switch (rc) {
    case SPNG_EMEM:
        return decode_refuse(why, JOB_NO_MEMORY,
                             "not enough memory to decode the PNG");
    case SPNG_ECHUNK_LIMITS:
        return decode_refuse(why, JOB_TOO_LARGE,
                             "PNG with more than 16 MiB of metadata");
    default:
        break;
    }
    if (!ended || rc == SPNG_IO_EOF)
        return decode_refuse(why, JOB_TRUNCATED,
                             "PNG without its end: the file was cut off");
    return decode_refuse(why, JOB_CORRUPT, "PNG data error: %s",
                         spng_strerror(rc));
}

/* What we ask the decoder for. */
typedef struct layout {
    int format; /* enum spng_format */
    int flags;
    int channels;
    bool is_deep; /* 16 bits a sample, in host order */
} layout;

static layout choose_layout(spng_ctx *ctx, const struct spng_ihdr *ihdr)
{
    struct spng_trns trns;
    bool deep = ihdr->bit_depth == 16;

    if (ihdr->color_type == SPNG_COLOR_TYPE_GRAYSCALE_ALPHA ||
        ihdr->color_type == SPNG_COLOR_TYPE_TRUECOLOR_ALPHA ||
        spng_get_trns(ctx, &trns) == 0)
        return (layout){ deep ? SPNG_FMT_RGBA16 : SPNG_FMT_RGBA8,
                         SPNG_DECODE_TRNS, 4, deep };
    if (ihdr->color_type == SPNG_COLOR_TYPE_GRAYSCALE)
        return (layout){ deep ? SPNG_FMT_PNG : SPNG_FMT_G8, 0, 1, deep };
    return (layout){ deep ? SPNG_FMT_PNG : SPNG_FMT_RGB8, 0, 3, deep };
}

static uint32_t finish(const decode_source *source, workspace *ws,
                       const struct spng_ihdr *ihdr, const layout *how,
                       uint8_t *pixels, picture *out, refusal *why)
{
    if (how->is_deep) {
        deep_samples samples = { .width = ihdr->width,
                                 .height = ihdr->height,
                                 .channels = how->channels,
                                 .whole = (uint16_t *)(void *)pixels };

        return deep_hold_whole(&samples, source->need_light, ws, out) == 0
                   ? JOB_GOOD
                   : decode_refuse_memory(why, ihdr->width, ihdr->height);
    }
    if (how->channels == 4)
        picture_multiply_by_alpha(pixels, (size_t)ihdr->width * ihdr->height);
    picture_hold_pixels(out, ihdr->width, ihdr->height, pixels, how->channels,
                        how->channels == 4);
    return JOB_GOOD;
}

/* How the camera was held, and what the colours mean; what cannot be read is
 * not there. */
static void read_metadata(spng_ctx *ctx, workspace *ws, picture *out)
{
    struct spng_exif exif;
    struct spng_iccp profile;
    uint8_t *copy;

    if (spng_get_exif(ctx, &exif) == 0)
        out->orientation =
            exif_orientation((const uint8_t *)exif.data, exif.length);
    if (spng_get_iccp(ctx, &profile) != 0 || profile.profile_len == 0)
        return;
    copy = workspace_take(ws, WORKSPACE_PROFILE, profile.profile_len);
    if (copy == NULL)
        return;
    memcpy(copy, profile.profile, profile.profile_len);
    out->icc = copy;
    out->icc_size = profile.profile_len;
}

static uint32_t decode_with(spng_ctx *ctx, const decode_source *source,
                            workspace *ws, picture *out, refusal *why)
{
    bool ended = has_end(source->data, source->size);
    struct spng_ihdr ihdr;
    uint32_t verdict = check_header(source, why);
    uint8_t *pixels;
    layout how;
    size_t size;
    int rc;

    if (verdict != JOB_GOOD)
        return verdict;
    rc = spng_get_ihdr(ctx, &ihdr);
    if (rc != 0)
        return refuse_decoding(rc, ended, why);
    verdict = decode_check_size(source, ihdr.width, ihdr.height, why);
    if (verdict != JOB_GOOD)
        return verdict;
    if (!ended)
        return refuse_decoding(SPNG_IO_EOF, false, why);

    how = choose_layout(ctx, &ihdr);
    size = (size_t)ihdr.width * ihdr.height * (size_t)how.channels *
           (how.is_deep ? 2 : 1);
    pixels = workspace_take(ws, WORKSPACE_PIXELS, size);
    if (pixels == NULL)
        return refuse_decoding(SPNG_EMEM, ended, why);
    rc = spng_decode_image(ctx, pixels, size, how.format, how.flags);
    if (rc != 0)
        return refuse_decoding(rc, ended, why);
    return finish(source, ws, &ihdr, &how, pixels, out, why);
}

uint32_t decode_png(const decode_source *source, workspace *ws, picture *out,
                    refusal *why)
{
    spng_ctx *ctx = spng_ctx_new(0);
    uint32_t verdict;
    int rc;

    if (ctx == NULL)
        return refuse_decoding(SPNG_EMEM, true, why);
    /* No limit on the sides here: ours answers with better words. */
    rc = spng_set_crc_action(ctx, SPNG_CRC_ERROR, SPNG_CRC_DISCARD);
    if (rc == 0)
        rc = spng_set_chunk_limits(ctx, CHUNK_MAX, CHUNK_MAX);
    if (rc == 0)
        rc = spng_set_png_buffer(ctx, source->data, source->size);
    verdict = rc == 0 ? decode_with(ctx, source, ws, out, why)
                      : refuse_decoding(rc, true, why);
    if (verdict == JOB_GOOD)
        read_metadata(ctx, ws, out);
    spng_ctx_free(ctx);
    return verdict;
}
