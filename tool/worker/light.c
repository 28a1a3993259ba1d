/* Luminance is what an eye sees, and green is most of that. For a star, whose
 * light is in all colours, it throws a third of them away: where each colour
 * has a noise of its own their plain mean is less noisy, by a seventh.
 *
 * But cameras and JPEG make colours coarser than luminance, and then the mean
 * is worse. So the picture is asked: on the way from luminance to the mean
 * there is a place where the noise is least.
 */
#include "worker/light.h"

#include <math.h>
#include <stddef.h>

#include "worker/lanes.h"
#include "worker/rank.h"

/* BT.601 luminance, and how the mean of the colours differs from it. */
#define RED_OF_Y 0.299f
#define GREEN_OF_Y 0.587f
#define BLUE_OF_Y 0.114f
#define CB_OF_MEAN 0.476f
#define CR_OF_MEAN 0.229f
/* Less is not worth a second pass. */
#define GAIN_LEAST 1.02f

enum { SAMPLES = 4096, APART_PX = 4 };

typedef struct step {
    float luminance, mean; /* the mean's difference from luminance */
} step;

/* What a pixel has, as luminance and how the mean differs. */
static step value_of(const picture *p, int x, int y)
{
    if (p->pixels != NULL) {
        const uint8_t *at = p->pixels + (size_t)y * p->pixel_stride +
                            (size_t)x * (size_t)p->pixel_bytes;
        float luminance = RED_OF_Y * (float)at[0] + GREEN_OF_Y * (float)at[1] +
                          BLUE_OF_Y * (float)at[2];

        return (step){ luminance,
                       (float)(at[0] + at[1] + at[2]) / 3 - luminance };
    }
    return (step){
        p->planes[0][(size_t)y * (size_t)p->strides[0] + (size_t)x],
        CB_OF_MEAN * (float)p->planes[1][(size_t)y * (size_t)p->strides[1] +
                                         (size_t)x] +
            CR_OF_MEAN *
                (float)
                    p->planes[2][(size_t)y * (size_t)p->strides[2] + (size_t)x]
    };
}

/* The sum of two by two pixels: a star is no smaller. */
static step sum_at(const picture *p, int x, int y)
{
    step sum = { 0 };
    int i;

    for (i = 0; i < 4; i++) {
        step v = value_of(p, x + i % 2, y + i / 2);

        sum.luminance += v.luminance;
        sum.mean += v.mean;
    }
    return sum;
}

/* Differences between places close by, all over the picture. */
static int take_steps(const picture *p, step *steps)
{
    int width = (int)p->width - APART_PX - 2, height = (int)p->height - 2, n, i;
    double every = (double)width * height / SAMPLES;

    if (width < 1 || height < 1)
        return 0;
    for (i = n = 0; i < SAMPLES && n < SAMPLES; i++) {
        size_t at = (size_t)(every * i);
        int x = (int)(at % (size_t)width), y = (int)(at / (size_t)width);
        step a = sum_at(p, x, y), b = sum_at(p, x + APART_PX, y);

        steps[n++] = (step){ b.luminance - a.luminance, b.mean - a.mean };
    }
    return n;
}

/* How far to go from luminance, 0, to the mean, 1. Steps beyond what noise
 * makes are of stars and edges and have no say. */
static float choose_share(const step *steps, int count)
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
    float red = RED_OF_Y + share * (1 / 3.0f - RED_OF_Y);
    float green = GREEN_OF_Y + share * (1 / 3.0f - GREEN_OF_Y);
    float blue = 1 - red - green;
    int i;

    for (i = 0; i < n; i++, from += bytes)
        to[i] = red * (float)from[0] + green * (float)from[1] +
                blue * (float)from[2];
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
    step steps[SAMPLES];
    float *light, share = 0;

    if (p->light != NULL)
        return p->light;
    light = workspace_take(ws, WORKSPACE_LIGHT,
                           (size_t)p->width * p->height * sizeof(*light));
    if (light == NULL)
        return NULL;
    if (has_colours(p))
        share = choose_share(steps, take_steps(p, steps));
    mix(p, share, light);
    return light;
}
