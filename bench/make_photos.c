/* make_photos FOLDER COUNT WIDTH HEIGHT [FIRST]
 *
 * Writes COUNT JPEGs that are as hard on a decoder as photographs: shades,
 * texture that gets fainter the finer it is, and hard edges; sizes vary by a
 * few percent, one in ten is progressive. The same on every machine.
 */
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <turbojpeg.h>

enum { OCTAVES = 7, CELLS_MAX = 1024, SHAPES = 14 };

typedef struct generator {
    uint64_t state;
} generator;

static unsigned draw(generator *g, unsigned below)
{
    g->state = g->state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(g->state >> 33) % below;
}

/* Random values on a grid, one grid an octave, smooth in between. */
typedef struct octave {
    int cells, stride;
    float weight;
    float values[3][CELLS_MAX * CELLS_MAX / 16];
} octave;

static void draw_octave(octave *o, int number, generator *g)
{
    o->cells = 3 << number;
    o->stride = o->cells + 2;
    o->weight = 42.0f / powf(1.5f, (float)number);
    for (int c = 0; c < 3; c++)
        for (int i = 0; i < o->stride * o->stride; i++)
            o->values[c][i] =
                ((float)draw(g, 2001) / 1000 - 1) * (c == 1 ? 1 : 0.8f);
    /* Fine detail is a matter of light, hardly of colour. */
    for (int c = 0; number > 1 && c < 3; c += 2)
        for (int i = 0; i < o->stride * o->stride; i++)
            o->values[c][i] = 0.85f * o->values[1][i] + 0.15f * o->values[c][i];
}

/* From one cell's border to the next a value changes evenly. */
static void add_row(const octave *o, int y, int width, int height, float *row)
{
    float v = (float)y / (float)height * (float)o->cells;
    int j = (int)v;
    float b = v - (float)j;

    for (int i = 0; i < o->cells; i++) {
        int from = (width * i + o->cells - 1) / o->cells;
        int to = (width * (i + 1) + o->cells - 1) / o->cells;
        float step = (float)o->cells / (float)width;
        float a = (float)from * step - (float)i;

        for (int c = 0; c < 3; c++) {
            const float *at = o->values[c] + j * o->stride + i;
            float left = at[0] + b * (at[o->stride] - at[0]);
            float right = at[1] + b * (at[o->stride + 1] - at[1]);
            float level = o->weight * (left + a * (right - left));
            float change = o->weight * step * (right - left);

            for (int x = from; x < to; x++)
                row[3 * x + c] += level + change * (float)(x - from);
        }
    }
}

typedef struct shape {
    float x, y, radius, flat;
    int colour[3];
} shape;

static void draw_shapes(shape *shapes, int width, int height, generator *g)
{
    for (int i = 0; i < SHAPES; i++) {
        shapes[i].x = (float)draw(g, (unsigned)width);
        shapes[i].y = (float)draw(g, (unsigned)height);
        shapes[i].radius = (float)width * (0.02f + (float)draw(g, 100) / 600);
        shapes[i].flat = 0.4f + (float)draw(g, 100) / 50;
        for (int c = 0; c < 3; c++)
            shapes[i].colour[c] = (int)draw(g, 120) - 60;
    }
}

static void add_shapes(const shape *shapes, int y, int width, float *row)
{
    for (int i = 0; i < SHAPES; i++) {
        float dy = ((float)y - shapes[i].y) * shapes[i].flat;
        float half = shapes[i].radius * shapes[i].radius - dy * dy;
        int from, to;

        if (half <= 0)
            continue;
        from = (int)fmaxf(shapes[i].x - sqrtf(half), 0);
        to = (int)fminf(shapes[i].x + sqrtf(half), (float)width);
        for (int x = from; x < to; x++)
            for (int c = 0; c < 3; c++)
                row[3 * x + c] += (float)shapes[i].colour[c];
    }
}

static void draw_photo(uint8_t *rgb, int width, int height, generator *g)
{
    static octave octaves[OCTAVES];
    shape shapes[SHAPES];
    float *row = calloc((size_t)width * 3, sizeof *row);

    if (row == NULL)
        exit(1);
    for (int i = 0; i < OCTAVES; i++)
        draw_octave(&octaves[i], i, g);
    draw_shapes(shapes, width, height, g);
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < 3 * width; x++)
            row[x] = 118 + (float)draw(g, 7);
        for (int i = 0; i < OCTAVES; i++)
            add_row(&octaves[i], y, width, height, row);
        add_shapes(shapes, y, width, row);
        for (int x = 0; x < 3 * width; x++)
            rgb[(size_t)y * 3 * (size_t)width + (size_t)x] =
                (uint8_t)fminf(fmaxf(row[x], 0), 255);
    }
    free(row);
}

static int write_photo(const char *path, const uint8_t *rgb, int width,
                       int height, generator *g)
{
    tjhandle encoder = tjInitCompress();
    int flags = draw(g, 10) == 0 ? TJFLAG_PROGRESSIVE : 0;
    int quality = 78 + (int)draw(g, 15);
    unsigned char *jpeg = NULL;
    unsigned long size = 0;
    FILE *file = fopen(path, "wb");
    bool good;

    if (encoder == NULL || file == NULL)
        return -1;
    good = tjCompress2(encoder, rgb, width, 0, height, TJPF_RGB, &jpeg, &size,
                       TJSAMP_420, quality, flags) == 0 &&
           fwrite(jpeg, 1, size, file) == size;
    good = fclose(file) == 0 && good;
    tjFree(jpeg);
    tjDestroy(encoder);
    return good ? 0 : -1;
}

int main(int argc, char **argv)
{
    int count = argc > 2 ? atoi(argv[2]) : 0;
    int width = argc > 3 ? atoi(argv[3]) : 0;
    int height = argc > 4 ? atoi(argv[4]) : 0;
    int first = argc > 5 ? atoi(argv[5]) : 0;
    uint8_t *rgb;

    if (count < 1 || width < 16 || width > 8000 || height < 16 || height > 8000)
        return fprintf(stderr, "usage: make_photos FOLDER COUNT WIDTH HEIGHT "
                               "[FIRST]\n"),
               2;
    rgb = malloc((size_t)(width + 64) * (size_t)(height + 64) * 3);
    if (rgb == NULL || (mkdir(argv[1], 0755) < 0 && errno != EEXIST))
        return perror(argv[1]), 1;
    for (int i = first; i < first + count; i++) {
        generator g = { (uint64_t)i * 7919 + 17 };
        int w = width + (int)draw(&g, (unsigned)width / 16) - width / 32;
        int h = height + (int)draw(&g, (unsigned)height / 16) - height / 32;
        char path[4096];

        draw_photo(rgb, w, h, &g);
        snprintf(path, sizeof path, "%s/photo_%06d.jpg", argv[1], i);
        if (write_photo(path, rgb, w, h, &g) < 0)
            return perror(path), 1;
    }
    free(rgb);
    return 0;
}
