/* A small picture in every format that is read. */
#include <stdlib.h>
#include <string.h>

#include <spng.h>
#include <turbojpeg.h>

#include "seeds.h"
#include "tool/worker/samples.h"

/* A JPEG with a segment behind its first marker: EXIF data, a profile. */
static seed with_segment(const seed *jpeg, uint8_t marker, const uint8_t *data,
                         size_t size)
{
    seed made = { malloc(jpeg->size + size + 4), jpeg->size + size + 4 };
    const uint8_t head[] = { 0xff, marker, (uint8_t)((size + 2) >> 8),
                             (uint8_t)(size + 2) };

    if (made.data == NULL)
        abort();
    memcpy(made.data, jpeg->data, 2);
    memcpy(made.data + 2, head, 4);
    memcpy(made.data + 6, data, size);
    memcpy(made.data + 6 + size, jpeg->data + 2, jpeg->size - 2);
    return made;
}

static const uint8_t exif[] = { 'E',  'x', 'i', 'f', 0, 0, 'I', 'I',
                                '*',  0,   8,   0,   0, 0, 1,   0,
                                0x12, 1,   3,   0,   1, 0, 0,   0,
                                6,    0,   0,   0,   0, 0, 0,   0 };

/* A head without tags: enough for the ways into the library and out of it. */
static const uint8_t profile[14 + 132] = "ICC_PROFILE\0\1\1\0\0\0\x84lcms"
                                         "\4\x30\0\0mntrRGB XYZ ";

static seed with_inks(const seed *jpeg)
{
    sample inks = strange_inks();
    uint8_t *segment = malloc(14 + inks.size);
    seed made;

    if (segment == NULL)
        abort();
    memcpy(segment, profile, 12);
    memcpy(segment + 12, "\1\1", 2);
    memcpy(segment + 14, inks.data, inks.size);
    made = with_segment(jpeg, 0xe2, segment, 14 + inks.size);
    free(segment);
    free(inks.data);
    return made;
}

enum { CMYK = 9 };

int make_seeds(seed seeds[SEEDS_MAX])
{
    sample grey = sample_shapes(61, 47, 1), rgb = sample_shapes(61, 47, 3);
    const sample made[] = {
        encode_jpeg(rgb.data, 61, 47, TJPF_RGB, TJSAMP_420, 0),
        encode_jpeg(rgb.data, 61, 47, TJPF_RGB, TJSAMP_444, TJFLAG_PROGRESSIVE),
        encode_jpeg(rgb.data, 61, 47, TJPF_RGB, TJSAMP_GRAY, 0),
        encode_png(rgb.data, rgb.size, 61, 47, SPNG_COLOR_TYPE_TRUECOLOR, 8),
        encode_png(grey.data, grey.size, 61, 47, SPNG_COLOR_TYPE_INDEXED, 8),
        encode_webp(rgb.data, 61, 47),
        animate_webp(encode_webp(rgb.data, 61, 47), 61, 47, 4),
        encode_gif(grey.data, 61, 47, 1),
        encode_gif_with_holes(grey.data, 61, 47, 3, 100),
        [CMYK] = encode_jpeg(grey.data, 30, 20, TJPF_CMYK, TJSAMP_444, 0),
        sample_fits16(),
        sample_fits_float(1),
    };
    int count = sizeof made / sizeof made[0];

    for (int i = 0; i < count; i++)
        seeds[i] = (seed){ made[i].data, made[i].size };
    seeds[count++] = with_segment(&seeds[0], 0xe1, exif, sizeof exif);
    seeds[count++] = with_segment(&seeds[0], 0xe2, profile, sizeof profile);
    seeds[count++] = with_inks(&seeds[CMYK]);
    free(grey.data);
    free(rgb.data);
    return count;
}
