/* Pixels are reduced in the place where they lie: those of 8 bits are never
 * larger, so that what is written has always been read.
 *
 * Two kinds of depth are told apart. Whole numbers of 16 bits are what 8 bits
 * would be, more finely: any program shows them on the scale of the screen, so
 * this one does. Floats, and what else a camera's software saves, are light as
 * it was counted; of that most would be black.
 */
#include "worker/deep.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "worker/frame.h"

static bool has_alpha(const deep_samples *from)
{
    return from->channels % 2 == 0;
}

static int colours_of(const deep_samples *from)
{
    return from->channels <= 2 ? 1 : 3;
}

/* Grey with alpha becomes RGBA: there is no other form of it. */
static int pixel_bytes(const deep_samples *from)
{
    return from->channels == 2 ? 4 : from->channels;
}

static void put_pixel(const deep_samples *from, uint8_t *to,
                      const uint8_t level[3], uint8_t alpha)
{
    int bytes = pixel_bytes(from);

    for (int c = 0; c < bytes && c < 3; c++)
        to[c] = level[colours_of(from) == 1 ? 0 : c];
    if (bytes == 4)
        to[3] = alpha;
}

static void reduce(const deep_samples *from, size_t i, uint8_t *pixels,
                   float *light)
{
    static const float weights[2][3] = { { 1 }, { 0.299f, 0.587f, 0.114f } };
    int colours = colours_of(from), bytes = pixel_bytes(from);
    uint16_t sample[4] = { 0, 0, 0, 65535 };
    uint8_t level[3] = { 0 };
    float sum = 0, scale = 1 / 257.0f;

    memcpy(sample, from->whole + i * (size_t)from->channels,
           sizeof(*sample) * (size_t)from->channels);
    if (has_alpha(from)) {
        sample[3] = sample[colours];
        if (!from->multiplied)
            scale *= (float)sample[3] / 65535;
    }
    for (int c = 0; c < colours; c++) {
        float fine = (float)sample[c] * scale;

        level[c] = (uint8_t)(fine + 0.5f);
        sum += weights[colours == 3][c] * fine;
    }
    put_pixel(from, pixels + i * (size_t)bytes, level,
              (uint8_t)((float)sample[3] / 257 + 0.5f));
    if (light != NULL)
        light[i] = sum;
}

int deep_hold_whole(const deep_samples *from, bool need_light, workspace *ws,
                    picture *out)
{
    size_t count = (size_t)from->width * from->height;
    uint8_t *pixels = (uint8_t *)from->whole;
    float *light = NULL;

    if (need_light) {
        light = workspace_take(ws, WORKSPACE_LIGHT, count * sizeof(*light));
        if (light == NULL)
            return -ENOMEM;
    }
    for (size_t i = 0; i < count; i++)
        reduce(from, i, pixels, light);
    picture_hold_pixels(out, from->width, from->height, pixels,
                        pixel_bytes(from), has_alpha(from));
    if (light != NULL) {
        out->light = light;
        out->saturation = 254;
        out->noise_floor = 0.02f;
    }
    return 0;
}

static void gather_light(const deep_samples *from, size_t count, float *light)
{
    int colours = colours_of(from);

    for (size_t i = 0; i < count; i++) {
        const float *sample = from->light + i * (size_t)from->channels;
        float sum = 0;

        for (int c = 0; c < colours; c++)
            sum += sample[c];
        light[i] = sum / (float)colours;
    }
}

/* All colours on one scale, or they would become others. */
static void show(const deep_samples *from, const frame_stretch *s, size_t count,
                 uint8_t *pixels)
{
    int colours = colours_of(from), bytes = pixel_bytes(from);

    for (size_t i = 0; i < count; i++) {
        float sample[4] = { 0 };
        uint8_t level[3] = { 0 };
        float alpha = 1;

        memcpy(sample, from->light + i * (size_t)from->channels,
               sizeof(*sample) * (size_t)from->channels);
        frame_show(s, sample, (size_t)colours, level);
        if (has_alpha(from))
            alpha = sample[colours] > 0 ? fminf(sample[colours], 1) : 0;
        put_pixel(from, pixels + i * (size_t)bytes, level,
                  (uint8_t)(alpha * 255 + 0.5f));
    }
}

int deep_hold_light(const deep_samples *from, workspace *ws, picture *out)
{
    size_t count = (size_t)from->width * from->height;
    float *light = workspace_take(ws, WORKSPACE_LIGHT, count * sizeof(*light));
    uint8_t *pixels = (uint8_t *)from->light;
    frame_stretch s;

    if (light == NULL)
        return -ENOMEM;
    gather_light(from, count, light);
    out->has_holes = frame_clean(light, count);
    if (!frame_choose_stretch(light, count, &s))
        return -EDOM;
    show(from, &s, count, pixels);
    if (has_alpha(from))
        picture_multiply_by_alpha(pixels, count);
    picture_hold_pixels(out, from->width, from->height, pixels,
                        pixel_bytes(from), has_alpha(from));
    out->light = light;
    out->saturation = INFINITY;
    out->noise_floor = frame_noise_floor(&s);
    out->linear = true;
    return 0;
}
