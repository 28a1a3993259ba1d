/* HEIF and AVIF files for tests come from the encoders of libheif, if any. */
#include "rare_samples.h"

#include <stdlib.h>
#include <string.h>

#include <libheif/heif.h>

/* No test's check: a program without tests uses this as well. */
static void must(struct heif_error error)
{
    if (error.code != heif_error_Ok)
        abort();
}

static struct heif_error keep(struct heif_context *context, const void *data,
                              size_t size, void *arg)
{
    sample *file = arg;

    (void)context;
    file->data = malloc(size);
    file->size = size;
    memcpy(file->data, data, size);
    return (struct heif_error){ heif_error_Ok, heif_suberror_Unspecified, "" };
}

static struct heif_image *image_of(const uint8_t *rgb, int width, int height)
{
    struct heif_image *image;
    uint8_t *to;
    int stride;

    must(heif_image_create(width, height, heif_colorspace_RGB,
                           heif_chroma_interleaved_RGB, &image));
    must(heif_image_add_plane(image, heif_channel_interleaved, width, height,
                              8));
    to = heif_image_get_plane(image, heif_channel_interleaved, &stride);
    for (int y = 0; y < height; y++)
        memcpy(to + (size_t)stride * (size_t)y,
               rgb + 3 * (size_t)width * (size_t)y, 3 * (size_t)width);
    return image;
}

/* The same of samples of 16 bits, which lose all but the highest. */
static struct heif_image *deep_image_of(const uint16_t *rgb, int width,
                                        int height, int bits)
{
    struct heif_image *image;
    uint8_t *to;
    int stride;

    must(heif_image_create(width, height, heif_colorspace_RGB,
                           heif_chroma_interleaved_RRGGBB_LE, &image));
    must(heif_image_add_plane(image, heif_channel_interleaved, width, height,
                              bits));
    to = heif_image_get_plane(image, heif_channel_interleaved, &stride);
    for (int y = 0; y < height; y++)
        for (int i = 0; i < 3 * width; i++) {
            unsigned sample = *rgb++ >> (16 - bits);
            uint8_t *at = to + (size_t)stride * (size_t)y + 2 * (size_t)i;

            at[0] = (uint8_t)sample;
            at[1] = (uint8_t)(sample >> 8);
        }
    return image;
}

/* Takes the image. No data where there is no encoder for it. */
static sample encode(struct heif_image *image, bool avif)
{
    struct heif_context *context = heif_context_alloc();
    struct heif_writer writer = { .writer_api_version = 1, .write = keep };
    struct heif_encoder *encoder;
    sample file = { NULL, 0 };

    if (heif_context_get_encoder_for_format(
            context, avif ? heif_compression_AV1 : heif_compression_HEVC,
            &encoder)
            .code == heif_error_Ok) {
        heif_encoder_set_lossy_quality(encoder, 90);
        if (avif)
            heif_encoder_set_parameter_integer(encoder, "speed", 9);
        if (heif_context_encode_image(context, image, encoder, NULL, NULL)
                .code == heif_error_Ok)
            must(heif_context_write(context, &writer, &file));
        heif_encoder_release(encoder);
    }
    heif_image_release(image);
    heif_context_free(context);
    return file;
}

sample encode_heif(const uint8_t *rgb, int width, int height, bool avif)
{
    return encode(image_of(rgb, width, height), avif);
}

sample encode_deep_heif(const uint16_t *rgb, int width, int height, int bits,
                        bool avif)
{
    return encode(deep_image_of(rgb, width, height, bits), avif);
}
