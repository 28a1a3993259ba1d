/* TIFF, by libtiff.
 *
 * libtiff forgives much: rows that are lacking stay black, and a broken strip
 * is a message on the side. Here each error fails the picture, as does a
 * complaint of the JPEG decoder within. Samples of more than 8 bits are taken
 * at their depth (tiff_samples.c). For all others there is libtiff's own way to
 * 8-bit RGBA; what it does not know is refused in its words. Rows are
 * left as in the file: who makes thumbnails sets them upright. Of a file of
 * several pictures the first counts. The file is read, not mapped, since the
 * bytes of a strip may be turned around where they lie.
 */
#include "worker/decode/decode.h"
#include "worker/decode/cmyk.h"
#include "worker/decode/decode_rare.h"
#include "worker/decode/tiff_samples.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <tiffio.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "what libtiff packs into a word are bytes R, G, B, A");

/* Beyond the pixels themselves: strips, tiles, tables of strips. */
#define ALLOCATION_MORE ((uint64_t)64 << 20)

static uint64_t most_allocated(const decode_source *source)
{
    return 4 * source->max_pixels + ALLOCATION_MORE;
}

typedef struct reading {
    const decode_source *source;
    uint64_t at;
    bool past_end; /* something was looked for behind the file's end */
    char trouble[JOB_REASON_MAX]; /* the first error; "": none */
} reading;

static tmsize_t read_bytes(thandle_t handle, void *to, tmsize_t size)
{
    reading *r = (reading *)handle;
    uint64_t left =
        r->at < r->source->size ? r->source->size - r->at : (uint64_t)0;
    uint64_t count = (uint64_t)size < left ? (uint64_t)size : left;

    if ((uint64_t)size > left)
        r->past_end = true;
    if (count > 0)
        memcpy(to, r->source->data + r->at, count);
    r->at += count;
    return (tmsize_t)count;
}

static tmsize_t write_nothing(thandle_t handle, void *from, tmsize_t size)
{
    (void)handle;
    (void)from;
    (void)size;
    return -1;
}

static toff_t seek_to(thandle_t handle, toff_t offset, int whence)
{
    reading *r = (reading *)handle;

    if (whence == SEEK_CUR)
        offset += r->at;
    else if (whence == SEEK_END)
        offset += r->source->size;
    r->at = offset;
    return offset;
}

static int close_nothing(thandle_t handle)
{
    (void)handle;
    return 0;
}

static toff_t size_of(thandle_t handle)
{
    return ((reading *)handle)->source->size;
}

static int on_error(TIFF *tiff, void *arg, const char *module,
                    const char *format, va_list args)
{
    reading *r = arg;

    (void)tiff;
    (void)module;
    if (r->trouble[0] == '\0')
        vsnprintf(r->trouble, sizeof r->trouble, format, args);
    return 1; /* nothing is printed */
}

/* About tags there is much to warn of; about pixels the JPEG decoder does. */
static int on_warning(TIFF *tiff, void *arg, const char *module,
                      const char *format, va_list args)
{
    return module != NULL && strcmp(module, "JPEGLib") == 0
               ? on_error(tiff, arg, module, format, args)
               : 1;
}

static uint32_t refuse(const reading *r, refusal *why)
{
    if (r->past_end)
        return decode_refuse(why, JOB_TRUNCATED,
                             "TIFF ends before its pixels do");
    return decode_refuse(why, JOB_CORRUPT, "TIFF data error: %.90s",
                         r->trouble[0] != '\0' ? r->trouble
                                               : "it cannot be read");
}

static TIFF *open_file(reading *r)
{
    TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
    TIFF *tiff;

    if (options == NULL)
        return NULL;
    TIFFOpenOptionsSetMaxSingleMemAlloc(options,
                                        (tmsize_t)most_allocated(r->source));
    TIFFOpenOptionsSetErrorHandlerExtR(options, on_error, r);
    TIFFOpenOptionsSetWarningHandlerExtR(options, on_warning, r);
    tiff =
        TIFFClientOpenExt("picture", "rm", r, read_bytes, write_nothing,
                          seek_to, close_nothing, size_of, NULL, NULL, options);
    TIFFOpenOptionsFree(options);
    return tiff;
}

static void read_metadata(TIFF *tiff, workspace *ws, picture *out)
{
    uint16_t orientation = 1;
    uint32_t size = 0;
    void *profile = NULL;
    uint8_t *copy;

    (void)TIFFGetFieldDefaulted(tiff, TIFFTAG_ORIENTATION, &orientation);
    if (orientation >= 1 && orientation <= 8)
        out->orientation = orientation;
    if (!TIFFGetField(tiff, TIFFTAG_ICCPROFILE, &size, &profile) || size == 0)
        return;
    copy = workspace_take(ws, WORKSPACE_PROFILE, size);
    if (copy == NULL)
        return;
    memcpy(copy, profile, size);
    out->icc = copy;
    out->icc_size = size;
}

/* One byte a pixel where all three are the same. */
static void hold(const TIFFRGBAImage *image, uint8_t *pixels, picture *out)
{
    size_t count = (size_t)image->width * image->height;
    bool is_grey = image->alpha == 0 && image->samplesperpixel == 1 &&
                   (image->photometric == PHOTOMETRIC_MINISBLACK ||
                    image->photometric == PHOTOMETRIC_MINISWHITE);

    for (size_t i = 0; is_grey && i < count; i++)
        pixels[i] = pixels[4 * i];
    picture_hold_pixels(out, image->width, image->height, pixels,
                        is_grey ? 1 : 4, image->alpha != 0);
}

