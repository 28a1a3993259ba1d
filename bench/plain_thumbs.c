/* Straight on: decode, two passes of floating point, encode. Vectors are left
 * to the compiler. */
#include "plain_thumbs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <turbojpeg.h>

typedef struct image {
    uint8_t *data; /* four bytes a pixel */
    int width, height;
} image;

/* Memory that is kept from picture to picture, as a fast program does. */
static void *scratch(int slot, size_t size)
{
    static void *data[6];
    static size_t room[6];

    if (size > room[slot]) {
        free(data[slot]);
        room[slot] = size + size / 4;
        data[slot] = aligned_alloc(64, (room[slot] + 63) & ~(size_t)63);
    }
    return data[slot];
}

static tjhandle decoder(void)
{
    static tjhandle handle;

    return handle != NULL ? handle : (handle = tjInitDecompress());
}

static tjhandle encoder(void)
{
    static tjhandle handle;

    return handle != NULL ? handle : (handle = tjInitCompress());
}

static float lanczos(float x)
{
    float a = (float)M_PI * x;

    if (fabsf(x) < 1e-5f)
        return 1;
    return fabsf(x) < 3 ? 3 * sinf(a) * sinf(a / 3) / (a * a) : 0;
}

typedef struct window {
    int first, count;
    float *weights;
} window;

static void make_window(window *w, int i, int in, int out)
{
    float scale = (float)in / (float)out, wide = scale > 1 ? scale : 1;
    float centre = ((float)i + 0.5f) * scale, sum = 0;
    int end = (int)ceilf(centre + 3 * wide);

    w->first = (int)fmaxf(0, floorf(centre - 3 * wide));
    w->count = (end < in ? end : in) - w->first;
    for (int k = 0; k < w->count; k++) {
        w->weights[k] = lanczos(((float)(w->first + k) + 0.5f - centre) / wide);
        sum += w->weights[k];
    }
    for (int k = 0; k < w->count; k++)
        w->weights[k] /= sum;
}

static int taps_of(int in, int out)
{
    return 8 + 6 * (in > out ? in / out + 1 : 1);
}

static void resize(const image *from, image *to)
{
    int across = taps_of(from->width, to->width);
    int down = taps_of(from->height, to->height);
    float *row = scratch(2, (size_t)from->width * 4 * sizeof(float));
    float *weights = scratch(
        3, ((size_t)to->width * (size_t)across + (size_t)down) * sizeof(float));
    window *columns = scratch(4, (size_t)to->width * sizeof *columns);
    window line = { .weights = weights + to->width * across };

    for (int x = 0; x < to->width; x++) {
        columns[x].weights = weights + x * across;
        make_window(&columns[x], x, from->width, to->width);
    }
    for (int y = 0; y < to->height; y++) {
        uint8_t *made = to->data + (size_t)y * 4 * (size_t)to->width;

        make_window(&line, y, from->height, to->height);
        memset(row, 0, (size_t)from->width * 4 * sizeof(float));
        for (int k = 0; k < line.count; k++) {
            const uint8_t *at =
                from->data + (size_t)(line.first + k) * 4 * (size_t)from->width;
            float weight = line.weights[k];

            for (int x = 0; x < 4 * from->width; x++)
                row[x] += weight * at[x];
        }
        for (int x = 0; x < to->width; x++) {
            const float *at = row + 4 * columns[x].first;
            float sums[4] = { 0.5f, 0.5f, 0.5f, 0.5f };

            for (int k = 0; k < columns[x].count; k++)
                for (int c = 0; c < 4; c++)
                    sums[c] += columns[x].weights[k] * at[4 * k + c];
            for (int c = 0; c < 4; c++)
                made[4 * x + c] = (uint8_t)fminf(fmaxf(sums[c], 0), 255);
        }
    }
}

