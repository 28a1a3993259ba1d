/* libtiff's own way to pixels squeezes 16 bits into 8, knows no floats, and
 * takes inks for perfect ones.
 *
 * Here samples are taken as the file has them: in strips or tiles, together or
 * a plane for each colour, whole numbers of either sign, floats of 16 to 64
 * bits. Kinds that mean something else than light or ink (palettes, Lab) keep
 * libtiff's way.
 */
#include "worker/decode/tiff_samples.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A pixel has so many samples, with all that some camera measured besides. */
enum { SAMPLES_MAX = 64 };

/* Floats of 16 bits: no compiler that we build with has them everywhere. */
static float half_to_float(uint16_t half)
{
    uint32_t sign = (uint32_t)(half & 0x8000) << 16;
    uint32_t exponent = half >> 10 & 0x1f, fraction = half & 0x3ff;
    uint32_t bits = sign | (exponent + 112) << 23 | fraction << 13;
    float value;

    if (exponent == 0) /* so small that they have no leading 1 */
        return (sign ? -1.0f : 1.0f) * (float)fraction / 16777216.0f;
    if (exponent == 31)
        bits = sign | 0x7f800000 | fraction << 13;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Files count ink, our pixels what is left of the paper. */
static uint8_t without_ink(uint8_t ink)
{
    return (uint8_t)(255 - ink);
}

static uint8_t without_fine_ink(uint16_t ink)
{
    return (uint8_t)(255 - ink / 257);
}

/* `count` samples, each `step` bytes behind the last, to every `channels`-th
 * place of `to`. */
typedef void taker(const uint8_t *from, size_t step, uint32_t count, void *to,
                   int channels);

#define TAKER(name, in, out, convert)                                          \
    static void name(const uint8_t *from, size_t step, uint32_t count,         \
                     void *to, int channels)                                   \
    {                                                                          \
        out *at = to;                                                          \
                                                                               \
        for (uint32_t i = 0; i < count; i++, from += step, at += channels) {   \
            in value;                                                          \
                                                                               \
            memcpy(&value, from, sizeof value);                                \
            *at = convert(value);                                              \
        }                                                                      \
    }

TAKER(take_whole, uint16_t, uint16_t, (uint16_t))
TAKER(take_int16, int16_t, float, (float))
TAKER(take_uint32, uint32_t, float, (float))
TAKER(take_int32, int32_t, float, (float))
TAKER(take_half, uint16_t, float, half_to_float)
TAKER(take_float, float, float, (float))
TAKER(take_double, double, float, (float))

TAKER(take_ink, uint8_t, uint8_t, without_ink)
TAKER(take_fine_ink, uint16_t, uint8_t, without_fine_ink)

static const struct {
    uint16_t kind, bits;
    enum tiff_result result;
    taker *take;
} takers[] = {
    { SAMPLEFORMAT_UINT, 16, TIFF_WHOLE, take_whole },
    { SAMPLEFORMAT_INT, 16, TIFF_LIGHT, take_int16 },
    { SAMPLEFORMAT_UINT, 32, TIFF_LIGHT, take_uint32 },
    { SAMPLEFORMAT_INT, 32, TIFF_LIGHT, take_int32 },
    { SAMPLEFORMAT_IEEEFP, 16, TIFF_LIGHT, take_half },
    { SAMPLEFORMAT_IEEEFP, 32, TIFF_LIGHT, take_float },
    { SAMPLEFORMAT_IEEEFP, 64, TIFF_LIGHT, take_double },
    { SAMPLEFORMAT_UINT, 8, TIFF_INKS, take_ink },
    { SAMPLEFORMAT_UINT, 16, TIFF_INKS, take_fine_ink },
};

static taker *taker_for(const tiff_samples *s)
{
    for (size_t i = 0; i < sizeof takers / sizeof *takers; i++)
        if (takers[i].kind == s->kind && takers[i].bits == s->bits &&
            (takers[i].result == TIFF_INKS) == (s->result == TIFF_INKS))
            return takers[i].take;
    return NULL;
}

static enum tiff_result result_of(const tiff_samples *s)
{
    if (s->photometric == PHOTOMETRIC_SEPARATED)
        return TIFF_INKS;
    return s->kind == SAMPLEFORMAT_UINT && s->bits == 16 ? TIFF_WHOLE
                                                         : TIFF_LIGHT;
}

/* How many make a colour; 0 for what has another meaning. */
static int colours_of(TIFF *tiff, const tiff_samples *s)
{
    uint16_t inks = INKSET_CMYK;

    switch (s->photometric) {
    case PHOTOMETRIC_MINISBLACK:
    case PHOTOMETRIC_MINISWHITE:
        return 1;
    case PHOTOMETRIC_RGB:
        return 3;
    case PHOTOMETRIC_SEPARATED:
        (void)TIFFGetFieldDefaulted(tiff, TIFFTAG_INKSET, &inks);
        return inks == INKSET_CMYK ? 4 : 0;
    default:
        return 0;
    }
}

bool tiff_samples_of(TIFF *tiff, tiff_samples *out)
{
    uint16_t extras = 0, *extra = NULL;
    tiff_samples s = { 0 };

    (void)TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLEFORMAT, &s.kind);
    (void)TIFFGetFieldDefaulted(tiff, TIFFTAG_BITSPERSAMPLE, &s.bits);
    (void)TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &s.count);
    (void)TIFFGetFieldDefaulted(tiff, TIFFTAG_PLANARCONFIG, &s.planar);
    (void)TIFFGetFieldDefaulted(tiff, TIFFTAG_EXTRASAMPLES, &extras, &extra);
    if (!TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &s.photometric))
        return false;
    s.result = result_of(&s);
    s.channels = colours_of(tiff, &s);
    if (s.channels == 0 || s.count < s.channels || s.count > SAMPLES_MAX ||
        taker_for(&s) == NULL)
        return false;
    if (s.result != TIFF_INKS && extras > 0 && s.count > s.channels &&
        (extra[0] == EXTRASAMPLE_ASSOCALPHA ||
         extra[0] == EXTRASAMPLE_UNASSALPHA)) {
        s.channels++;
        s.multiplied = extra[0] == EXTRASAMPLE_ASSOCALPHA;
    }
    *out = s;
    return true;
}

