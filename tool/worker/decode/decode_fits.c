/* FITS, by cfitsio, after fits_header.c has found the header plausible.
 *
 * Telescope frames hold linear values of any range, so they stay floats for
 * detection, and are shown as frame.c says. Rows keep the file's order,
 * bottom-up or not: the positions in the catalogue count rows as the file does.
 *
 * Three planes without another meaning are colours, and so are the pixels of a
 * camera whose header names its mosaic. Of other cubes one plane is looked at.
 */
#include "worker/decode/decode.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include <fitsio.h>

#include "worker/light/deep.h"
#include "worker/decode/fits_header.h"
#include "worker/light/frame.h"

#define ALL_UNDEFINED "FITS whose pixels are all undefined"

static uint32_t refuse_decoding(int status, refusal *why)
{
    char words[FLEN_STATUS];

    if (status == MEMORY_ALLOCATION)
        return decode_refuse(why, JOB_NO_MEMORY,
                             "not enough memory to decode the FITS file");
    fits_get_errstatus(status, words);
    return decode_refuse(why, JOB_CORRUPT, "FITS data error: %s", words);
}

/* Plane number `plane`, the first being 0. */
static int read_plane(fitsfile *file, size_t count, uint64_t plane, float *to)
{
    float undefined = NAN;
    int any, status = 0;

    fits_read_img(file, TFLOAT, (LONGLONG)(plane * count) + 1, (LONGLONG)count,
                  &undefined, to, &any, &status);
    return status;
}

/* Three planes become pixels of three samples. */
static int read_colours(fitsfile *file, size_t count, float *scratch, float *to)
{
    int status = 0;

    for (size_t c = 0; c < 3 && status == 0; c++) {
        status = read_plane(file, count, c, scratch);
        for (size_t i = 0; i < count; i++)
            to[3 * i + c] = scratch[i];
    }
    return status;
}

static void show(picture *p, const float *values, const frame_stretch *s)
{
    for (uint32_t y = 0; y < p->height; y++)
        frame_show(s, values + (size_t)y * p->width, p->width,
                   p->planes[0] + (size_t)y * (size_t)p->strides[0]);
    picture_finish_grey(p);
}

/* The converter's ceiling, where the type of the data knows one. */
static float ceiling_of(const fits_image *image)
{
    double ceiling = image->bits == 8 ? 255 : image->bits == 16 ? 32767 : 0;

    if (ceiling == 0 || image->scale < 0)
        return INFINITY;
    return (float)(image->zero + image->scale * ceiling -
                   0.02 * image->scale * (image->bits == 8 ? 255 : 65535));
}

static float saturation_of(const fits_image *image)
{
    return image->saturate > 0
               ? fminf(ceiling_of(image), (float)image->saturate)
               : ceiling_of(image);
}

/* Two readers of one header must not disagree about the size of the buffer:
 * a header may say NAXIS1 twice. */
static int open_picture(fitsfile *file, const fits_image *image)
{
    int bits = 0, axes = 0, status = 0;
    long sides[2] = { 0 };

    fits_movabs_hdu(file, image->hdu, NULL, &status);
    fits_get_img_param(file, 2, &bits, &axes, sides, &status);
    if (status != 0)
        return status;
    if (bits != image->bits || axes < 2 || sides[0] != (long)image->width ||
        sides[1] != (long)image->height)
        return BAD_NAXES;
    return 0;
}

/* What is decoded, and into what. */
typedef struct decoding {
    fitsfile *file;
    const fits_image *image;
    size_t count;   /* pixels */
    uint64_t plane; /* the first being 0 */
    workspace *ws;
    picture *out;
} decoding;

