/* The door through which all untrusted pixels come.
 *
 * Sizes are checked before anything is allocated, here and nowhere else, so
 * that each decoder only has to ask. A refusal always has one line of words:
 * it ends in front of a user, next to the name of his picture.
 */
#include "worker/decode/decode.h"

#include <stdarg.h>
#include <stdio.h>

#include "worker/decode/sniff.h"

uint32_t decode_refuse(refusal *why, uint32_t verdict, const char *format, ...)
{
    va_list args;
    char *c;

    va_start(args, format);
    vsnprintf(why->reason, sizeof(why->reason), format, args);
    va_end(args);
    for (c = why->reason; *c != '\0'; c++)
        if (*c < ' ' || *c > '~')
            *c = '?';
    return verdict;
}

uint32_t decode_refuse_memory(refusal *why, uint32_t width, uint32_t height)
{
    return decode_refuse(why, JOB_NO_MEMORY,
                         "not enough memory for %u x %u pixels", width, height);
}

uint32_t decode_check_size(const decode_source *source, uint64_t width,
                           uint64_t height, refusal *why)
{
    if (width == 0 || height == 0)
        return decode_refuse(why, JOB_CORRUPT,
                             "the picture has no width or no height");
    if (width > JOB_SIDE_MAX || height > JOB_SIDE_MAX)
        return decode_refuse(why, JOB_TOO_LARGE,
                             "%llu x %llu pixels: more than %d on a side",
                             (unsigned long long)width,
                             (unsigned long long)height, JOB_SIDE_MAX);
    if (width * height > source->max_pixels)
        return decode_refuse(
            why, JOB_TOO_LARGE,
            "%llu x %llu pixels: over --max-pixels (%llu in all)",
            (unsigned long long)width, (unsigned long long)height,
            (unsigned long long)source->max_pixels);
    return JOB_GOOD;
}

static decoder *decoders[JOB_FORMATS] = {
    [JOB_JPEG] = decode_jpeg, [JOB_PNG] = decode_png,
    [JOB_WEBP] = decode_webp, [JOB_GIF] = decode_gif,
    [JOB_FITS] = decode_fits,
};

void decode_offer(uint32_t format, decoder *decode)
{
    decoders[format] = decode;
}

uint32_t decode_formats(void)
{
    uint32_t formats = 0;

    for (uint32_t i = 0; i < JOB_FORMATS; i++)
        if (decoders[i] != NULL)
            formats |= (uint32_t)1 << i;
    return formats;
}

uint32_t decode_picture(const decode_source *source, workspace *ws,
                        uint32_t *format, picture *out, refusal *why)
{
    sniffed found = sniff(source->data, source->size);
    uint32_t verdict;

    picture_reset(out);
    *format = found.format;
    if (found.verdict != JOB_GOOD)
        return decode_refuse(why, found.verdict, "%s", found.reason);
    if (decoders[found.format] == NULL)
        return decode_refuse(why, JOB_UNSUPPORTED, "%s",
                             job_format_needs(found.format));
    verdict = decoders[found.format](source, ws, out, why);
    if (out->full_width == 0) {
        out->full_width = out->width;
        out->full_height = out->height;
    }
    return verdict;
}
