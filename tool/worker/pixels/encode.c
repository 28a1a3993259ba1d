/* Three formats out.
 *
 * libjpeg-turbo writes straight into the result memory, where the room is as
 * large as it thinks it could need; the other libraries bring their own memory.
 */
#include "worker/pixels/encode.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <spng.h>
#include <webp/encode.h>

#include "worker/job.h"

enum {
    JPEG_SIDE_MAX = 65500,
    /* Twice the time of the fastest for files a third smaller than its. */
    PNG_LEVEL = 4
};

/* Where the encoder writes: it believes in a buffer of the worst size, so to
 * the destination only if that is as large. */
typedef struct jpeg_room {
    uint8_t *buffer;
    unsigned long length;
    bool direct;
} jpeg_room;

static int open_room(jpeg_room *made, workspace *ws, unsigned long worst,
                     uint8_t *to, size_t room)
{
    made->direct = worst <= room;
    made->length = worst;
    made->buffer =
        made->direct ? to : workspace_take(ws, WORKSPACE_JPEG, worst);
    return made->buffer == NULL ? -ENOMEM : 0;
}

static int close_room(const jpeg_room *made, uint8_t *to, size_t room,
                      size_t *size)
{
    if (!made->direct) {
        if (made->length > room)
            return -ENOSPC;
        memcpy(to, made->buffer, made->length);
    }
    *size = made->length;
    return 0;
}

int encode_planes(const picture *p, workspace *ws, int quality, uint8_t *to,
                  size_t room, size_t *size)
{
    const uint8_t *planes[3] = { p->planes[0], p->planes[1], p->planes[2] };
    jpeg_room out;
    int rc = open_room(&out, ws,
                       tjBufSize((int)p->width, (int)p->height, p->subsampling),
                       to, room);

    if (rc < 0)
        return rc;
    if (tjCompressFromYUVPlanes(ws->encoder, planes, (int)p->width, p->strides,
                                (int)p->height, p->subsampling, &out.buffer,
                                &out.length, quality,
                                TJFLAG_NOREALLOC | TJFLAG_ACCURATEDCT) < 0)
        return -ENOMEM; /* arguments and room are right: nothing else is left */
    return close_room(&out, to, room, size);
}

static int write_jpeg(const flat *p, workspace *ws, int quality, uint8_t *to,
                      size_t room, size_t *size)
{
    static const int formats[] = {
        [1] = TJPF_GRAY, [3] = TJPF_RGB, [4] = TJPF_RGBX
    };
    int sampling = p->channels == 1 ? TJSAMP_GRAY : TJSAMP_420;
    jpeg_room out;
    int rc;

    if (p->width > JPEG_SIDE_MAX || p->height > JPEG_SIDE_MAX)
        return -EFBIG;
    rc = open_room(&out, ws, tjBufSize((int)p->width, (int)p->height, sampling),
                   to, room);
    if (rc < 0)
        return rc;
    if (tjCompress2(ws->encoder, p->data, (int)p->width, (int)p->stride,
                    (int)p->height, formats[p->channels], &out.buffer,
                    &out.length, sampling, quality,
                    TJFLAG_NOREALLOC | TJFLAG_ACCURATEDCT) < 0)
        return -ENOMEM;
    return close_room(&out, to, room, size);
}

/* In place, as the pixels are not needed any more. */
static void lay_on_white(const flat *p)
{
    for (uint32_t y = 0; y < p->height; y++) {
        uint8_t *at = p->data + y * p->stride;

        for (uint32_t x = 0; x < p->width; x++, at += 4)
            for (int c = 0; c < 3; c++)
                at[c] = (uint8_t)((at[c] * at[3] + 255 * (255 - at[3]) + 127) /
                                  255);
    }
}

/* PNG. */

static int write_rows(spng_ctx *ctx, const flat *p)
{
    int rc = 0;

    for (uint32_t y = 0; y < p->height && rc == 0; y++)
        rc = spng_encode_row(ctx, p->data + y * p->stride,
                             p->width * (size_t)p->channels);
    return rc == SPNG_EOI ? 0 : rc;
}

