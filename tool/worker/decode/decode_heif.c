/* HEIF and AVIF, by libheif.
 *
 * One container for two codecs; which of them it is matters to nobody here.
 * The container's word on the size is held against the limits before a codec
 * sees a byte; what the codec then makes is held against that word. Rotating
 * and mirroring are part of this format's picture, so that it comes upright.
 * Samples of 10 and 12 bits are taken as they are: the library's own way to 8
 * cuts them off instead of rounding.
 */
#include "worker/decode/decode.h"
#include "worker/decode/decode_rare.h"

#include <errno.h>
#include <string.h>

#include <libheif/heif.h>

#include "worker/light/deep.h"

int decode_heif_warm_up(void)
{
    return heif_init(NULL).code == heif_error_Ok ? 0 : -EIO;
}

static uint32_t refuse(struct heif_error error, refusal *why)
{
    if (error.subcode == heif_suberror_End_of_data)
        return decode_refuse(why, JOB_TRUNCATED,
                             "HEIF ends before its pixels do");
    if (error.subcode == heif_suberror_Security_limit_exceeded)
        return decode_refuse(why, JOB_TOO_LARGE, "HEIF over a limit: %.90s",
                             error.message);
    switch (error.code) {
    case heif_error_Memory_allocation_error:
        return decode_refuse(why, JOB_NO_MEMORY,
                             "not enough memory to decode the HEIF");
    case heif_error_Unsupported_feature:
    case heif_error_Unsupported_filetype:
        return decode_refuse(why, JOB_UNSUPPORTED,
                             "HEIF of an unusual kind: %.80s", error.message);
    default:
        return decode_refuse(why, JOB_CORRUPT, "HEIF data error: %.90s",
                             error.message);
    }
}

/* Of the picture as it is stored, and as it is shown. */
static uint32_t check_size(const decode_source *source,
                           const struct heif_image_handle *handle, refusal *why)
{
    int sizes[2][2] = { { heif_image_handle_get_ispe_width(handle),
                          heif_image_handle_get_ispe_height(handle) },
                        { heif_image_handle_get_width(handle),
                          heif_image_handle_get_height(handle) } };
    uint32_t verdict = JOB_GOOD;

    for (int i = 0; i < 2 && verdict == JOB_GOOD; i++) {
        int width = sizes[i][0] > 0 ? sizes[i][0] : 0;
        int height = sizes[i][1] > 0 ? sizes[i][1] : 0;

        verdict =
            decode_check_size(source, (uint64_t)width, (uint64_t)height, why);
    }
    return verdict;
}

static void read_profile(const struct heif_image_handle *handle, workspace *ws,
                         picture *out)
{
    enum heif_color_profile_type type =
        heif_image_handle_get_color_profile_type(handle);
    size_t size = heif_image_handle_get_raw_color_profile_size(handle);
    uint8_t *copy;

    if ((type != heif_color_profile_type_prof &&
         type != heif_color_profile_type_rICC) ||
        size == 0)
        return;
    copy = workspace_take(ws, WORKSPACE_PROFILE, size);
    if (copy == NULL ||
        heif_image_handle_get_raw_color_profile(handle, copy).code !=
            heif_error_Ok)
        return;
    out->icc = copy;
    out->icc_size = size;
}

/* What the library was asked for, and what came. */
typedef struct pixels_of {
    int width, height, channels;
    int bits; /* of a sample; above 8 it has two bytes, the lower one first */
    bool multiplied;
    const uint8_t *data;
    size_t row, stride; /* bytes */
} pixels_of;

static bool find_pixels(const struct heif_image_handle *handle,
                        const struct heif_image *image, pixels_of *from)
{
    int stride = 0;

    *from = (pixels_of){
        .width = heif_image_get_width(image, heif_channel_interleaved),
        .height = heif_image_get_height(image, heif_channel_interleaved),
        .channels = heif_image_handle_has_alpha_channel(handle) ? 4 : 3,
        .bits = heif_image_get_bits_per_pixel_range(image,
                                                    heif_channel_interleaved),
        .multiplied = heif_image_handle_is_premultiplied_alpha(handle) != 0,
        .data = heif_image_get_plane_readonly(image, heif_channel_interleaved,
                                              &stride),
    };
    from->row =
        (size_t)from->width * (size_t)from->channels * (from->bits > 8 ? 2 : 1);
    from->stride = (size_t)stride;
    return from->data != NULL && stride > 0 && from->stride >= from->row &&
           from->width == heif_image_handle_get_width(handle) &&
           from->height == heif_image_handle_get_height(handle) &&
           from->bits >= 8 && from->bits <= 16;
}

static void take_whole(const pixels_of *from, uint8_t *pixels)
{
    for (size_t y = 0; y < (size_t)from->height; y++)
        memcpy(pixels + from->row * y, from->data + from->stride * y,
               from->row);
}

