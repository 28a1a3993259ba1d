/* Colour profiles, by LittleCMS.
 *
 * Of RGB only thumbnails are converted: marked pictures and edges show what the
 * file's numbers are. It happens last, on the few pixels that are left then.
 *
 * A profile comes from the same stranger as the picture. Nothing in it can fail
 * the picture, as metadata do not matter; a transform is kept for the pictures
 * that follow, since most of a set have the same.
 */
#include "worker/pixels/colour.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <lcms2.h>

static cmsHPROFILE srgb;

/* Pixels before and after. */
enum way { GREY, RGB, RGBA, INKS };

static const struct {
    cmsColorSpaceSignature space;
    cmsUInt32Number from, to;
} ways[] = {
    /* the result has three equal values */
    [GREY] = { cmsSigGrayData, TYPE_GRAY_8, TYPE_RGB_8 },
    [RGB] = { cmsSigRgbData, TYPE_RGB_8, TYPE_RGB_8 },
    [RGBA] = { cmsSigRgbData, TYPE_RGBA_8, TYPE_RGBA_8 },
    [INKS] = { cmsSigCmykData, TYPE_CMYK_8_REV, TYPE_RGBA_8 },
};

typedef struct kept {
    uint8_t *icc; /* what the transform is made from */
    size_t size;
    enum way way;
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

static cmsHTRANSFORM make_transform(const uint8_t *icc, size_t size,
                                    enum way way)
{
    cmsUInt32Number flags = way == RGBA ? cmsFLAGS_COPY_ALPHA : 0;
    cmsHPROFILE profile;
    cmsHTRANSFORM made = NULL;

    if (colour_warm_up() < 0)
        return NULL;
    profile = cmsOpenProfileFromMem(icc, (cmsUInt32Number)size);
    if (profile == NULL)
        return NULL;
    if (cmsGetColorSpace(profile) == ways[way].space)
        made = cmsCreateTransform(profile, ways[way].from, srgb, ways[way].to,
                                  INTENT_PERCEPTUAL, flags);
    cmsCloseProfile(profile);
    return made;
}

static cmsHTRANSFORM transform_of(const uint8_t *icc, size_t size, enum way way)
{
    uint8_t *copy;

    if (last.icc != NULL && last.size == size && last.way == way &&
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
    last = (kept){ copy, size, way, make_transform(icc, size, way) };
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
    enum way way = pixels->channels == 1   ? GREY
                   : pixels->channels == 3 ? RGB
                                           : RGBA;
    cmsHTRANSFORM transform = transform_of(icc, size, way);

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

bool colour_inks_to_srgb(uint8_t *pixels, size_t count, const uint8_t *icc,
                         size_t size)
{
    cmsHTRANSFORM transform =
        size >= 128 ? transform_of(icc, size, INKS) : NULL;

    for (size_t at = 0; transform != NULL && at < count; at += 1 << 16)
        cmsDoTransform(
            transform, pixels + 4 * at, pixels + 4 * at,
            (cmsUInt32Number)(count - at < 1 << 16 ? count - at : 1 << 16));
    return transform != NULL;
}
