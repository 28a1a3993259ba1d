/* Stars are searched in luminance, or in a sum of colours, where a pixel is at
 * its end if all colours are. What one colour has lost is lost for photometry,
 * too, so every star's pixel is looked at as it is shown.
 */
#include "worker/stars/cut_off.h"

#include <math.h>

#include <turbojpeg.h>

static int clamp(int value, int last)
{
    return value < 0 ? 0 : value > last ? last : value;
}

/* The brightest of three colours. */
static float brightest_pixel(const picture *p, int x, int y)
{
    const uint8_t *at = p->pixels + (size_t)y * p->pixel_stride +
                        (size_t)x * (size_t)p->pixel_bytes;

    return fmaxf(at[0], fmaxf(at[1], at[2]));
}

static int plane_at(const picture *p, int i, int x, int y)
{
    int across = tjMCUWidth[p->subsampling] / 8;
    int down = tjMCUHeight[p->subsampling] / 8;

    if (i > 0) {
        x /= across;
        y /= down;
    }
    return p->planes[i][(size_t)y * (size_t)p->strides[i] + (size_t)x];
}

/* JFIF 1.02, page 3. */
static float brightest_of_planes(const picture *p, int x, int y)
{
    float level = (float)plane_at(p, 0, x, y);
    float cb = (float)(plane_at(p, 1, x, y) - 128);
    float cr = (float)(plane_at(p, 2, x, y) - 128);

    return level + fmaxf(fmaxf(1.402f * cr, 1.772f * cb),
                         -0.344136f * cb - 0.714136f * cr);
}

void cut_off_flag(const picture *p, job_star *stars, uint32_t count)
{
    bool has_pixels = p->pixels != NULL && p->pixel_bytes >= 3;
    uint32_t i;

    if (p->linear || p->is_grey || (p->pixels != NULL && !has_pixels))
        return;
    for (i = 0; i < count; i++) {
        int x = clamp((int)lrint(stars[i].x), (int)p->width - 1);
        int y = clamp((int)lrint(stars[i].y), (int)p->height - 1);
        float brightest = has_pixels ? brightest_pixel(p, x, y)
                                     : brightest_of_planes(p, x, y);

        if (brightest >= p->saturation)
            stars[i].flags |= JOB_STAR_SATURATED;
    }
}
