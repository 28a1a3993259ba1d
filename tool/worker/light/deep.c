/* Pixels are reduced in the place where they lie: those of 8 bits are never
 * larger, so that what is written has always been read.
 *
 * Two kinds of depth are told apart. Whole numbers of 16 bits are what 8 bits
 * would be, more finely: any program shows them on the scale of the screen, so
 * this one does. Floats, and what else a camera's software saves, are light as
 * it was counted; of that most would be black.
 */
#include "worker/light/deep.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "worker/light/balance.h"
#include "worker/light/colours.h"
#include "worker/light/frame.h"
#include "worker/light/light.h"
#include "worker/light/stretch.h"

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

/* Colours in levels of 8 bits with fractions, as much as there is of them.
 * Returns the alpha. */
static uint16_t fine_levels(const deep_samples *from, size_t i, float fine[3])
{
    int colours = colours_of(from);
    uint16_t sample[4] = { 0, 0, 0, 65535 };
    float scale = 1 / 257.0f;

    memcpy(sample, from->whole + i * (size_t)from->channels,
           sizeof(*sample) * (size_t)from->channels);
    if (has_alpha(from)) {
        sample[3] = sample[colours];
        if (!from->multiplied)
            scale *= (float)sample[3] / 65535;
    }
    for (int c = 0; c < 3; c++)
        fine[c] = (float)sample[colours == 1 ? 0 : c] * scale;
    return sample[3];
}

static light_step look_at(const void *context, uint32_t x, uint32_t y)
{
    const deep_samples *from = context;
    float fine[3], luminance, weights[3];

    light_weights(0, weights);
    (void)fine_levels(from, (size_t)y * from->width + x, fine);
    luminance =
        weights[0] * fine[0] + weights[1] * fine[1] + weights[2] * fine[2];
    return (light_step){ luminance,
                         (fine[0] + fine[1] + fine[2]) / 3 - luminance };
}

/* What a reduction makes besides the pixels. */
typedef struct fine_light {
    float weights[3]; /* of the colours in `light` */
    float *light, *colour;
} fine_light;

static void reduce_row(const deep_samples *from, uint32_t y, uint8_t *pixels,
                       const fine_light *fine)
{
    size_t first = (size_t)y * from->width, i;
    int bytes = pixel_bytes(from);

    for (i = first; i < first + from->width; i++) {
        uint8_t level[3];
        float colours[3];
        uint16_t alpha = fine_levels(from, i, colours);

        for (int c = 0; c < 3; c++)
            level[c] = (uint8_t)(colours[c] + 0.5f);
        put_pixel(from, pixels + i * (size_t)bytes, level,
                  (uint8_t)((float)alpha / 257 + 0.5f));
        if (fine->light != NULL)
            fine->light[i] = fine->weights[0] * colours[0] +
                             fine->weights[1] * colours[1] +
                             fine->weights[2] * colours[2];
    }
}

/* The larger of red and blue, of this row and the next one. */
static void take_colours(const deep_samples *from, uint32_t y, float *out)
{
    uint32_t below = y + 1 < from->height ? y + 1 : y, x;

    for (x = 0; x < from->width; x += 2) {
        uint32_t right = x + 1 < from->width ? x + 1 : x;
        size_t at[] = { (size_t)y * from->width + x,
                        (size_t)y * from->width + right,
                        (size_t)below * from->width + x,
                        (size_t)below * from->width + right };
        float red = 0, blue = 0;

        for (int k = 0; k < 4; k++) {
            float fine[3];

            (void)fine_levels(from, at[k], fine);
            red += fine[0] / 4;
            blue += fine[2] / 4;
        }
        *out++ = red > blue ? red : blue;
    }
}

