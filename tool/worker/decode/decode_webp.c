/* WebP, by libwebp.
 *
 * The container says how long it is, so a cut file is known before decoding.
 * libwebp hands out video-range planes where JPEG's are full range, so the way
 * leads over RGB. The decoder multiplies colours by alpha. Of an animation the
 * first frame is the picture, as it is of a GIF.
 */
#include "worker/decode/decode.h"

#include <string.h>

#include <webp/decode.h>

#include "worker/decode/exif.h"

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

/* What is decoded, and where it lies on the canvas. */
typedef struct frame {
    const uint8_t *data;
    size_t size;
    uint32_t x, y, width, height;
    bool alpha;
} frame;

static uint32_t le24(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16;
}

/* Of the first animation frame: a header, then chunks as in a file. */
static bool read_frame(const uint8_t *data, size_t size, frame *out)
{
    WebPBitstreamFeatures features;

    if (size < 16)
        return false;
    *out = (frame){ .data = data + 16,
                    .size = size - 16,
                    .x = 2 * le24(data),
                    .y = 2 * le24(data + 3),
                    .width = le24(data + 6) + 1,
                    .height = le24(data + 9) + 1 };
    if (WebPGetFeatures(out->data, out->size, &features) != VP8_STATUS_OK)
        return false;
    out->alpha = features.has_alpha != 0;
    return (uint32_t)features.width == out->width &&
           (uint32_t)features.height == out->height;
}

static bool find_first_frame(const decode_source *source, frame *out)
{
    size_t at = 12;

    while (source->size - at >= 8) {
        const uint8_t *chunk = source->data + at;
        size_t size = le32(chunk + 4);

        if (size > source->size - at - 8)
            return false;
        if (memcmp(chunk, "ANMF", 4) == 0)
            return read_frame(chunk + 8, size, out);
        at += 8 + size;
        at += at < source->size ? size & 1 : 0;
    }
    return false;
}

static VP8StatusCode decode_into(const frame *from, const picture *canvas,
                                 uint8_t *pixels)
{
    size_t bytes = canvas->pixel_bytes;
    size_t first = (size_t)from->y * canvas->pixel_stride + from->x * bytes;
    WebPDecoderConfig config;

    if (!WebPInitDecoderConfig(&config))
        return VP8_STATUS_INVALID_PARAM;
    config.output.colorspace = bytes == 4 ? MODE_rgbA : MODE_RGB;
    config.output.is_external_memory = 1;
    config.output.u.RGBA.rgba = pixels + first;
    config.output.u.RGBA.stride = (int)canvas->pixel_stride;
    config.output.u.RGBA.size = canvas->pixel_stride * canvas->height - first;
    return WebPDecode(from->data, from->size, &config);
}

/* Where the frame is not, there is nothing. */
static uint32_t decode_frame(const frame *from, uint32_t width, uint32_t height,
                             workspace *ws, picture *out, refusal *why)
{
    bool covers = from->width == width && from->height == height;
    bool alpha = from->alpha || !covers;
    size_t size = (size_t)width * height * (alpha ? 4 : 3);
    uint8_t *pixels = workspace_take(ws, WORKSPACE_PIXELS, size);
    VP8StatusCode status;

    if (pixels == NULL)
        return refuse_decoding(VP8_STATUS_OUT_OF_MEMORY, why);
    if (!covers)
        memset(pixels, 0, size);
    picture_hold_pixels(out, width, height, pixels, alpha ? 4 : 3, alpha);
    status = decode_into(from, out, pixels);
    return status == VP8_STATUS_OK ? JOB_GOOD : refuse_decoding(status, why);
}

uint32_t decode_webp(const decode_source *source, workspace *ws, picture *out,
                     refusal *why)
{
    WebPBitstreamFeatures features;
    VP8StatusCode status =
        WebPGetFeatures(source->data, source->size, &features);
    uint32_t width = (uint32_t)features.width;
    uint32_t height = (uint32_t)features.height;
    frame frame = { source->data, source->size,           0, 0, width,
                    height,       features.has_alpha != 0 };
    uint32_t verdict;

    if (status != VP8_STATUS_OK)
        return refuse_decoding(status, why);
    verdict = decode_check_size(source, width, height, why);
    if (verdict != JOB_GOOD)
        return verdict;
    if (!is_whole(source))
        return refuse_decoding(VP8_STATUS_NOT_ENOUGH_DATA, why);
    if (features.has_animation &&
        (!find_first_frame(source, &frame) || frame.x > width - frame.width ||
         frame.y > height - frame.height || frame.width > width ||
         frame.height > height))
        return decode_refuse(why, JOB_CORRUPT,
                             "animated WebP without a first frame");
    verdict = decode_frame(&frame, width, height, ws, out, why);
    if (verdict == JOB_GOOD)
        read_metadata(source, out);
    return verdict;
}
