/* Two forms: Y, Cb and Cr, or pixels.
 *
 * Most pictures are JPEGs, and what is drawn is encoded as JPEG again. Staying
 * in its planes saves two colour conversions and two resamplings of a
 * picture, and Y is just what detection wants. Other formats come as pixels
 * and are converted once when stars are searched, which their encoding would
 * have done anyway; thumbnails keep their colours as fine as they are.
 */
#include "worker/pixels/picture.h"

#include <errno.h>
#include <string.h>

int picture_lay_out_in(picture *p, workspace *ws, enum workspace_slot slot,
                       uint32_t width, uint32_t height, int subsampling)
{
    size_t offsets[3], total = 0;
    uint8_t *base;
    int i;

    for (i = 0; i < 3; i++) {
        int plane_width = tjPlaneWidth(i, (int)width, subsampling);
        int plane_height = tjPlaneHeight(i, (int)height, subsampling);

        p->strides[i] = plane_width;
        offsets[i] = total;
        total += ((size_t)plane_width * plane_height + 63) & ~(size_t)63;
    }
    base = workspace_take(ws, slot, total);
    if (base == NULL)
        return -ENOMEM;
    for (i = 0; i < 3; i++)
        p->planes[i] = base + offsets[i];
    p->width = width;
    p->height = height;
    p->subsampling = subsampling;
    p->has_planes = true;
    return 0;
}

void picture_reset(picture *p)
{
    *p =
        (picture){ .eighths = 8,
                   .orientation = 1,
                   .saturation = 250, /* of 255: a JPEG rings below its white */
                   .noise_floor = 0.5f };
}

void picture_hold_pixels(picture *p, uint32_t width, uint32_t height,
                         uint8_t *pixels, int pixel_bytes, bool has_alpha)
{
    p->width = width;
    p->height = height;
    p->pixels = pixels;
    p->pixel_bytes = pixel_bytes;
    p->pixel_stride = (size_t)width * (size_t)pixel_bytes;
    p->has_alpha = has_alpha;
    p->is_grey = pixel_bytes == 1;
}

void picture_multiply_by_alpha(uint8_t *pixels, size_t count)
{
    size_t i;
    int c;

    for (i = 0; i < count; i++) {
        unsigned alpha = pixels[4 * i + 3];

        for (c = 0; c < 3 && alpha != 255; c++)
            pixels[4 * i + c] =
                (uint8_t)((pixels[4 * i + c] * alpha + 127) / 255);
    }
}

int picture_lay_out(picture *p, workspace *ws, uint32_t width, uint32_t height,
                    int subsampling)
{
    return picture_lay_out_in(p, ws, WORKSPACE_PLANES, width, height,
                              subsampling);
}

void picture_finish_grey(picture *p)
{
    int padded_width = tjPlaneWidth(0, (int)p->width, p->subsampling);
    int padded_height = tjPlaneHeight(0, (int)p->height, p->subsampling);
    size_t stride = (size_t)p->strides[0];
    uint32_t x, y;
    int i;

    for (y = 0; y < p->height; y++) {
        uint8_t *row = p->planes[0] + y * stride;

        for (x = p->width; x < (uint32_t)padded_width; x++)
            row[x] = row[p->width - 1];
    }
    for (; y < (uint32_t)padded_height; y++)
        memcpy(p->planes[0] + y * stride,
               p->planes[0] + (p->height - 1) * stride, (size_t)padded_width);
    for (i = 1; i < 3; i++)
        memset(p->planes[i], 128,
               (size_t)p->strides[i] *
                   tjPlaneHeight(i, (int)p->height, p->subsampling));
}

static void fill_grey(picture *p, const uint8_t *pixels)
{
    uint32_t y;

    for (y = 0; y < p->height; y++)
        memcpy(p->planes[0] + (size_t)y * (size_t)p->strides[0],
               pixels + (size_t)y * p->width, p->width);
    picture_finish_grey(p);
}

int picture_need_planes(picture *p, workspace *ws)
{
    int rc;

    if (p->has_planes)
        return 0;
    rc = picture_lay_out(p, ws, p->width, p->height, TJSAMP_420);
    if (rc < 0)
        return rc;
    if (p->pixel_bytes == 1) {
        fill_grey(p, p->pixels);
        return 0;
    }
    rc = tjEncodeYUVPlanes(ws->encoder, p->pixels, (int)p->width,
                           (int)p->pixel_stride, (int)p->height,
                           p->pixel_bytes == 3 ? TJPF_RGB : TJPF_RGBX,
                           p->planes, p->strides, p->subsampling, 0);
    /* All arguments are ours, so memory is all that it can lack. */
    return rc == 0 ? 0 : -ENOMEM;
}