static int take_fine(const deep_samples *from, workspace *ws, fine_light *fine)
{
    size_t count = (size_t)from->width * from->height;
    float share = 0;

    fine->light = workspace_take(ws, WORKSPACE_LIGHT, count * sizeof(float));
    if (fine->light == NULL)
        return -ENOMEM;
    if (colours_of(from) == 3) {
        fine->colour = workspace_take(
            ws, WORKSPACE_COLOUR, colours_fine_size(from->width, from->height));
        if (fine->colour == NULL)
            return -ENOMEM;
        share = light_choose_share(look_at, from, from->width, from->height);
    }
    light_weights(share, fine->weights);
    return 0;
}

int deep_hold_whole(const deep_samples *from, bool need_light, workspace *ws,
                    picture *out)
{
    uint8_t *pixels = (uint8_t *)from->whole;
    fine_light fine = { 0 };

    if (need_light && take_fine(from, ws, &fine) < 0)
        return -ENOMEM;
    for (uint32_t y = 0; y < from->height; y++) {
        /* Before the first of both rows is written over. */
        if (fine.colour != NULL && y % 2 == 0)
            take_colours(from, y,
                         fine.colour +
                             (size_t)(y / 2) * ((from->width + 1) / 2));
        reduce_row(from, y, pixels, &fine);
    }
    picture_hold_pixels(out, from->width, from->height, pixels,
                        pixel_bytes(from), has_alpha(from));
    if (fine.light != NULL) {
        out->light = fine.light;
        out->colour = fine.colour;
        out->saturation = 254;
        out->noise_floor = 0.02f;
    }
    return 0;
}

/* Of a mosaic the light is that of its own pixels: what was interpolated is
 * wider than the stars are, and its noise hangs together. */
static void add_colours(const deep_samples *from, const balance *b,
                        const frame_colours *colours, picture *out)
{
    light_map raw = { from->raw, (int)from->width, (int)from->height };

    if (from->raw == NULL) {
        balance_add(colours, b, out->light);
        out->saturation =
            from->is_frame ? balance_sum(b, from->ceiling) : INFINITY;
        return;
    }
    out->saturation =
        mosaic_light(from->raw, from->width, from->height, from->mosaic, b,
                     stretch_ceiling(&raw, from->ceiling), out->light);
}

static int gather_colours(const deep_samples *from, workspace *ws, picture *out)
{
    frame_colours colours = { from->light, from->width, from->height,
                              from->channels };
    balance b;

    out->colour = workspace_take(ws, WORKSPACE_COLOUR,
                                 colours_fine_size(from->width, from->height));
    if (out->colour == NULL)
        return -ENOMEM;
    b = balance_look(&colours);
    add_colours(from, &b, &colours, out);
    if (from->is_frame)
        balance_even_out(&colours, &b);
    balance_excel(&colours, &b, out->colour);
    return 0;
}

static int gather_light(const deep_samples *from, workspace *ws, picture *out)
{
    size_t count = (size_t)from->width * from->height, i;

    out->light = workspace_take(ws, WORKSPACE_LIGHT, count * sizeof(float));
    if (out->light == NULL)
        return -ENOMEM;
    out->saturation = INFINITY;
    if (colours_of(from) == 3)
        return gather_colours(from, ws, out);
    for (i = 0; i < count; i++)
        out->light[i] = from->light[i * (size_t)from->channels];
    return 0;
}

/* All colours on one scale, or they would become others. Those of a frame have
 * been brought to one. */
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
    uint8_t *pixels = (uint8_t *)from->light;
    frame_stretch s;

    if (gather_light(from, ws, out) < 0)
        return -ENOMEM;
    out->has_holes = frame_clean(out->light, count);
    if (!frame_choose_stretch(out->light, count, &s))
        return -EDOM;
    show(from, &s, count, pixels);
    if (has_alpha(from))
        picture_multiply_by_alpha(pixels, count);
    picture_hold_pixels(out, from->width, from->height, pixels,
                        pixel_bytes(from), has_alpha(from));
    out->noise_floor = frame_noise_floor(&s);
    out->linear = true;
    return 0;
}
