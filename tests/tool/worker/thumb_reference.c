/* None of this shares a line with what it tests. */
#include "thumb_reference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <spng.h>
#include <turbojpeg.h>

#include "support/test.h"

static image image_new(int width, int height)
{
    image made = { width, height,
                   malloc((size_t)width * (size_t)height * 3 * sizeof(float)) };

    CHECK(made.rgb != NULL);
    return made;
}

void image_free(image *image)
{
    free(image->rgb);
    image->rgb = NULL;
}

static unsigned next_random(unsigned *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* The finer, the fainter, as in all that nature draws. */
static double detail(int x, int y)
{
    double sum = 0;

    for (int k = 0; k < 5; k++) {
        double angle = 2.4 * k, waves = 0.03 * pow(2.1, k);

        sum += 0.6 / waves * sin(waves * (x * cos(angle) + y * sin(angle)) + k);
    }
    return sum;
}

sample photo_pixels(int width, int height, unsigned seed)
{
    sample made = { malloc((size_t)width * (size_t)height * 3),
                    (size_t)width * (size_t)height * 3 };

    CHECK(made.data != NULL);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            double u = (double)x / width, v = (double)y / height;
            double shade = 110 + 50 * sin(3 * u + seed) * cos(4 * v + 1);
            double texture = detail(x, y);
            bool inside = hypot(u - 0.6, v - 0.4) < 0.25;
            bool bar = (x / 23 + y / 31) % 5 == 0;
            double noise = (double)(next_random(&seed) % 7) - 3;

            for (int c = 0; c < 3; c++) {
                double level = shade + texture * (1 - 0.2 * c) + noise +
                               (inside ? 50 - 40 * c : 0) +
                               (bar ? 30 * (c - 1) : 0);

                made.data[3 * ((size_t)y * (size_t)width + (size_t)x) +
                          (size_t)c] = (uint8_t)(level < 0     ? 0
                                                 : level > 255 ? 255
                                                               : level);
            }
        }
    return made;
}

image image_of_pixels(const uint8_t *rgb, int width, int height)
{
    image made = image_new(width, height);

    for (int i = 0; i < 3 * width * height; i++)
        made.rgb[i] = rgb[i];
    return made;
}

image image_of_jpeg(const uint8_t *data, size_t size)
{
    tjhandle decoder = tjInitDecompress();
    int width, height, sampling, colour;
    uint8_t *rgb;
    image made;

    CHECK_EQ(tjDecompressHeader3(decoder, data, size, &width, &height,
                                 &sampling, &colour),
             0);
    rgb = malloc((size_t)width * (size_t)height * 3);
    CHECK_EQ(
        tjDecompress2(decoder, data, size, rgb, width, 0, height, TJPF_RGB, 0),
        0);
    made = image_of_pixels(rgb, width, height);
    free(rgb);
    tjDestroy(decoder);
    return made;
}

image image_of_png(const uint8_t *data, size_t size)
{
    spng_ctx *ctx = spng_ctx_new(0);
    struct spng_ihdr ihdr;
    size_t room;
    uint8_t *rgb;
    image made;

    CHECK_EQ(spng_set_png_buffer(ctx, data, size), 0);
    CHECK_EQ(spng_get_ihdr(ctx, &ihdr), 0);
    CHECK_EQ(spng_decoded_image_size(ctx, SPNG_FMT_RGB8, &room), 0);
    rgb = malloc(room);
    CHECK_EQ(spng_decode_image(ctx, rgb, room, SPNG_FMT_RGB8, 0), 0);
    made = image_of_pixels(rgb, (int)ihdr.width, (int)ihdr.height);
    free(rgb);
    spng_ctx_free(ctx);
    return made;
}

static double lanczos(double x)
{
    double a = M_PI * x;

    if (fabs(x) < 1e-9)
        return 1;
    return fabs(x) < 3 ? 3 * sin(a) * sin(a / 3) / (a * a) : 0;
}