static int decode(const uint8_t *jpeg, size_t size, int least, image *out)
{
    tjscalingfactor scale = { 8, 8 };
    int width, height, sampling, colour;

    if (tjDecompressHeader3(decoder(), jpeg, size, &width, &height, &sampling,
                            &colour) < 0)
        return -1;
    while (scale.num > 1 && width * (scale.num / 2) / 8 >= 2 * least)
        scale.num /= 2;
    out->width = TJSCALED(width, scale);
    out->height = TJSCALED(height, scale);
    out->data = scratch(0, (size_t)out->width * (size_t)out->height * 4);
    return tjDecompress2(decoder(), jpeg, size, out->data, out->width, 0,
                         out->height, TJPF_RGBX, 0);
}

static int encode(const uint8_t *pixels, int width, int height, bool grey,
                  int quality, plain_take *take, void *context)
{
    int sampling = grey ? TJSAMP_GRAY : TJSAMP_420;
    unsigned long size = tjBufSize(width, height, sampling);
    uint8_t *to = scratch(5, size);

    if (tjCompress2(encoder(), pixels, width, 0, height,
                    grey ? TJPF_GRAY : TJPF_RGBX, &to, &size, sampling, quality,
                    TJFLAG_NOREALLOC) < 0)
        return -1;
    return take(context, width, to, size);
}

int plain_thumbs(const uint8_t *jpeg, size_t size, const int *widths, int count,
                 int box, int quality, plain_take *take, void *context)
{
    size_t room = 0;
    image full, source, made;
    uint8_t *memory;

    if (decode(jpeg, size, box > 0 ? box : widths[0], &full) < 0)
        return -1;
    source = full;
    for (int i = 0; i < count; i++) {
        int width = box == 0 || full.width >= full.height
                        ? (box > 0 ? box : widths[i])
                        : box * full.width / full.height;

        room +=
            4 * (size_t)width * (size_t)(full.height * width / full.width + 1);
    }
    memory = scratch(1, room);
    for (int i = 0; i < count; i++) {
        made.width = box == 0 || full.width >= full.height
                         ? (box > 0 ? box : widths[i])
                         : box * full.width / full.height;
        made.height = full.height * made.width / full.width;
        made.height += made.height == 0;
        made.data = memory;
        memory += 4 * (size_t)made.width * (size_t)made.height;
        resize(&source, &made);
        if (encode(made.data, made.width, made.height, false, quality, take,
                   context) != 0)
            return -1;
        if (i == 0)
            source = made;
    }
    return 0;
}

static int difference(const uint8_t *a, const uint8_t *b)
{
    return abs(a[0] - b[0]) + abs(a[1] - b[1]) + abs(a[2] - b[2]);
}

int plain_edges(const uint8_t *jpeg, size_t size, int threshold, int quality,
                plain_take *take, void *context)
{
    image full;
    uint8_t *made;

    if (decode(jpeg, size, 1 << 20, &full) < 0)
        return -1;
    made = scratch(1, (size_t)full.width * (size_t)full.height);
    for (int y = 0; y < full.height; y++) {
        const uint8_t *row = full.data + (size_t)y * 4 * (size_t)full.width;
        const uint8_t *below = row + 4 * full.width;
        uint8_t *to = made + (size_t)y * (size_t)full.width;
        int last = full.width - 1;

        if (y + 1 == full.height) {
            for (int x = 0; x < last; x++)
                to[x] = difference(row + 4 * x, row + 4 * x + 4) > threshold
                            ? 255
                            : 0;
            to[last] = 0;
            continue;
        }
        for (int x = 0; x < last; x++)
            to[x] = (difference(row + 4 * x, row + 4 * x + 4) +
                     difference(row + 4 * x, below + 4 * x)) /
                                2 >
                            threshold
                        ? 255
                        : 0;
        to[last] =
            difference(row + 4 * last, below + 4 * last) > threshold ? 255 : 0;
    }
    return encode(made, full.width, full.height, true, quality, take, context);
}
