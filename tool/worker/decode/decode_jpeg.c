/* JPEG, by libjpeg-turbo, as strictly as it can be asked.
 *
 * By default it repairs: missing data becomes grey, and a warning is all that
 * remains of it. Half-grey pictures full of false stars would follow, so any
 * warning about pixels fails the picture. Ordinary pictures are decoded
 * straight into planes; CMYK and unusual samplings take the way over RGB.
 */
#include "worker/decode/decode.h"

#include <string.h>

#include "worker/decode/cmyk.h"
#include "worker/decode/exif.h"
#include "worker/decode/jpeg_walk.h"
#include "worker/pixels/thumb_shape.h"

/* No encoder makes more than about ten. */
#define SCANS_MAX 100
#define METADATA_MAX ((uint64_t)16 << 20)

/* What the frame header says, held against what we and the decoder read. */
static uint32_t check_outline(const decode_source *source,
                              const jpeg_outline *o, refusal *why)
{
    uint32_t verdict;

    if (!o->sound)
        return decode_refuse(why, JOB_CORRUPT,
                             "JPEG with a broken segment length");
    if (o->frame_marker == 0)
        return o->complete ? decode_refuse(why, JOB_CORRUPT,
                                           "JPEG without a frame header")
                           : decode_refuse(why, JOB_TRUNCATED,
                                           "JPEG ends within its headers");
    if (o->precision != 8)
        return decode_refuse(why, JOB_UNSUPPORTED,
                             "JPEG with %d bits a sample is not supported",
                             o->precision);
    if (o->frame_marker == 0xC3 ||
        (o->frame_marker >= 0xC5 && o->frame_marker != 0xC9 &&
         o->frame_marker != 0xCA))
        return decode_refuse(why, JOB_UNSUPPORTED,
                             "lossless or hierarchical JPEG is not supported");
    if (o->components != 1 && o->components != 3 && o->components != 4)
        return decode_refuse(why, JOB_UNSUPPORTED,
                             "JPEG with %d components is not supported",
                             o->components);
    verdict = decode_check_size(source, o->width, o->height, why);
    if (verdict != JOB_GOOD)
        return verdict;
    if (o->scans > SCANS_MAX)
        return decode_refuse(why, JOB_TOO_LARGE,
                             "JPEG with %d scans: more than %d", o->scans,
                             SCANS_MAX);
    if (o->metadata_size > METADATA_MAX)
        return decode_refuse(why, JOB_TOO_LARGE,
                             "JPEG with more than 16 MiB of metadata");
    if (!o->complete)
        return decode_refuse(why, JOB_TRUNCATED,
                             "JPEG without its end: the file was cut off");
    return JOB_GOOD;
}

/* The decoder's words, sorted. */
static uint32_t refuse_decoding(workspace *ws, refusal *why)
{
    const char *words = tjGetErrorStr2(ws->decoder);

    if (strstr(words, "nsufficient memory") != NULL ||
        strstr(words, "emory allocation") != NULL)
        return decode_refuse(why, JOB_NO_MEMORY,
                             "not enough memory to decode the JPEG");
    if (strstr(words, "Premature end of JPEG file") != NULL)
        return decode_refuse(why, JOB_TRUNCATED,
                             "JPEG ends before its pixels do");
    return decode_refuse(why, JOB_CORRUPT, "JPEG data error: %s", words);
}

/* Warnings that say nothing about pixels, by how libjpeg words them. */
static bool only_metadata(const char *words)
{
    return strstr(words, "unknown JFIF revision") != NULL ||
           strstr(words, "Unknown Adobe color transform") != NULL;
}

enum target { TO_PLANES, TO_RGB, TO_RGBX, TO_CMYK };

static const int pixel_formats[] = {
    [TO_RGB] = TJPF_RGB, [TO_RGBX] = TJPF_RGBX, [TO_CMYK] = TJPF_CMYK
};

static int decode_once(const decode_source *source, workspace *ws, picture *out,
                       uint8_t *pixels, enum target target, int flags)
{
    if (target == TO_PLANES)
        return tjDecompressToYUVPlanes(ws->decoder, source->data, source->size,
                                       out->planes, (int)out->width,
                                       out->strides, (int)out->height, flags);
    return tjDecompress2(ws->decoder, source->data, source->size, pixels,
                         (int)out->width, 0, (int)out->height,
                         pixel_formats[target], flags);
}

