/* The smallest program on SEP and turbojpeg that does the job: brightness goes
 * from the decoder to the finder and back as the planes that JPEG has anyway;
 * colour is never converted. No checks, no limits, no shapes. What our finder
 * does beyond this is its own cost.
 */
#include "plain_sep.h"

#include <math.h>
#include <sep.h>
#include <stdint.h>
#include <stdlib.h>
#include <turbojpeg.h>

enum { MESH_PX = 64, AREA_MIN_PX = 5, QUALITY = 90 };

static const float threshold_sigma = 3;

typedef struct planes {
    int width, height, sampling;
    unsigned char *memory, *plane[3];
    int widths[3], heights[3];
} planes;

static int decode(const void *file, size_t size, planes *planes)
{
    tjhandle decoder = tjInitDecompress();
    size_t total = 0;
    int space, rc;

    rc = tjDecompressHeader3(decoder, file, size, &planes->width,
                             &planes->height, &planes->sampling, &space);
    for (int i = 0; i < 3 && rc == 0; i++) {
        planes->widths[i] = tjPlaneWidth(i, planes->width, planes->sampling);
        planes->heights[i] = tjPlaneHeight(i, planes->height, planes->sampling);
        total += (size_t)planes->widths[i] * planes->heights[i];
    }
    planes->memory = rc == 0 ? malloc(total) : NULL;
    if (planes->memory == NULL) {
        tjDestroy(decoder);
        return -1;
    }
    planes->plane[0] = planes->memory;
    for (int i = 1; i < 3; i++)
        planes->plane[i] =
            planes->plane[i - 1] +
            (size_t)planes->widths[i - 1] * planes->heights[i - 1];
    rc = tjDecompressToYUVPlanes(decoder, file, size, planes->plane,
                                 planes->width, NULL, planes->height, 0);
    tjDestroy(decoder);
    return rc;
}

static sep_catalog *find(const planes *planes, float *light)
{
    static const float smoothing[9] = { 1, 2, 1, 2, 4, 2, 1, 2, 1 };
    sep_image image = { .data = light,
                        .dtype = SEP_TFLOAT,
                        .w = planes->width,
                        .h = planes->height,
                        .noise_type = SEP_NOISE_STDDEV };
    size_t count = (size_t)planes->width * planes->height;
    sep_catalog *stars = NULL;
    sep_bkg *sky = NULL;

    for (size_t i = 0; i < count; i++)
        light[i] = planes->plane[0][i];
    if (sep_background(&image, MESH_PX, MESH_PX, 3, 3, 0, &sky) != 0)
        return NULL;
    sep_bkg_subarray(sky, light, SEP_TFLOAT);
    image.noiseval = sep_bkg_globalrms(sky);
    sep_bkg_free(sky);
    sep_set_extract_pixstack(count / 8 + 100000);
    if (sep_extract(&image, threshold_sigma, SEP_THRESH_REL, AREA_MIN_PX,
                    smoothing, 3, 3, SEP_FILTER_CONV, 32, 0.005, 1, 1.0,
                    &stars) != 0)
        return NULL;
    return stars;
}

static void ring(const planes *planes, int plane, double x, double y, double r,
                 unsigned char value)
{
    int width = planes->widths[plane], height = planes->heights[plane];
    double step = 0.7 / (r > 1 ? r : 1);

    for (double turn = 0; turn < 2 * M_PI; turn += step) {
        int px = (int)(x + r * cos(turn) + 0.5);
        int py = (int)(y + r * sin(turn) + 0.5);

        if (px >= 0 && py >= 0 && px < width && py < height)
            planes->plane[plane][(size_t)py * width + px] = value;
    }
}

/* Red has the same place in YCbCr everywhere: 76, 85, 255. */
static void mark(const planes *planes, const sep_catalog *stars)
{
    double across = (double)planes->widths[1] / planes->width;

    for (int i = 0; i < stars->nobj; i++) {
        double r = 3 * (double)stars->a[i] > 3 ? 3 * (double)stars->a[i] : 3;
        double x = stars->x[i], y = stars->y[i];

        ring(planes, 0, x, y, r, 76);
        ring(planes, 1, x * across, y * across, r * across, 85);
        ring(planes, 2, x * across, y * across, r * across, 255);
    }
}

static int encode(const planes *planes, void *out, size_t room, size_t *size)
{
    const unsigned char *plane[] = { planes->plane[0], planes->plane[1],
                                     planes->plane[2] };
    unsigned char *to = out;
    unsigned long length = 0;
    tjhandle encoder;
    int rc = -1;

    if (tjBufSize(planes->width, planes->height, planes->sampling) > room)
        return -1;
    encoder = tjInitCompress();
    if (encoder != NULL)
        rc = tjCompressFromYUVPlanes(encoder, plane, planes->width, NULL,
                                     planes->height, planes->sampling, &to,
                                     &length, QUALITY, TJFLAG_NOREALLOC);
    tjDestroy(encoder);
    *size = length;
    return rc;
}

int plain_sep(const void *file, size_t size, void *out, size_t room,
              size_t *out_size)
{
    planes planes = { 0 };
    sep_catalog *stars = NULL;
    float *light = NULL;
    int count = -1;

    if (decode(file, size, &planes) == 0)
        light = malloc((size_t)planes.width * planes.height * sizeof *light);
    if (light != NULL)
        stars = find(&planes, light);
    if (stars != NULL) {
        mark(&planes, stars);
        if (encode(&planes, out, room, out_size) == 0)
            count = stars->nobj;
        sep_catalog_free(stars);
    }
    free(light);
    free(planes.memory);
    return count;
}
