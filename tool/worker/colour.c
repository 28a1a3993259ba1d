/* Colour profiles, by LittleCMS.
 *
 * Only thumbnails are converted: marked pictures and edges show what the file's
 * numbers are. It happens last, on the few pixels that are left then.
 *
 * A profile comes from the same stranger as the picture. Nothing in it can fail
 * the picture, as metadata do not matter; a transform is kept for the pictures
 * that follow, since most of a set have the same.
 */
#include "worker/colour.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <lcms2.h>

static cmsHPROFILE srgb;

typedef struct kept {
    uint8_t *icc; /* what the transform is made from */
    size_t size;
    int channels;
    cmsHTRANSFORM transform; /* NULL: it could not be made */
} kept;

static _Thread_local kept last;

static void make_srgb(void)
{
    srgb = cmsCreate_sRGBProfile();
}

int colour_warm_up(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, make_srgb);
    return srgb == NULL ? -ENOMEM : 0;
}

/* By its name: nearly all profiles in files are this one. */
static bool is_srgb(const uint8_t *icc, size_t size)
{
    static const char narrow[] = "sRGB IEC61966-2.1";
    char wide[2 * sizeof narrow];

    for (size_t i = 0; i < sizeof narrow; i++) {
        wide[2 * i] = 0;
        wide[2 * i + 1] = narrow[i];
    }
    return memmem(icc, size, narrow, sizeof narrow - 1) != NULL ||
           memmem(icc, size, wide, sizeof wide - 2) != NULL;
}

bool colour_matters(const uint8_t *icc, size_t size)
{
    return icc != NULL && size >= 128 && !is_srgb(icc, size);
}

/* For grey pixels the result is RGB with three equal values. */
static cmsHTRANSFORM make_transform(const uint8_t *icc, size_t size,
                                    int channels)
{
    cmsColorSpaceSignature wanted =
        channels == 1 ? cmsSigGrayData : cmsSigRgbData;
    cmsUInt32Number from = channels == 1   ? TYPE_GRAY_8
                           : channels == 3 ? TYPE_RGB_8
                                           : TYPE_RGBA_8;
    cmsUInt32Number to = channels == 4 ? TYPE_RGBA_8 : TYPE_RGB_8;
    cmsHPROFILE profile;
    cmsHTRANSFORM made = NULL;

    if (colour_warm_up() < 0)
        return NULL;
    profile = cmsOpenProfileFromMem(icc, (cmsUInt32Number)size);
    if (profile == NULL)
        return NULL;
    if (cmsGetColorSpace(profile) == wanted)
        made = cmsCreateTransform(profile, from, srgb, to, INTENT_PERCEPTUAL,
                                  cmsFLAGS_COPY_ALPHA);
    cmsCloseProfile(profile);
    return made;
}

static cmsHTRANSFORM transform_of(const uint8_t *icc, size_t size, int channels)
{
    uint8_t *copy;

    if (last.icc != NULL && last.size == size && last.channels == channels &&
        memcmp(last.icc, icc, size) == 0)
        return last.transform;
    if (last.transform != NULL)
        cmsDeleteTransform(last.transform);
    free(last.icc);
    last = (kept){ 0 };
    copy = malloc(size);
    if (copy == NULL)
        return NULL;
    memcpy(copy, icc, size);
    last = (kept){ copy, size, channels, make_transform(icc, size, channels) };
    return last.transform;
}

static void convert_grey(cmsHTRANSFORM transform, uint8_t *row, uint32_t width)
{
    uint8_t rgb[3 * 256];

    for (uint32_t x = 0; x < width; x += 256) {
        uint32_t count = width - x < 256 ? width - x : 256;

        cmsDoTransform(transform, row + x, rgb, count);
        for (uint32_t i = 0; i < count; i++)
            row[x + i] = rgb[3 * i + 1];
    }
}

void colour_to_srgb(const flat *pixels, const uint8_t *icc, size_t size)
{
    cmsHTRANSFORM transform = transform_of(icc, size, pixels->channels);

    if (transform == NULL)
        return;
    for (uint32_t y = 0; y < pixels->height; y++) {
        uint8_t *row = pixels->data + y * pixels->stride;

        if (pixels->channels == 1)
            convert_grey(transform, row, pixels->width);
        else
            cmsDoTransform(transform, row, row, pixels->width);
    }
}
