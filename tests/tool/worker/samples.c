/* Everything a test feeds to the worker is made here, so that no test needs a
 * file, and every picture's truth is known. Failing to make a sample aborts:
 * that is a broken test, not a broken worker.
 */
#include "samples.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <fitsio.h>
#include <gif_lib.h>
#include <spng.h>
#include <turbojpeg.h>
#include <webp/encode.h>

static void must(bool worked)
{
    if (!worked)
        abort();
}

static sample make(size_t size)
{
    sample s = { calloc(1, size ? size : 1), size };

    must(s.data != NULL);
    return s;
}

/* A fixed sequence: tests must not differ from run to run. */
static double uniform(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (double)(*state >> 11) / 9007199254740992.0;
}

static double normal(uint64_t *state)
{
    double r = sqrt(-2 * log(uniform(state) + 1e-300));

    return r * cos(2 * M_PI * uniform(state));
}

/* Five by four places, each off the pixel's centre by another fraction. */
double field_x(int star)
{
    return 40 + 58 * (star % 5) + 0.05 * star;
}

double field_y(int star)
{
    return 35 + 52 * (star / 5) + 0.37 * (star % 3);
}

double *sample_field(void)
{
    double *field = malloc(FIELD_WIDTH * FIELD_HEIGHT * sizeof(*field));
    uint64_t state = 42;
    int x, y, i;

    must(field != NULL);
    for (y = 0; y < FIELD_HEIGHT; y++)
        for (x = 0; x < FIELD_WIDTH; x++) {
            double v = 20 + 0.02 * x + 2 * normal(&state);

            for (i = 0; i < FIELD_STARS; i++) {
                double dx = x - field_x(i), dy = y - field_y(i);

                v += (60 + 6 * i) * exp(-(dx * dx + dy * dy) / (2 * 1.96));
            }
            field[y * FIELD_WIDTH + x] = fmin(fmax(v, 0), 255);
        }
    return field;
}

sample sample_pixels(int channels)
{
    size_t count = FIELD_WIDTH * FIELD_HEIGHT, i;
    sample s = make(count * (size_t)channels);
    double *field = sample_field();
    int c;

    for (i = 0; i < count; i++)
        for (c = 0; c < channels; c++)
            s.data[i * (size_t)channels + (size_t)c] =
                c == 3 ? 255 : (uint8_t)lrint(field[i]);
    free(field);
    return s;
}

sample sample_shapes(int width, int height, int channels)
{
    sample s = make((size_t)width * (size_t)height * (size_t)channels);
    uint64_t state = 7;
    int x, y, c;

    for (y = 0; y < height; y++)
        for (x = 0; x < width; x++) {
            double v = 90 + 60 * sin(x * 0.013) + 40 * cos(y * 0.021);

            if ((x / 37 + y / 53) % 3 == 0)
                v += 70;
            v += 1.5 * normal(&state);
            for (c = 0; c < channels; c++)
                s.data[((size_t)y * (size_t)width + (size_t)x) *
                           (size_t)channels +
                       (size_t)c] = (uint8_t)fmin(fmax(v, 0), 255);
        }
    return s;
}

sample encode_jpeg(const uint8_t *pixels, int width, int height, int format,
                   int subsampling, int flags)
{
    tjhandle encoder = tjInitCompress();
    unsigned char *bytes = NULL;
    unsigned long size = 0;
    sample s;

    must(encoder != NULL);
    must(tjCompress2(encoder, pixels, width, 0, height, format, &bytes, &size,
                     subsampling, 92, flags) == 0);
    s = make(size);
    memcpy(s.data, bytes, size);
    tjFree(bytes);
    tjDestroy(encoder);
    return s;
}

sample encode_png(const void *pixels, size_t size, uint32_t width,
                  uint32_t height, int colour, int depth)
{
    spng_ctx *ctx = spng_ctx_new(SPNG_CTX_ENCODER);
    struct spng_ihdr ihdr = { .width = width,
                              .height = height,
                              .bit_depth = (uint8_t)depth,
                              .color_type = (uint8_t)colour };
    struct spng_plte palette = { .n_entries = 256 };
    sample s;
    int rc, i;

    for (i = 0; i < 256; i++)
        palette.entries[i] =
            (struct spng_plte_entry){ (uint8_t)i, (uint8_t)i, (uint8_t)i, 255 };
    must(spng_set_option(ctx, SPNG_ENCODE_TO_BUFFER, 1) == 0);
    must(spng_set_ihdr(ctx, &ihdr) == 0);
    if (colour == SPNG_COLOR_TYPE_INDEXED)
        must(spng_set_plte(ctx, &palette) == 0);
    must(spng_encode_image(ctx, pixels, size, SPNG_FMT_PNG,
                           SPNG_ENCODE_FINALIZE) == 0);
    s.data = spng_get_png_buffer(ctx, &s.size, &rc);
    must(s.data != NULL);
    spng_ctx_free(ctx);
    return s;
}

sample encode_webp(const uint8_t *rgb, int width, int height)
{
    uint8_t *bytes = NULL;
    size_t size = WebPEncodeRGB(rgb, width, height, width * 3, 95, &bytes);
    sample s;

    must(size > 0);
    s = make(size);
    memcpy(s.data, bytes, size);
    WebPFree(bytes);
    return s;
}

static int append(GifFileType *gif, const GifByteType *bytes, int count)
{
    sample *s = gif->UserData;

    s->data = realloc(s->data, s->size + (size_t)count);
    must(s->data != NULL);
    memcpy(s->data + s->size, bytes, (size_t)count);
    s->size += (size_t)count;
    return count;
}

