/* HEIF and AVIF, by libheif.
 *
 * One container for two codecs; which of them it is matters to nobody here.
 * The container's word on the size is held against the limits before a codec
 * sees a byte; what the codec then makes is held against that word. Rotating
 * and mirroring are part of this format's picture, so that it comes upright.
 */
#include "worker/decode.h"
#include "worker/decode_rare.h"

#include <errno.h>
#include <string.h>

#include <libheif/heif.h>

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

/* The library's memory to ours. */
static uint32_t hold(const struct heif_image_handle *handle,
                     const struct heif_image *image, workspace *ws,
                     picture *out, refusal *why)
{
    int width = heif_image_get_width(image, heif_channel_interleaved);
    int height = heif_image_get_height(image, heif_channel_interleaved);
    bool alpha = heif_image_handle_has_alpha_channel(handle) != 0;
    size_t row = (size_t)width * (alpha ? 4 : 3);
    const uint8_t *from;
    uint8_t *pixels;
    int stride;

    from =
        heif_image_get_plane_readonly(image, heif_channel_interleaved, &stride);
    if (from == NULL || width != heif_image_handle_get_width(handle) ||
        height != heif_image_handle_get_height(handle) || (size_t)stride < row)
        return decode_refuse(why, JOB_CORRUPT,
                             "HEIF data error: another size than it says");
    pixels = workspace_take(ws, WORKSPACE_PIXELS, row * (size_t)height);
    if (pixels == NULL)
        return decode_refuse_memory(why, (uint32_t)width, (uint32_t)height);
    for (int y = 0; y < height; y++)
        memcpy(pixels + row * (size_t)y, from + (size_t)stride * (size_t)y,
               row);
    if (alpha && !heif_image_handle_is_premultiplied_alpha(handle))
        picture_multiply_by_alpha(pixels, (size_t)width * (size_t)height);
    picture_hold_pixels(out, (uint32_t)width, (uint32_t)height, pixels,
                        alpha ? 4 : 3, alpha);
    read_profile(handle, ws, out);
    return JOB_GOOD;
}

static uint32_t decode_primary(const struct heif_image_handle *handle,
                               workspace *ws, picture *out, refusal *why)
{
    struct heif_decoding_options *options = heif_decoding_options_alloc();
    bool alpha = heif_image_handle_has_alpha_channel(handle) != 0;
    struct heif_image *image = NULL;
    struct heif_error error;
    uint32_t verdict;

    if (options == NULL)
        return decode_refuse(why, JOB_NO_MEMORY,
                             "not enough memory to decode the HEIF");
    options->convert_hdr_to_8bit = 1;
    options->strict_decoding = 1;
    error = heif_decode_image(handle, &image, heif_colorspace_RGB,
                              alpha ? heif_chroma_interleaved_RGBA
                                    : heif_chroma_interleaved_RGB,
                              options);
    heif_decoding_options_free(options);
    if (error.code != heif_error_Ok)
        return refuse(error, why);
    verdict = hold(handle, image, ws, out, why);
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
        verdict = decode_primary(handle, ws, out, why);
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
