/* WebP, by libwebp.
 *
 * The container says how long it is, so a cut file is known before decoding.
 * libwebp hands out video-range planes where JPEG's are full range, so the way
 * leads over RGB. The decoder multiplies colours by alpha.
 */
#include "worker/decode.h"

#include <string.h>

#include <webp/decode.h>

#include "worker/exif.h"

static uint32_t refuse_decoding(VP8StatusCode status, refusal *why)
{
    switch (status) {
    case VP8_STATUS_OUT_OF_MEMORY:
        return decode_refuse(why, JOB_NO_MEMORY,
                             "not enough memory to decode the WebP");
    case VP8_STATUS_SUSPENDED:
    case VP8_STATUS_NOT_ENOUGH_DATA:
        return decode_refuse(why, JOB_TRUNCATED,
                             "WebP ends before its pixels do");
    case VP8_STATUS_UNSUPPORTED_FEATURE:
        return decode_refuse(why, JOB_UNSUPPORTED,
                             "WebP with features that are not supported");
    default:
        return decode_refuse(why, JOB_CORRUPT, "WebP data error");
    }
}

/* "RIFF", the size of the rest, "WEBP": is all of the rest there? */
static bool is_whole(const decode_source *source)
{
    const uint8_t *p = source->data + 4;
    uint64_t claimed = (uint64_t)p[0] | (uint64_t)p[1] << 8 |
                       (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24;

    return claimed + 8 <= source->size;
}

static size_t le32(const uint8_t *p)
{
    return (size_t)p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16 |
           (size_t)p[3] << 24;
}

/* Chunks of metadata lie beside those of pixels; what is broken is not there.
 * EXIF data may begin as in a JPEG. */
static void read_metadata(const decode_source *source, picture *out)
{
    size_t at = 12;

    while (source->size - at >= 8) {
        const uint8_t *chunk = source->data + at;
        size_t size = le32(chunk + 4);
        const uint8_t *data = chunk + 8;

        if (size > source->size - at - 8)
            return;
        if (memcmp(chunk, "ICCP", 4) == 0) {
            out->icc = data;
            out->icc_size = size;
        } else if (memcmp(chunk, "EXIF", 4) == 0) {
            bool prefixed = size > 6 && memcmp(data, "Exif\0\0", 6) == 0;

            out->orientation = exif_orientation(prefixed ? data + 6 : data,
                                                prefixed ? size - 6 : size);
        }
        at += 8 + size;
        at += at < source->size ? size & 1 : 0;
    }
}

static VP8StatusCode decode_into(const decode_source *source, uint8_t *pixels,
                                 size_t size, int width, bool alpha)
{
    WebPDecoderConfig config;

    if (!WebPInitDecoderConfig(&config))
        return VP8_STATUS_INVALID_PARAM;
    config.output.colorspace = alpha ? MODE_rgbA : MODE_RGB;
    config.output.is_external_memory = 1;
    config.output.u.RGBA.rgba = pixels;
    config.output.u.RGBA.stride = width * (alpha ? 4 : 3);
    config.output.u.RGBA.size = size;
    return WebPDecode(source->data, source->size, &config);
}

uint32_t decode_webp(const decode_source *source, workspace *ws, picture *out,
                     refusal *why)
{
    WebPBitstreamFeatures features;
    VP8StatusCode status =
        WebPGetFeatures(source->data, source->size, &features);
    uint32_t verdict;
    uint8_t *pixels;
    size_t size;

    if (status != VP8_STATUS_OK)
        return refuse_decoding(status, why);
    verdict = decode_check_size(source, (uint64_t)features.width,
                                (uint64_t)features.height, why);
    if (verdict != JOB_GOOD)
        return verdict;
    if (features.has_animation)
        return decode_refuse(why, JOB_UNSUPPORTED,
                             "animated WebP pictures are not supported");
    if (!is_whole(source))
        return refuse_decoding(VP8_STATUS_NOT_ENOUGH_DATA, why);

    size = (size_t)features.width * (size_t)features.height *
           (features.has_alpha ? 4 : 3);
    pixels = workspace_take(ws, WORKSPACE_PIXELS, size);
    if (pixels == NULL)
        return refuse_decoding(VP8_STATUS_OUT_OF_MEMORY, why);
    status = decode_into(source, pixels, size, features.width,
                         features.has_alpha != 0);
    if (status != VP8_STATUS_OK)
        return refuse_decoding(status, why);
    picture_hold_pixels(out, (uint32_t)features.width,
                        (uint32_t)features.height, pixels,
                        features.has_alpha ? 4 : 3, features.has_alpha != 0);
    read_metadata(source, out);
    return JOB_GOOD;
}
