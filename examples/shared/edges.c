/* The edge filter of the pipeline.
 *
 * A pixel is compared with its right and its lower neighbour, where it has
 * them: the sum of the differences of the three channels, averaged over the
 * neighbours there are, in whole numbers. So the right column looks down only,
 * the bottom row to the right only, and the last pixel, which has nobody to
 * differ from, is always black.
 */
#include "picture.h"

#include <stdlib.h>
#include <string.h>

enum { THRESHOLD = 30 };

static int difference(const uint8_t *a, const uint8_t *b)
{
    return abs(a[0] - b[0]) + abs(a[1] - b[1]) + abs(a[2] - b[2]);
}

static int strength(const picture *in, int x, int y)
{
    size_t stride = (size_t)in->width * 3;
    const uint8_t *here = in->rgb + (size_t)y * stride + (size_t)x * 3;
    int sum = 0, neighbours = 0;

    if (x + 1 < in->width) {
        sum += difference(here, here + 3);
        neighbours++;
    }
    if (y + 1 < in->height) {
        sum += difference(here, here + stride);
        neighbours++;
    }
    return neighbours > 0 ? sum / neighbours : 0;
}

int picture_find_edges(picture *out, const picture *in)
{
    uint8_t *pixel;
    int rc = picture_init(out, in->width, in->height);

    if (rc < 0)
        return rc;
    pixel = out->rgb;
    for (int y = 0; y < in->height; y++)
        for (int x = 0; x < in->width; x++, pixel += 3)
            memset(pixel, strength(in, x, y) > THRESHOLD ? 255 : 0, 3);
    return 0;
}