/* What is on its way from a file's rows to the samples of the picture. */
typedef struct filling {
    TIFF *tiff;
    const tiff_samples *how;
    const deep_samples *to;
    taker *take;
    size_t size; /* of a sample that was made */
    uint8_t *raw;
} filling;

/* A piece of a row: of all channels, or of that one. */
static void put(const filling *f, const uint8_t *raw, uint32_t x, uint32_t y,
                uint32_t count, int channel)
{
    size_t bytes = f->how->bits / 8, at = (size_t)y * f->to->width + x;
    uint8_t *to =
        (uint8_t *)f->to->whole + at * (size_t)f->to->channels * f->size;

    if (channel >= 0) {
        f->take(raw, bytes, count, to + (size_t)channel * f->size,
                f->to->channels);
        return;
    }
    for (int c = 0; c < f->to->channels; c++)
        f->take(raw + (size_t)c * bytes, bytes * f->how->count, count,
                to + (size_t)c * f->size, f->to->channels);
}

static int read_rows(const filling *f, int channel)
{
    for (uint32_t y = 0; y < f->to->height; y++) {
        if (TIFFReadScanline(f->tiff, f->raw, y,
                             channel < 0 ? 0 : (uint16_t)channel) < 0)
            return -EIO;
        put(f, f->raw, 0, y, f->to->width, channel);
    }
    return 0;
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static int read_tiles(const filling *f, int channel)
{
    uint32_t width = 0, height = 0;
    size_t row = (size_t)TIFFTileRowSize(f->tiff);

    TIFFGetField(f->tiff, TIFFTAG_TILEWIDTH, &width);
    TIFFGetField(f->tiff, TIFFTAG_TILELENGTH, &height);
    if (width == 0 || height == 0)
        return -EIO;
    for (uint32_t y = 0; y < f->to->height; y += height)
        for (uint32_t x = 0; x < f->to->width; x += width) {
            uint32_t rows = least(height, f->to->height - y);

            if (TIFFReadTile(f->tiff, f->raw, x, y, 0,
                             channel < 0 ? 0 : (uint16_t)channel) < 0)
                return -EIO;
            for (uint32_t i = 0; i < rows; i++)
                put(f, f->raw + i * row, x, y + i,
                    least(width, f->to->width - x), channel);
        }
    return 0;
}

static int fill(const filling *f)
{
    bool tiled = TIFFIsTiled(f->tiff) != 0;
    int rc = 0;

    if (f->how->planar != PLANARCONFIG_SEPARATE)
        return tiled ? read_tiles(f, -1) : read_rows(f, -1);
    for (int c = 0; c < f->to->channels && rc == 0; c++)
        rc = tiled ? read_tiles(f, c) : read_rows(f, c);
    return rc;
}

/* Of those where 0 is white. */
static void turn_around(const deep_samples *s)
{
    size_t count = (size_t)s->width * s->height * (size_t)s->channels;

    for (size_t i = 0; i < count; i += (size_t)s->channels)
        s->whole[i] = (uint16_t)(65535 - s->whole[i]);
}

int tiff_samples_read(TIFF *tiff, const tiff_samples *how, uint64_t most,
                      workspace *ws, deep_samples *out)
{
    static const size_t sizes[] = { [TIFF_WHOLE] = sizeof(uint16_t),
                                    [TIFF_LIGHT] = sizeof(float),
                                    [TIFF_INKS] = 1 };
    filling f = { .tiff = tiff,
                  .how = how,
                  .to = out,
                  .take = taker_for(how),
                  .size = sizes[how->result] };
    uint64_t room =
        TIFFIsTiled(tiff) ? TIFFTileSize64(tiff) : TIFFScanlineSize64(tiff);
    int rc;

    if (room == 0)
        return -EIO;
    if (room > most)
        return -EFBIG;
    out->channels = how->channels;
    out->multiplied = how->multiplied;
    out->whole = workspace_take(ws, WORKSPACE_PIXELS,
                                (size_t)out->width * out->height *
                                    (size_t)out->channels * f.size);
    f.raw = calloc(1, room);
    rc = out->whole == NULL || f.raw == NULL ? -ENOMEM : fill(&f);
    if (rc == 0 && how->result == TIFF_WHOLE &&
        how->photometric == PHOTOMETRIC_MINISWHITE)
        turn_around(out);
    free(f.raw);
    return rc;
}