/* White is white in 10, 12 and 16 bits: the highest bits come once more. */
static void take_deep(const pixels_of *from, uint16_t *samples)
{
    unsigned most = (1u << from->bits) - 1;
    size_t count = (size_t)from->width * (size_t)from->channels;

    for (size_t y = 0; y < (size_t)from->height; y++)
        for (size_t i = 0; i < count; i++) {
            const uint8_t *at = from->data + from->stride * y + 2 * i;
            unsigned sample = at[0] | (unsigned)at[1] << 8;

            sample = sample < most ? sample : most;
            *samples++ = (uint16_t)(sample << (16 - from->bits) |
                                    sample >> (2 * from->bits - 16));
        }
}

/* The library's memory to ours. */
static uint32_t hold(const decode_source *source, const pixels_of *from,
                     workspace *ws, picture *out, refusal *why)
{
    uint32_t width = (uint32_t)from->width, height = (uint32_t)from->height;
    size_t count = (size_t)width * height;
    uint8_t *pixels = workspace_take(ws, WORKSPACE_PIXELS, from->row * height);
    deep_samples samples = { .width = width,
                             .height = height,
                             .channels = from->channels,
                             .multiplied = from->multiplied,
                             .whole = (uint16_t *)(void *)pixels };

    if (pixels == NULL)
        return decode_refuse_memory(why, width, height);
    if (from->bits > 8) {
        take_deep(from, samples.whole);
        return deep_hold_whole(&samples, source->need_light, ws, out) == 0
                   ? JOB_GOOD
                   : decode_refuse_memory(why, width, height);
    }
    take_whole(from, pixels);
    if (from->channels == 4 && !from->multiplied)
        picture_multiply_by_alpha(pixels, count);
    picture_hold_pixels(out, width, height, pixels, from->channels,
                        from->channels == 4);
    return JOB_GOOD;
}

/* Interleaved in either case. */
static enum heif_chroma choose_form(const struct heif_image_handle *handle)
{
    bool alpha = heif_image_handle_has_alpha_channel(handle) != 0;

    if (heif_image_handle_get_luma_bits_per_pixel(handle) > 8)
        return alpha ? heif_chroma_interleaved_RRGGBBAA_LE
                     : heif_chroma_interleaved_RRGGBB_LE;
    return alpha ? heif_chroma_interleaved_RGBA : heif_chroma_interleaved_RGB;
}

static uint32_t decode_primary(const struct heif_image_handle *handle,
                               const decode_source *source, workspace *ws,
                               picture *out, refusal *why)
{
    struct heif_decoding_options *options = heif_decoding_options_alloc();
    struct heif_image *image = NULL;
    struct heif_error error;
    pixels_of pixels;
    uint32_t verdict;

    if (options == NULL)
        return decode_refuse(why, JOB_NO_MEMORY,
                             "not enough memory to decode the HEIF");
    options->strict_decoding = 1;
    error = heif_decode_image(handle, &image, heif_colorspace_RGB,
                              choose_form(handle), options);
    heif_decoding_options_free(options);
    if (error.code != heif_error_Ok)
        return refuse(error, why);
    verdict = find_pixels(handle, image, &pixels)
                  ? hold(source, &pixels, ws, out, why)
                  : decode_refuse(why, JOB_CORRUPT,
                                  "HEIF data error: another size than it says");
    if (verdict == JOB_GOOD)
        read_profile(handle, ws, out);
    heif_image_release(image);
    return verdict;
}

static uint32_t decode_with(struct heif_context *context,
                            const decode_source *source, workspace *ws,
                            picture *out, refusal *why)
{
    struct heif_image_handle *handle = NULL;
    struct heif_error error;
    uint32_t verdict;

    heif_context_set_max_decoding_threads(context, 0);
    heif_context_set_maximum_image_size_limit(context, JOB_SIDE_MAX);
    error = heif_context_read_from_memory_without_copy(context, source->data,
                                                       source->size, NULL);
    if (error.code == heif_error_Ok)
        error = heif_context_get_primary_image_handle(context, &handle);
    if (error.code != heif_error_Ok)
        return refuse(error, why);
    verdict = check_size(source, handle, why);
    if (verdict == JOB_GOOD)
        verdict = decode_primary(handle, source, ws, out, why);
    heif_image_handle_release(handle);
    return verdict;
}

uint32_t decode_heif(const decode_source *source, workspace *ws, picture *out,
                     refusal *why)
{
    struct heif_context *context = heif_context_alloc();
    uint32_t verdict;

    if (context == NULL)
        return decode_refuse(why, JOB_NO_MEMORY,
                             "not enough memory to decode the HEIF");
    verdict = decode_with(context, source, ws, out, why);
    heif_context_free(context);
    return verdict;
}