/* Along one side: `step` and `other` are the strides of both sides. */
static void resize_lines(const float *from, int in, float *to, int out,
                         int lines, int in_step, int in_line, int out_step,
                         int out_line)
{
    double scale = (double)in / out, wide = scale > 1 ? scale : 1;

    for (int i = 0; i < out; i++) {
        double centre = (i + 0.5) * scale;
        int first = (int)fmax(0, ceil(centre - 3 * wide - 0.5));
        int last = (int)fmin(in - 1, floor(centre + 3 * wide - 0.5));
        double total = 0, *weights = calloc((size_t)in, sizeof *weights);

        for (int k = first; k <= last; k++) {
            weights[k] = lanczos((k + 0.5 - centre) / wide);
            total += weights[k];
        }
        for (int line = 0; line < lines; line++) {
            const float *at = from + (size_t)line * (size_t)in_line;
            double sum = 0;

            for (int k = first; k <= last; k++)
                sum += weights[k] * at[(size_t)k * (size_t)in_step];
            to[(size_t)line * (size_t)out_line + (size_t)i * (size_t)out_step] =
                (float)(sum / total);
        }
        free(weights);
    }
}

image image_resized(const image *from, int width, int height)
{
    image middle = image_new(from->width, height);
    image made = image_new(width, height);

    resize_lines(from->rgb, from->height, middle.rgb, height, 3 * from->width,
                 3 * from->width, 1, 3 * from->width, 1);
    for (int c = 0; c < 3; c++)
        resize_lines(middle.rgb + c, from->width, made.rgb + c, width, height,
                     3, 3 * from->width, 3, 3 * width);
    for (int i = 0; i < 3 * width * height; i++)
        made.rgb[i] = fminf(fmaxf(made.rgb[i], 0), 255);
    image_free(&middle);
    return made;
}

image image_recoded(const image *from, int quality)
{
    size_t count = (size_t)from->width * (size_t)from->height * 3;
    tjhandle encoder = tjInitCompress();
    uint8_t *rgb = malloc(count), *jpeg = NULL;
    unsigned long size = 0;
    image made;

    for (size_t i = 0; i < count; i++)
        rgb[i] = (uint8_t)(from->rgb[i] + 0.5f);
    CHECK_EQ(tjCompress2(encoder, rgb, from->width, 0, from->height, TJPF_RGB,
                         &jpeg, &size, TJSAMP_420, quality, TJFLAG_ACCURATEDCT),
             0);
    made = image_of_jpeg(jpeg, size);
    tjFree(jpeg);
    free(rgb);
    tjDestroy(encoder);
    return made;
}

static double psnr(double error, double count)
{
    return 10 * log10(255 * 255 / (error / count + 1e-12));
}

double image_psnr(const image *a, const image *b)
{
    int count = 3 * a->width * a->height;
    double error = 0;

    CHECK_EQ(a->width, b->width);
    CHECK_EQ(a->height, b->height);
    for (int i = 0; i < count; i++)
        error += pow((double)a->rgb[i] - (double)b->rgb[i], 2);
    return psnr(error, count);
}

double image_luma_psnr(const image *a, const image *b)
{
    int count = a->width * a->height;
    double error = 0;

    CHECK_EQ(a->width, b->width);
    CHECK_EQ(a->height, b->height);
    for (int i = 0; i < count; i++) {
        const float *p = a->rgb + 3 * i, *q = b->rgb + 3 * i;

        error +=
            pow(0.299 * (double)(p[0] - q[0]) + 0.587 * (double)(p[1] - q[1]) +
                    0.114 * (double)(p[2] - q[2]),
                2);
    }
    return psnr(error, count);
}

job_request thumbs_of(const int *widths, uint32_t count)
{
    job_request request = { .operations = JOB_DO_THUMBS,
                            .thumbs.count = count };

    for (uint32_t i = 0; i < count; i++)
        request.thumbs.boxes[i].width = (uint32_t)widths[i];
    return request;
}

image thumb_image(const job_run *run, uint32_t index)
{
    const job_output *made = job_answer_output(&run->answer, JOB_THUMB, index);
    const uint8_t *data;

    CHECK(made != NULL);
    data = (const uint8_t *)run->result + made->offset;
    return made->format == JOB_JPEG ? image_of_jpeg(data, made->size)
                                    : image_of_png(data, made->size);
}
