/* Inks have no colours of their own: without a profile they are taken for
 * perfect ones, which is what most programs do and too gaudy. So the profile is
 * applied here, to all pixels, and for each operation: unlike with RGB there is
 * no such thing as the numbers of the file.
 */
#include "worker/decode/cmyk.h"

#include "worker/pixels/colour.h"

static void take_for_perfect(uint8_t *pixels, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t *p = pixels + 4 * i;
        unsigned k = p[3];

        for (int c = 0; c < 3; c++)
            p[c] = (uint8_t)(p[c] * k / 255);
    }
}

void cmyk_to_rgbx(uint8_t *pixels, size_t count, const uint8_t *icc,
                  size_t icc_size)
{
    if (icc == NULL || !colour_inks_to_srgb(pixels, count, icc, icc_size))
        take_for_perfect(pixels, count);
    for (size_t i = 0; i < count; i++)
        pixels[4 * i + 3] = 255;
}