static uint32_t decode_grey(const decoding *d, refusal *why)
{
    const fits_image *image = d->image;
    picture *out = d->out;
    float *values =
        workspace_take(d->ws, WORKSPACE_LIGHT, d->count * sizeof(float));
    frame_stretch s;
    int status;

    if (values == NULL || picture_lay_out(out, d->ws, image->width,
                                          image->height, TJSAMP_420) < 0)
        return decode_refuse_memory(why, image->width, image->height);
    status = read_plane(d->file, d->count, d->plane, values);
    if (status != 0)
        return refuse_decoding(status, why);
    out->has_holes = frame_clean(values, d->count);
    mosaic_even_out(values, image->width, image->height);
    if (!frame_choose_stretch(values, d->count, &s))
        return decode_refuse(why, JOB_CORRUPT, ALL_UNDEFINED);
    show(out, values, &s);
    out->pixels = out->planes[0];
    out->pixel_stride = (size_t)out->strides[0];
    out->pixel_bytes = 1;
    out->is_grey = true;
    out->light = values;
    out->saturation = saturation_of(image);
    out->noise_floor = frame_noise_floor(&s);
    out->linear = true;
    return JOB_GOOD;
}

static uint32_t decode_colours(const decoding *d, refusal *why)
{
    const fits_image *image = d->image;
    float *scratch =
        workspace_take(d->ws, WORKSPACE_REST, d->count * sizeof(float));
    deep_samples samples = { .width = image->width,
                             .height = image->height,
                             .channels = 3,
                             .is_frame = true,
                             .ceiling = saturation_of(image) };
    int status, rc;

    samples.light = workspace_take(d->ws, WORKSPACE_PIXELS,
                                   3 * d->count * sizeof(*samples.light));
    if (scratch == NULL || samples.light == NULL)
        return decode_refuse_memory(why, image->width, image->height);
    status = image->is_colour
                 ? read_colours(d->file, d->count, scratch, samples.light)
                 : read_plane(d->file, d->count, d->plane, scratch);
    if (status != 0)
        return refuse_decoding(status, why);
    if (!image->is_colour) {
        samples.raw = scratch;
        samples.mosaic = mosaic_open(scratch, image->width, image->height,
                                     image->mosaic, samples.light);
    }
    rc = deep_hold_light(&samples, d->ws, d->out);
    if (rc == -EDOM)
        return decode_refuse(why, JOB_CORRUPT, ALL_UNDEFINED);
    return rc == 0 ? JOB_GOOD
                   : decode_refuse_memory(why, image->width, image->height);
}

static uint32_t decode_with(fitsfile *file, fits_image *image, uint32_t plane,
                            workspace *ws, picture *out, refusal *why)
{
    decoding d = { .file = file,
                   .image = image,
                   .count = (size_t)image->width * image->height,
                   .plane = plane > 0 ? plane - 1 : 0,
                   .ws = ws,
                   .out = out };
    int status = open_picture(file, image);

    if (status != 0)
        return refuse_decoding(status, why);
    if (d.plane >= image->planes)
        return decode_refuse(why, JOB_UNSUPPORTED,
                             "FITS without a plane %u: it has %u, counted "
                             "from 0",
                             plane - 1, image->planes);
    /* One plane was asked for, and not all three. */
    image->is_colour &= plane == 0;
    if (image->width < 2 || image->height < 2)
        image->mosaic.is_known = false;
    return image->is_colour || (image->mosaic.is_known && image->planes != 3)
               ? decode_colours(&d, why)
               : decode_grey(&d, why);
}

uint32_t decode_fits(const decode_source *source, workspace *ws, picture *out,
                     refusal *why)
{
    fits_image image;
    uint32_t verdict = fits_find_image(source, &image, why);
    void *data = (void *)source->data; /* opened for reading only */
    fitsfile *file = NULL;
    size_t size;
    int status = 0;

    if (verdict != JOB_GOOD)
        return verdict;
    size = image.end;
    fits_open_memfile(&file, "picture", READONLY, &data, &size, 0, NULL,
                      &status);
    if (status != 0)
        return refuse_decoding(status, why);
    verdict = decode_with(file, &image, source->plane, ws, out, why);
    if (verdict == JOB_GOOD) {
        out->cards = source->data + image.header;
        out->cards_size = image.header_end - image.header;
    }
    status = 0;
    fits_close_file(file, &status); /* memory of ours: nothing to lose */
    return verdict;
}