static int write_png(const flat *p, uint8_t depth, uint8_t *to, size_t room,
                     size_t *size)
{
    static const uint8_t colours[] = { [1] = SPNG_COLOR_TYPE_GRAYSCALE,
                                       [3] = SPNG_COLOR_TYPE_TRUECOLOR,
                                       [4] = SPNG_COLOR_TYPE_TRUECOLOR_ALPHA };
    struct spng_ihdr ihdr = { .width = p->width,
                              .height = p->height,
                              .bit_depth = depth,
                              .color_type = colours[p->channels] };
    spng_ctx *ctx = spng_ctx_new(SPNG_CTX_ENCODER);
    size_t length = 0;
    void *made = NULL;
    int rc = ctx == NULL ? SPNG_EMEM : 0;

    if (rc == 0)
        rc = spng_set_option(ctx, SPNG_ENCODE_TO_BUFFER, 1);
    if (rc == 0)
        rc = spng_set_option(ctx, SPNG_IMG_COMPRESSION_LEVEL, PNG_LEVEL);
    if (rc == 0)
        rc = spng_set_ihdr(ctx, &ihdr);
    if (rc == 0)
        rc = spng_encode_image(ctx, NULL, 0, SPNG_FMT_PNG,
                               SPNG_ENCODE_PROGRESSIVE | SPNG_ENCODE_FINALIZE);
    if (rc == 0)
        rc = write_rows(ctx, p);
    if (rc == 0)
        made = spng_get_png_buffer(ctx, &length, &rc);
    spng_ctx_free(ctx);
    if (rc == 0 && length <= room)
        memcpy(to, made, length);
    free(made);
    *size = length;
    return rc != 0 ? -ENOMEM : length > room ? -ENOSPC : 0;
}

/* WebP. */

typedef struct sink {
    uint8_t *to;
    size_t room, size;
} sink;

static int take_bytes(const uint8_t *data, size_t size, const WebPPicture *p)
{
    sink *sink = p->custom_ptr;

    if (size <= sink->room - sink->size)
        memcpy(sink->to + sink->size, data, size);
    else
        sink->room = sink->size; /* no more of it */
    sink->size += size;
    return sink->size <= sink->room;
}

static int import(WebPPicture *p, const flat *pixels, workspace *ws)
{
    size_t row = (size_t)pixels->width * 3;
    uint8_t *rgb;

    if (pixels->channels == 4)
        return WebPPictureImportRGBA(p, pixels->data, (int)pixels->stride);
    if (pixels->channels == 3)
        return WebPPictureImportRGB(p, pixels->data, (int)pixels->stride);
    rgb = workspace_take(ws, WORKSPACE_JPEG, row * pixels->height);
    if (rgb == NULL)
        return 0;
    for (uint32_t y = 0; y < pixels->height; y++)
        for (uint32_t x = 0; x < pixels->width; x++)
            memset(rgb + y * row + 3 * (size_t)x,
                   pixels->data[y * pixels->stride + x], 3);
    return WebPPictureImportRGB(p, rgb, (int)row);
}

static int write_webp(const flat *pixels, workspace *ws, int quality,
                      bool lossless, uint8_t *to, size_t room, size_t *size)
{
    sink sink = { to, room, 0 };
    WebPConfig config;
    WebPPicture p;
    int rc = 0;

    if (pixels->width > WEBP_MAX_DIMENSION ||
        pixels->height > WEBP_MAX_DIMENSION)
        return -EFBIG;
    if (!WebPConfigInit(&config) || !WebPPictureInit(&p))
        return -ENOMEM;
    config.quality = (float)quality;
    config.lossless = lossless;
    p.use_argb = lossless;
    p.width = (int)pixels->width;
    p.height = (int)pixels->height;
    p.writer = take_bytes;
    p.custom_ptr = &sink;
    if (!import(&p, pixels, ws) || !WebPEncode(&config, &p))
        rc = p.error_code == VP8_ENC_ERROR_BAD_WRITE ? -ENOSPC : -ENOMEM;
    WebPPictureFree(&p);
    *size = sink.size;
    return rc;
}

int encode_flat(const flat *pixels, workspace *ws, uint32_t format, int quality,
                uint8_t *to, size_t room, size_t *size)
{
    if (format == JOB_PNG)
        return write_png(pixels, 8, to, room, size);
    if (format == JOB_WEBP)
        return write_webp(pixels, ws, quality, false, to, room, size);
    if (pixels->channels == 4)
        lay_on_white(pixels);
    return write_jpeg(pixels, ws, quality, to, room, size);
}

int encode_mask(const flat *pixels, workspace *ws, uint32_t format, int quality,
                uint8_t *to, size_t room, size_t *size)
{
    if (format == JOB_PNG)
        return write_png(pixels, 8, to, room, size);
    if (format == JOB_WEBP)
        return write_webp(pixels, ws, quality, true, to, room, size);
    return write_jpeg(pixels, ws, quality, to, room, size);
}