static void put_frame(GifFileType *gif, const uint8_t *grey, int margin,
                      int width, int height, int interlaced)
{
    static const int first[] = { 0, 4, 2, 1 }, step[] = { 8, 8, 4, 2 };
    GifPixelType *row = malloc((size_t)width);
    int pass, y;

    must(row != NULL);
    must(EGifPutImageDesc(gif, margin, margin, width, height, interlaced != 0,
                          NULL) == GIF_OK);
    for (pass = 0; pass < (interlaced ? 4 : 1); pass++)
        for (y = interlaced ? first[pass] : 0; y < height;
             y += interlaced ? step[pass] : 1) {
            memset(row, 0, (size_t)width);
            if (grey != NULL)
                memcpy(row, grey + (size_t)y * (size_t)width, (size_t)width);
            must(EGifPutLine(gif, row, width) == GIF_OK);
        }
    free(row);
}

static GifFileType *open_gif(sample *to, int width, int height)
{
    GifColorType colours[256];
    ColorMapObject *map;
    GifFileType *gif;
    int i, error;

    for (i = 0; i < 256; i++)
        colours[i] =
            (GifColorType){ (GifByteType)i, (GifByteType)i, (GifByteType)i };
    map = GifMakeMapObject(256, colours);
    gif = EGifOpen(to, append, &error);
    must(map != NULL && gif != NULL);
    must(EGifPutScreenDesc(gif, width, height, 8, 0, map) == GIF_OK);
    GifFreeMapObject(map);
    return gif;
}

sample encode_gif(const uint8_t *grey, int width, int height, int interlaced)
{
    sample s = { NULL, 0 };
    GifFileType *gif = open_gif(&s, width, height);
    int error;

    put_frame(gif, grey, 0, width, height, interlaced);
    put_frame(gif, NULL, 0, width, height, interlaced);
    must(EGifCloseFile(gif, &error) == GIF_OK);
    return s;
}

sample encode_gif_with_holes(const uint8_t *grey, int width, int height,
                             int margin, int transparent)
{
    GraphicsControlBlock control = { .TransparentColor = transparent };
    sample s = { NULL, 0 };
    GifFileType *gif = open_gif(&s, width + 2 * margin, height + 2 * margin);
    GifByteType block[4];
    int error;

    must(EGifGCBToExtension(&control, block) == sizeof block);
    must(EGifPutExtension(gif, GRAPHICS_EXT_FUNC_CODE, sizeof block, block) ==
         GIF_OK);
    put_frame(gif, grey, margin, width, height, 0);
    must(EGifCloseFile(gif, &error) == GIF_OK);
    return s;
}

sample encode_fits(const char *const *cards, const void *data, size_t size)
{
    size_t lines = 2, header, i;
    sample s;

    for (i = 0; cards[i] != NULL; i++)
        lines++;
    header = (lines * 80 + 2879) / 2880 * 2880;
    s = make(header + (size + 2879) / 2880 * 2880);
    memset(s.data, ' ', header);
    memcpy(s.data, "SIMPLE  =                    T", 30);
    for (i = 0; cards[i] != NULL; i++)
        memcpy(s.data + 80 * (i + 1), cards[i], strlen(cards[i]));
    memcpy(s.data + 80 * (lines - 1), "END", 3);
    if (size > 0)
        memcpy(s.data + header, data, size);
    return s;
}

sample sample_fits16(void)
{
    static const char *const cards[] = {
        "BITPIX  =                   16", "NAXIS   =                    2",
        "NAXIS1  =                  320", "NAXIS2  =                  240",
        "BZERO   =                32768", NULL
    };
    size_t count = FIELD_WIDTH * FIELD_HEIGHT, i;
    sample values = make(2 * count), s;
    double *field = sample_field();

    for (i = 0; i < count; i++) {
        int stored = (int)lrint(field[i] * 10) + 1000 - 32768;

        values.data[2 * i] = (uint8_t)((unsigned)stored >> 8);
        values.data[2 * i + 1] = (uint8_t)stored;
    }
    s = encode_fits(cards, values.data, values.size);
    free(values.data);
    free(field);
    return s;
}

sample sample_fits_float(int holes)
{
    static const char *const cards[] = {
        "BITPIX  =                  -32", "NAXIS   =                    2",
        "NAXIS1  =                  320", "NAXIS2  =                  240", NULL
    };
    size_t count = FIELD_WIDTH * FIELD_HEIGHT, i;
    sample values = make(4 * count), s;
    double *field = sample_field();

    for (i = 0; i < count; i++) {
        float value = holes && i % 50 == 0 ? NAN : (float)field[i];
        uint32_t bits;

        memcpy(&bits, &value, sizeof(bits));
        bits = __builtin_bswap32(bits);
        memcpy(values.data + 4 * i, &bits, sizeof(bits));
    }
    s = encode_fits(cards, values.data, values.size);
    free(values.data);
    free(field);
    return s;
}

sample pack_fits(sample plain, int how)
{
    fitsfile *from = NULL, *to = NULL;
    void *bytes = plain.data, *packed = NULL;
    size_t size = plain.size, room = 0;
    LONGLONG end = 0;
    int status = 0;

    fits_open_memfile(&from, "plain", READONLY, &bytes, &size, 0, NULL,
                      &status);
    fits_create_memfile(&to, &packed, &room, 2880, realloc, &status);
    fits_set_compression_type(to, how, &status);
    fits_img_compress(from, to, &status);
    fits_flush_file(to, &status);
    fits_get_hduaddrll(to, NULL, NULL, &end, &status);
    fits_close_file(to, &status);
    fits_close_file(from, &status);
    must(status == 0);
    free(plain.data);
    return (sample){ packed, (size_t)end };
}

sample cut(const sample *whole, size_t size)
{
    sample s = make(size);

    memcpy(s.data, whole->data, size);
    return s;
}
