/* Resizing with a Lanczos filter: every new pixel is a weighted sum of the old
 * ones around its place, first along the rows, then along the columns. To make
 * a picture smaller the filter is widened, so that no old pixel is left out.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "picture.h"

enum { LOBES = 3 };

/* Which old pixels make a new one, and how much of each. */
typedef struct taps {
    int first, count;
    float *weight;
} taps;

static double lanczos(double x)
{
    double p = x * M_PI;

    if (x == 0)
        return 1;
    if (fabs(x) >= LOBES)
        return 0;
    return LOBES * sin(p) * sin(p / LOBES) / (p * p);
}

static void fill(taps *taps, double centre, double widening)
{
    double sum = 0;

    for (int i = 0; i < taps->count; i++)
        sum += lanczos((taps->first + i + 0.5 - centre) / widening);
    for (int i = 0; i < taps->count; i++)
        taps->weight[i] =
            (float)(lanczos((taps->first + i + 0.5 - centre) / widening) / sum);
}

/* The taps of all `to` new pixels of a line of `from`; free() it. */
static taps *plan(int from, int to)
{
    double ratio = (double)from / to, widening = ratio > 1 ? ratio : 1;
    int reach = (int)ceil(LOBES * widening), most = 2 * reach + 1;
    taps *all = malloc((size_t)to *
                       (sizeof *all + (size_t)most * sizeof all->weight[0]));
    float *weights = (float *)(all + to);

    for (int i = 0; all != NULL && i < to; i++) {
        double centre = (i + 0.5) * ratio;
        int first = (int)centre - reach, end = (int)centre + reach + 1;

        first = first < 0 ? 0 : first;
        end = end > from ? from : end;
        all[i] = (taps){ first, end - first, weights + (size_t)i * most };
        fill(&all[i], centre, widening);
    }
    return all;
}

static uint8_t to_byte(float value)
{
    return value <= 0 ? 0 : value >= 255 ? 255 : (uint8_t)(value + 0.5f);
}

/* One new pixel from old ones that are `step` bytes apart. */
static void mix(uint8_t *out, const uint8_t *in, size_t step, const taps *taps)
{
    float sum[3] = { 0 };

    in += (size_t)taps->first * step;
    for (int i = 0; i < taps->count; i++, in += step)
        for (int c = 0; c < 3; c++)
            sum[c] += taps->weight[i] * in[c];
    for (int c = 0; c < 3; c++)
        out[c] = to_byte(sum[c]);
}

static int resize_rows(picture *out, const picture *in, int width)
{
    taps *across = plan(in->width, width);
    int rc = across ? picture_init(out, width, in->height) : -ENOMEM;
    uint8_t *pixel = rc == 0 ? out->rgb : NULL;

    for (int y = 0; rc == 0 && y < in->height; y++)
        for (int x = 0; x < width; x++, pixel += 3)
            mix(pixel, in->rgb + (size_t)y * (size_t)in->width * 3, 3,
                &across[x]);
    free(across);
    return rc;
}

static int resize_columns(picture *out, const picture *in, int height)
{
    taps *down = plan(in->height, height);
    int rc = down ? picture_init(out, in->width, height) : -ENOMEM;
    uint8_t *pixel = rc == 0 ? out->rgb : NULL;

    for (int y = 0; rc == 0 && y < height; y++)
        for (int x = 0; x < in->width; x++, pixel += 3)
            mix(pixel, in->rgb + (size_t)x * 3, (size_t)in->width * 3,
                &down[y]);
    free(down);
    return rc;
}

int picture_resize(picture *out, const picture *in, int width, int height)
{
    picture rows = { 0 };
    int rc = resize_rows(&rows, in, width);

    if (rc == 0)
        rc = resize_columns(out, &rows, height);
    picture_fini(&rows);
    return rc;
}
