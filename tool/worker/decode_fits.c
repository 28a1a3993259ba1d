/* FITS, by cfitsio, after fits_header.c has found the header plausible.
 *
 * Telescope frames hold linear values of any range, so they stay floats for
 * detection, and are shown as frame.c says. Rows keep the file's order,
 * bottom-up or not: the positions in the catalogue count rows as the file does.
 */
#include "worker/decode.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include <fitsio.h>

#include "worker/fits_header.h"
#include "worker/frame.h"

static uint32_t refuse_decoding(int status, refusal *why)
{
    char words[FLEN_STATUS];

    if (status == MEMORY_ALLOCATION)
        return decode_refuse(why, JOB_NO_MEMORY,
                             "not enough memory to decode the FITS file");
    fits_get_errstatus(status, words);
    return decode_refuse(why, JOB_CORRUPT, "FITS data error: %s", words);
}

static int read_plane(fitsfile *file, size_t count, long plane, float *to)
{
    long first[3] = { 1, 1, plane };
    float undefined = NAN;
    int any, status = 0;

    fits_read_pix(file, TFLOAT, first, (LONGLONG)count, &undefined, to, &any,
                  &status);
    return status;
}

/* Three planes are a colour picture: their mean. Of other cubes the first. */
static int read_values(fitsfile *file, const fits_image *image, float *values,
                       float *scratch)
{
    size_t count = (size_t)image->width * image->height, i;
    int status = read_plane(file, count, 1, values);
    long plane;

    if (status != 0 || image->planes != 3)
        return status;
    for (plane = 2; plane <= 3; plane++) {
        status = read_plane(file, count, plane, scratch);
        if (status != 0)
            return status;
        for (i = 0; i < count; i++)
            values[i] += scratch[i];
    }
    for (i = 0; i < count; i++)
        values[i] /= 3;
    return 0;
}

static void show(picture *p, const float *values, const frame_stretch *s)
{
    for (uint32_t y = 0; y < p->height; y++)
        frame_show(s, values + (size_t)y * p->width, p->width,
                   p->planes[0] + (size_t)y * (size_t)p->strides[0]);
    picture_finish_grey(p);
}

/* The converter's ceiling, where the type of the data knows one. */
static float saturation_of(const fits_image *image)
{
    double ceiling = image->bits == 8 ? 255 : image->bits == 16 ? 32767 : 0;

    if (ceiling == 0 || image->scale < 0)
        return INFINITY;
    return (float)(image->zero + image->scale * ceiling -
                   0.02 * image->scale * (image->bits == 8 ? 255 : 65535));
}

/* Two readers of one header must not disagree about the size of the buffer:
 * a header may say NAXIS1 twice. */
static int open_picture(fitsfile *file, const fits_image *image)
{
    int bits = 0, axes = 0, status = 0;
    long sides[3] = { 0 };

    fits_movabs_hdu(file, image->hdu, NULL, &status);
    fits_get_img_param(file, 3, &bits, &axes, sides, &status);
    if (status != 0)
        return status;
    if (bits != image->bits || axes < 2 || axes > 3 ||
        sides[0] != (long)image->width || sides[1] != (long)image->height)
        return BAD_NAXES;
    return 0;
}

static uint32_t decode_with(fitsfile *file, const fits_image *image,
                            workspace *ws, picture *out, refusal *why)
{
    size_t count = (size_t)image->width * image->height;
    float *values = workspace_take(ws, WORKSPACE_LIGHT, count * sizeof(float));
    float *scratch = NULL;
    frame_stretch s;
    int status;

    if (image->planes == 3)
        scratch = workspace_take(ws, WORKSPACE_PIXELS, count * sizeof(float));
    if (values == NULL || (image->planes == 3 && scratch == NULL) ||
        picture_lay_out(out, ws, image->width, image->height, TJSAMP_420) < 0)
        return decode_refuse_memory(why, image->width, image->height);
    status = open_picture(file, image);
    if (status == 0)
        status = read_values(file, image, values, scratch);
    if (status != 0)
        return refuse_decoding(status, why);
    out->has_holes = frame_clean(values, count);
    if (!frame_choose_stretch(values, count, &s))
        return decode_refuse(why, JOB_CORRUPT,
                             "FITS whose pixels are all undefined");
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
    verdict = decode_with(file, &image, ws, out, why);
    if (verdict == JOB_GOOD) {
        out->cards = source->data + image.header;
        out->cards_size = image.header_end - image.header;
    }
    status = 0;
    fits_close_file(file, &status); /* memory of ours: nothing to lose */
    return verdict;
}