static uint32_t read_pixels(TIFFRGBAImage *image, reading *r, workspace *ws,
                            picture *out, refusal *why)
{
    size_t count = (size_t)image->width * image->height;
    uint8_t *pixels = workspace_take(ws, WORKSPACE_PIXELS, 4 * count);

    if (pixels == NULL)
        return decode_refuse_memory(why, image->width, image->height);
    memset(pixels, 0, 4 * count);
    image->req_orientation = image->orientation;
    if (!TIFFRGBAImageGet(image, (uint32_t *)(void *)pixels, image->width,
                          image->height) ||
        r->trouble[0] != '\0')
        return refuse(r, why);
    hold(image, pixels, out);
    return JOB_GOOD;
}

static uint32_t refuse_samples(int rc, const reading *r,
                               const deep_samples *samples, refusal *why)
{
    switch (rc) {
    case -ENOMEM:
        return decode_refuse_memory(why, samples->width, samples->height);
    case -EFBIG:
        return decode_refuse(why, JOB_TOO_LARGE,
                             "TIFF with rows or tiles of more than %llu bytes",
                             (unsigned long long)most_allocated(r->source));
    case -EDOM:
        return decode_refuse(why, JOB_CORRUPT,
                             "TIFF whose pixels are all undefined");
    default:
        return refuse(r, why);
    }
}

static void hold_inks(const deep_samples *samples, picture *out)
{
    uint8_t *pixels = (uint8_t *)samples->whole;

    cmyk_to_rgbx(pixels, (size_t)samples->width * samples->height, out->icc,
                 out->icc_size);
    picture_hold_pixels(out, samples->width, samples->height, pixels, 4, false);
}

/* The profile is that of numbers on their own scale, and is applied once. */
static int hold_samples(const tiff_samples *how, const deep_samples *samples,
                        bool need_light, workspace *ws, picture *out)
{
    if (how->result == TIFF_WHOLE)
        return deep_hold_whole(samples, need_light, ws, out);
    if (how->result == TIFF_INKS)
        hold_inks(samples, out);
    out->icc = NULL;
    return how->result == TIFF_INKS ? 0 : deep_hold_light(samples, ws, out);
}

static uint32_t read_samples(TIFF *tiff, const tiff_samples *how, reading *r,
                             deep_samples *samples, workspace *ws, picture *out,
                             refusal *why)
{
    int rc =
        tiff_samples_read(tiff, how, most_allocated(r->source), ws, samples);

    if (rc == 0 && r->trouble[0] != '\0')
        rc = -EIO;
    if (rc == 0)
        rc = hold_samples(how, samples, r->source->need_light, ws, out);
    return rc == 0 ? JOB_GOOD : refuse_samples(rc, r, samples, why);
}

static uint32_t read_rgba(TIFF *tiff, reading *r, workspace *ws, picture *out,
                          refusal *why)
{
    char words[1024] = "";
    TIFFRGBAImage image;
    uint32_t verdict;

    if (!TIFFRGBAImageOK(tiff, words))
        return decode_refuse(why, JOB_UNSUPPORTED,
                             "TIFF of an unusual kind: %.80s", words);
    if (!TIFFRGBAImageBegin(&image, tiff, 1, words))
        return refuse(r, why);
    verdict = read_pixels(&image, r, ws, out, why);
    TIFFRGBAImageEnd(&image);
    return verdict;
}

/* The decoder of the first, unhappy kind of JPEG in TIFF is let near no
 * stranger's file. */
static uint32_t check_compression(TIFF *tiff, refusal *why)
{
    uint16_t compression = COMPRESSION_NONE;

    (void)TIFFGetFieldDefaulted(tiff, TIFFTAG_COMPRESSION, &compression);
    if (compression == COMPRESSION_OJPEG)
        return decode_refuse(why, JOB_UNSUPPORTED,
                             "TIFF with old-style JPEG is not supported");
    if (!TIFFIsCODECConfigured(compression))
        return decode_refuse(why, JOB_UNSUPPORTED,
                             "TIFF of an unusual kind: its compression");
    return JOB_GOOD;
}

static uint32_t decode_opened(TIFF *tiff, reading *r, workspace *ws,
                              picture *out, refusal *why)
{
    deep_samples samples = { 0 };
    tiff_samples how;
    uint32_t verdict;

    if (!TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &samples.width) ||
        !TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &samples.height))
        return refuse(r, why);
    verdict = decode_check_size(r->source, samples.width, samples.height, why);
    if (verdict == JOB_GOOD && r->trouble[0] != '\0')
        verdict = refuse(r, why);
    if (verdict == JOB_GOOD)
        verdict = check_compression(tiff, why);
    if (verdict != JOB_GOOD)
        return verdict;
    read_metadata(tiff, ws, out);
    return tiff_samples_of(tiff, &how)
               ? read_samples(tiff, &how, r, &samples, ws, out, why)
               : read_rgba(tiff, r, ws, out, why);
}

uint32_t decode_tiff(const decode_source *source, workspace *ws, picture *out,
                     refusal *why)
{
    reading r = { .source = source };
    TIFF *tiff = open_file(&r);
    uint32_t verdict;

    if (tiff == NULL)
        return refuse(&r, why);
    verdict = decode_opened(tiff, &r, ws, out, why);
    TIFFClose(tiff);
    return verdict;
}
