/* A blue or red star adds little to luminance, in which green counts most.
 *
 * JPEG keeps colours as differences from luminance, coarsely, and most of a
 * sky has none: the differences alone tell where it is worth to look. What has
 * more than 8 bits comes as such differences, too, of as many pixels.
 */
#include "worker/light/colours.h"

#include <float.h>
#include <limits.h>
#include <math.h>
#include <stddef.h>

#define RED_OF_CR 1.402f
#define BLUE_OF_CB 1.772f
/* Grey levels; less is rounding. */
#define SPOT_LEAST 1.5f

typedef struct chroma {
    const uint8_t *blue, *red;
    const float *fine; /* instead of these; or NULL */
    int columns, rows, blue_stride, red_stride;
    int step_x, step_y; /* pixels a sample */
} chroma;

static chroma chroma_of(const colours *from, int width, int height)
{
    const picture *p = from->coarse;
    chroma c = { .fine = from->fine,
                 .columns = (width + 1) / 2,
                 .rows = (height + 1) / 2 };

    if (p != NULL) {
        c.blue = p->planes[1];
        c.red = p->planes[2];
        c.blue_stride = p->strides[1];
        c.red_stride = p->strides[2];
        c.columns = tjPlaneWidth(1, width, p->subsampling);
        c.rows = tjPlaneHeight(1, height, p->subsampling);
    }
    c.step_x = (width + c.columns - 1) / c.columns;
    c.step_y = (height + c.rows - 1) / c.rows;
    return c;
}

static float excess(uint8_t blue, uint8_t red)
{
    float more_blue = BLUE_OF_CB * (float)(blue - 128);
    float more_red = RED_OF_CR * (float)(red - 128);

    return more_blue > more_red ? more_blue : more_red;
}

static float fine_spot_of(const chroma *c, int x0, int y0, int x1, int y1)
{
    float most = -FLT_MAX, sum = 0;
    int x, y;

    for (y = y0; y < y1; y++)
        for (x = x0; x < x1; x++) {
            float more = c->fine[(size_t)y * (size_t)c->columns + (size_t)x];

            sum += more;
            most = more > most ? more : most;
        }
    return most - sum / (float)((x1 - x0) * (y1 - y0));
}

/* How far the most colourful sample of an area is above their mean. */
static float spot_of(const chroma *c, tile_area area)
{
    int x0 = area.x0 / c->step_x, x1 = (area.x1 - 1) / c->step_x + 1;
    int y0 = area.y0 / c->step_y, y1 = (area.y1 - 1) / c->step_y + 1;
    int n = (x1 - x0) * (y1 - y0), x, y;
    int most = INT_MIN;
    float sum = 0;

    if (c->fine != NULL)
        return fine_spot_of(c, x0, y0, x1, y1);
    for (y = y0; y < y1; y++) {
        const uint8_t *blue = c->blue + (size_t)y * (size_t)c->blue_stride;
        const uint8_t *red = c->red + (size_t)y * (size_t)c->red_stride;
        int row_sum = 0;

        /* In quarters, which 16 bits hold: BT.601's factors are 5.6 and 7.1
         * of them. */
        for (x = x0; x < x1; x++) {
            int more_blue = 7 * (blue[x] - 128), more_red = 6 * (red[x] - 128);
            int more = more_blue > more_red ? more_blue : more_red;

            row_sum += more;
            most = more > most ? more : most;
        }
        sum += (float)row_sum;
    }
    return ((float)most - sum / (float)n) / 4;
}

void colours_mark(const colours *from, const noise_map *noise,
                  float pixel_per_cell, tiles *out)
{
    chroma c = chroma_of(from, out->width, out->height);
    float rounding = c.fine != NULL ? 0 : SPOT_LEAST;
    int i;

    for (i = 0; i < out->columns * out->rows; i++) {
        int column = i % out->columns, row = i / out->columns;
        tile_area area = { column * TILE_PX, row * TILE_PX,
                           tiles_end(column, out->columns, out->width),
                           tiles_end(row, out->rows, out->height) };
        float least = fmaxf(rounding, pixel_per_cell * noise->cells[i]);

        if (spot_of(&c, area) > least)
            tiles_mark(out, area);
    }
}

static void add_ones(const float *grey, const uint8_t *blue, const uint8_t *red,
                     float *restrict to, int n)
{
    int i;

    for (i = 0; i < n; i++)
        to[i] = grey[i] + excess(blue[i], red[i]);
}

static void add_twos(const float *grey, const uint8_t *blue, const uint8_t *red,
                     float *restrict to, int n)
{
    int i;

    for (i = 0; i < n; i++) {
        float more = excess(blue[i], red[i]);

        to[2 * i] = grey[2 * i] + more;
        to[2 * i + 1] = grey[2 * i + 1] + more;
    }
}

static void add_any(const float *grey, const uint8_t *blue, const uint8_t *red,
                    int step, float *restrict to, int from, int end)
{
    int x;

    for (x = from; x < end; x++)
        to[x] = grey[x] + excess(blue[x / step], red[x / step]);
}

static void add_fine(const chroma *c, const light_map *light, int y, float *out)
{
    size_t at = (size_t)y * (size_t)light->width;
    const float *more = c->fine + (size_t)(y / 2) * (size_t)c->columns;
    int x;

    for (x = 0; x < light->width; x++)
        out[at + (size_t)x] = light->values[at + (size_t)x] + more[x / 2];
}

static void take_row(const chroma *c, const light_map *light, int y, float *out)
{
    size_t at = (size_t)y * (size_t)light->width;
    const float *grey = light->values + at;
    const uint8_t *blue = c->blue + (size_t)(y / c->step_y) * c->blue_stride;
    const uint8_t *red = c->red + (size_t)(y / c->step_y) * c->red_stride;
    int whole = light->width / c->step_x;

    if (c->step_x == 1)
        add_ones(grey, blue, red, out + at, whole);
    else if (c->step_x == 2)
        add_twos(grey, blue, red, out + at, whole);
    else
        whole = 0;
    add_any(grey, blue, red, c->step_x, out + at, whole * c->step_x,
            light->width);
}

static int row_is_marked(const tiles *t, int row)
{
    int i, any = 0;

    for (i = 0; i < t->columns; i++)
        any |= t->marks[row * t->columns + i];
    return any;
}

void colours_take(const colours *from, const light_map *light,
                  const tiles *only, int margin, float *out)
{
    chroma c = chroma_of(from, light->width, light->height);
    int row, y = 0;

    for (row = 0; row < only->rows; row++) {
        int from = row * TILE_PX - margin;
        int end = tiles_end(row, only->rows, only->height) + margin;

        if (!row_is_marked(only, row))
            continue;
        for (y = y > from ? y : from; y < end && y < light->height; y++)
            (c.fine != NULL ? add_fine : take_row)(&c, light, y, out);
    }
}

static float on_scale(const stretch *scale, float value)
{
    return scale != NULL ? stretch_value(scale, value) : value;
}

void colours_exceed(const light_map *light, const stretch *scale, float *fine)
{
    size_t width = (size_t)light->width, height = (size_t)light->height, x, y;

    for (y = 0; y < height; y += 2)
        for (x = 0; x < width; x += 2, fine++) {
            const float *row = light->values + y * width;
            const float *below = y + 1 < height ? row + width : row;
            size_t right = x + 1 < width ? x + 1 : x;
            float mean = (row[x] + row[right] + below[x] + below[right]) / 4;
            float more = on_scale(scale, *fine) - on_scale(scale, mean);

            /* Where there is no light there is no colour. */
            *fine = isfinite(*fine) && isfinite(mean) ? more : 0;
        }
}