/* Stops at the first warning. One about metadata comes before any pixel, so
 * the picture is decoded again without stopping, and then the last warning
 * must still be that one. */
static bool decode_strictly(const decode_source *source, workspace *ws,
                            picture *out, uint8_t *pixels, enum target target)
{
    int rc = decode_once(source, ws, out, pixels, target, TJFLAG_STOPONWARNING);

    if (rc == 0 || !only_metadata(tjGetErrorStr2(ws->decoder)))
        return rc == 0;
    rc = decode_once(source, ws, out, pixels, target, 0);
    return rc == 0 || (tjGetErrorCode(ws->decoder) == TJERR_WARNING &&
                       only_metadata(tjGetErrorStr2(ws->decoder)));
}

static uint32_t decode_planes(const decode_source *source, workspace *ws,
                              int subsampling, picture *out, refusal *why)
{
    out->is_grey = subsampling == TJSAMP_GRAY;
    if (picture_lay_out(out, ws, out->width, out->height,
                        out->is_grey ? TJSAMP_420 : subsampling) < 0)
        return decode_refuse_memory(why, out->width, out->height);
    if (!decode_strictly(source, ws, out, NULL, TO_PLANES))
        return refuse_decoding(ws, why);
    if (out->is_grey)
        picture_finish_grey(out);
    return JOB_GOOD;
}

static uint32_t decode_pixels(const decode_source *source, workspace *ws,
                              enum target target, picture *out, refusal *why)
{
    size_t count = (size_t)out->width * out->height;
    int pixel_bytes = target == TO_RGB ? 3 : 4;
    uint8_t *pixels =
        workspace_take(ws, WORKSPACE_PIXELS, count * (size_t)pixel_bytes);

    if (pixels == NULL)
        return decode_refuse_memory(why, out->width, out->height);
    if (!decode_strictly(source, ws, out, pixels, target))
        return refuse_decoding(ws, why);
    if (target == TO_CMYK) {
        /* Nearly always stored as Adobe does, inverted, and handed out so. */
        cmyk_to_rgbx(pixels, count, out->icc, out->icc_size);
        out->icc = NULL;
    }
    picture_hold_pixels(out, out->width, out->height, pixels, pixel_bytes,
                        false);
    return JOB_GOOD;
}

/* Only in steps for which the decoder has fast transforms. */
static void choose_size(const decode_source *source, const jpeg_outline *o,
                        picture *out)
{
    tjscalingfactor scale = { 8, 8 };

    out->full_width = o->width;
    out->full_height = o->height;
    out->orientation = exif_orientation(o->exif, o->exif_size);
    if (source->thumbs != NULL)
        scale.num = thumb_shape_eighths(source->thumbs, out->full_width,
                                        out->full_height, out->orientation);
    out->eighths = scale.num;
    out->width = (uint32_t)TJSCALED((int)o->width, scale);
    out->height = (uint32_t)TJSCALED((int)o->height, scale);
}

uint32_t decode_jpeg(const decode_source *source, workspace *ws, picture *out,
                     refusal *why)
{
    jpeg_outline o = jpeg_walk(source->data, source->size);
    uint32_t verdict = check_outline(source, &o, why);
    int width, height, subsampling, colour;
    bool planar;

    if (verdict != JOB_GOOD)
        return verdict;
    choose_size(source, &o, out);
    out->step = o.step;
    out->icc = jpeg_profile(source->data, source->size, ws, &out->icc_size);
    /* Fails for a sampling that has no name; RGB can still be had of it. */
    planar = tjDecompressHeader3(ws->decoder, source->data, source->size,
                                 &width, &height, &subsampling, &colour) == 0;
    planar = planar && ((colour == TJCS_YCbCr && !source->need_colours) ||
                        colour == TJCS_GRAY);
    if (planar && !source->need_pixels)
        verdict = decode_planes(source, ws, subsampling, out, why);
    else if (o.components == 4)
        verdict = decode_pixels(source, ws, TO_CMYK, out, why);
    else
        verdict = decode_pixels(
            source, ws, source->need_pixels ? TO_RGBX : TO_RGB, out, why);
    return verdict;
}
