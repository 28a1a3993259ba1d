/* Luminance is what an eye sees, and green is most of that. For a star, whose
 * light is in all colours, it throws a third of them away: where each colour
 * has a noise of its own their plain mean is less noisy, by a seventh.
 *
 * But cameras and JPEG make colours coarser than luminance, and then the mean
 * is worse. So the picture is asked: on the way from luminance to the mean
 * there is a place where the noise is least.
 */
#include "worker/light/light.h"

#include <math.h>
#include <stddef.h>

#include "worker/pixels/lanes.h"
#include "worker/light/rank.h"

/* BT.601 luminance, and how the mean of the colours differs from it. */
#define RED_OF_Y 0.299f
#define GREEN_OF_Y 0.587f
#define BLUE_OF_Y 0.114f
#define CB_OF_MEAN 0.476f
#define CR_OF_MEAN 0.229f
/* Less is not worth a second pass. */
#define GAIN_LEAST 1.02f

enum { SAMPLES = 4096, APART_PX = 4 };

/* What a pixel has. */
static light_step look_at_pixels(const void *from, uint32_t x, uint32_t y)
{
    const picture *p = from;
    const uint8_t *at =
        p->pixels + (size_t)y * p->pixel_stride + x * (size_t)p->pixel_bytes;
    float luminance = RED_OF_Y * (float)at[0] + GREEN_OF_Y * (float)at[1] +
                      BLUE_OF_Y * (float)at[2];

    return (light_step){ luminance,
                         (float)(at[0] + at[1] + at[2]) / 3 - luminance };
}

static light_step look_at_planes(const void *from, uint32_t x, uint32_t y)
{
    const picture *p = from;
    uint8_t at[3];

    for (int i = 0; i < 3; i++)
        at[i] = p->planes[i][(size_t)y * (size_t)p->strides[i] + x];
    return (light_step){ at[0], CB_OF_MEAN * (float)at[1] +
                                    CR_OF_MEAN * (float)at[2] };
}

/* The sum of two by two pixels: a star is no smaller. */
static light_step sum_at(light_look *look, const void *from, uint32_t x,
                         uint32_t y)
{
    light_step sum = { 0 };

    for (uint32_t i = 0; i < 4; i++) {
        light_step v = look(from, x + i % 2, y + i / 2);

        sum.luminance += v.luminance;
        sum.mean += v.mean;
    }
    return sum;
}

/* How far to go. Steps beyond what noise makes are of stars and edges and have
 * no say. */
static float choose_share(const light_step *steps, int count)
{
    float sizes[SAMPLES], limit, both = 0, mean = 0, luminance = 0, share;
    int i;

    for (i = 0; i < count; i++)
        sizes[i] = fabsf(steps[i].luminance);
    limit = count > 0 ? 4 * rank_select(sizes, count, count / 2) : 0;
    for (i = 0; i < count; i++)
        if (fabsf(steps[i].luminance) <= limit) {
            luminance += steps[i].luminance * steps[i].luminance;
            both += steps[i].luminance * steps[i].mean;
            mean += steps[i].mean * steps[i].mean;
        }
    if (!(mean > 0))
        return 0;
    share = fminf(fmaxf(-both / mean, 0), 1);
    luminance /= luminance + 2 * share * both + share * share * mean;
    return luminance > GAIN_LEAST * GAIN_LEAST ? share : 0;
}

/* From differences between places close by, all over the picture. */
float light_choose_share(light_look *look, const void *from, uint32_t width,
                         uint32_t height)
{
    int columns = (int)width - APART_PX - 2, rows = (int)height - 2, i;
    double every = (double)columns * rows / SAMPLES;
    light_step steps[SAMPLES];

    if (columns < 1 || rows < 1)
        return 0;
    for (i = 0; i < SAMPLES; i++) {
        size_t at = (size_t)(every * i);
        uint32_t x = (uint32_t)(at % (size_t)columns);
        uint32_t y = (uint32_t)(at / (size_t)columns);
        light_step a = sum_at(look, from, x, y);
        light_step b = sum_at(look, from, x + APART_PX, y);

        steps[i] = (light_step){ b.luminance - a.luminance, b.mean - a.mean };
    }
    return choose_share(steps, SAMPLES);
}

void light_weights(float share, float weights[3])
{
    weights[0] = RED_OF_Y + share * (1 / 3.0f - RED_OF_Y);
    weights[1] = GREEN_OF_Y + share * (1 / 3.0f - GREEN_OF_Y);
    weights[2] = 1 - weights[0] - weights[1];
}

LANES_FUNCTION static void copy_row(const uint8_t *restrict from,
                                    float *restrict to, int n)
{
    int i;

    for (i = 0; i < n; i++)
        to[i] = from[i];
}

LANES_FUNCTION static void add_colours(const uint8_t *restrict blue,
                                       const uint8_t *restrict red, float share,
                                       float *restrict to, int n)
{
    int i;

    for (i = 0; i < n; i++)
        to[i] += share * (CB_OF_MEAN * (float)(blue[i] - 128) +
                          CR_OF_MEAN * (float)(red[i] - 128));
}

static void mix_row(const uint8_t *from, int bytes, float share,
                    float *restrict to, int n)
{
    float weights[3];
    int i;

    light_weights(share, weights);
    for (i = 0; i < n; i++, from += bytes)
        to[i] = weights[0] * (float)from[0] + weights[1] * (float)from[1] +
                weights[2] * (float)from[2];
}

static void mix(const picture *p, float share, float *light)
{
    int width = (int)p->width;
    size_t y;

    for (y = 0; y < p->height; y++) {
        float *to = light + y * p->width;

        if (p->pixels != NULL && p->pixel_bytes >= 3) {
            mix_row(p->pixels + y * p->pixel_stride, p->pixel_bytes, share, to,
                    width);
            continue;
        }
        copy_row(p->planes[0] + y * (size_t)p->strides[0], to, width);
        if (share > 0)
            add_colours(p->planes[1] + y * (size_t)p->strides[1],
                        p->planes[2] + y * (size_t)p->strides[2], share, to,
                        width);
    }
}

/* Whether each pixel has colours of its own. */
static bool has_colours(const picture *p)
{
    return !p->is_grey && (p->pixels != NULL ? p->pixel_bytes >= 3
                                             : p->subsampling == TJSAMP_444);
}

float *light_take(picture *p, workspace *ws)
{
    float *light, share = 0;

    if (p->light != NULL)
        return p->light;
    light = workspace_take(ws, WORKSPACE_LIGHT,
                           (size_t)p->width * p->height * sizeof(*light));
    if (light == NULL)
        return NULL;
    if (has_colours(p))
        share = light_choose_share(p->pixels != NULL ? look_at_pixels
                                                     : look_at_planes,
                                   p, p->width, p->height);
    mix(p, share, light);
    return light;
}
