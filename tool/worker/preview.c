/* The preview is shrunk before the stars are marked, and marked on its own
 * scale: rings of the large picture would vanish with their pixels. Of many
 * stars it shows the brightest, or it would show nothing else.
 *
 * Pixels are averaged in whole blocks, which is neither the sharpest nor the
 * most exact way to shrink; it reads each pixel once and is seen for a second.
 */
#include "worker/preview.h"

#include <errno.h>
#include <string.h>

#include "worker/encode.h"
#include "worker/mark.h"

enum { MARKED_MAX = 150, QUALITY = 80, RADIUS_MIN_PX = 4 };

typedef struct grid {
    const uint8_t *data;
    int width, height, stride;   /* samples of the plane */
    int full_width, full_height; /* pixels of the picture */
    int block;                   /* pixels a side that become one */
} grid;

/* Where the samples of block number `i` begin: colour planes have fewer of
 * them than there are pixels, at the same places. */
static int begin_of(int i, int block, int samples, int pixels)
{
    int at = (int)((int64_t)i * block * samples / pixels);

    return at < samples ? at : samples - 1;
}

static uint8_t block_mean(const grid *from, int column, int row)
{
    int x = begin_of(column, from->block, from->width, from->full_width);
    int y = begin_of(row, from->block, from->height, from->full_height);
    int x_end =
        begin_of(column + 1, from->block, from->width, from->full_width);
    int y_end = begin_of(row + 1, from->block, from->height, from->full_height);
    uint32_t sum = 0, n;

    x_end = x_end > x ? x_end : x + 1;
    y_end = y_end > y ? y_end : y + 1;
    n = (uint32_t)((x_end - x) * (y_end - y));
    for (int j = y; j < y_end; j++) {
        const uint8_t *samples = from->data + (size_t)j * (size_t)from->stride;

        for (int i = x; i < x_end; i++)
            sum += samples[i];
    }
    return (uint8_t)((sum + n / 2) / n);
}

static void shrink_plane(const grid *from, picture *to, int plane)
{
    for (uint32_t row = 0; row < to->height; row++) {
        uint8_t *out =
            to->planes[plane] + (size_t)row * (size_t)to->strides[plane];

        for (uint32_t column = 0; column < to->width; column++)
            out[column] = block_mean(from, (int)column, (int)row);
    }
}

static int ceil_div(int a, int b)
{
    return (a + b - 1) / b;
}

static int shrink(const picture *p, workspace *ws, int block, picture *small)
{
    uint32_t width = (uint32_t)ceil_div((int)p->width, block);
    uint32_t height = (uint32_t)ceil_div((int)p->height, block);
    int rc = picture_lay_out_in(small, ws, WORKSPACE_PREVIEW, width, height,
                                TJSAMP_444);

    if (rc < 0)
        return rc;
    for (int i = 0; i < 3; i++) {
        grid from = { .data = p->planes[i],
                      .width = tjPlaneWidth(i, (int)p->width, p->subsampling),
                      .height =
                          tjPlaneHeight(i, (int)p->height, p->subsampling),
                      .stride = p->strides[i],
                      .full_width = (int)p->width,
                      .full_height = (int)p->height,
                      .block = block };

        shrink_plane(&from, small, i);
    }
    return 0;
}

static void mark_brightest(picture *small, const job_star *stars,
                           uint32_t count, int block)
{
    job_star scaled[MARKED_MAX];
    uint32_t n = count < MARKED_MAX ? count : MARKED_MAX;

    for (uint32_t i = 0; i < n; i++) {
        scaled[i] = stars[i];
        scaled[i].x = (stars[i].x + 0.5) / block - 0.5;
        scaled[i].y = (stars[i].y + 0.5) / block - 0.5;
        scaled[i].a = stars[i].a / (float)block;
    }
    mark_stars(small, scaled, n, RADIUS_MIN_PX);
}

int preview_make(const picture *p, workspace *ws, const job_star *stars,
                 uint32_t count, uint8_t *to, size_t room, size_t *size,
                 uint32_t *width, uint32_t *height)
{
    int longer = (int)(p->width > p->height ? p->width : p->height);
    int block = ceil_div(longer, PREVIEW_SIDE_PX);
    picture small = { 0 };
    int rc = shrink(p, ws, block, &small);

    if (rc < 0)
        return rc;
    *width = small.width;
    *height = small.height;
    mark_brightest(&small, stars, count, block);
    return encode_planes(&small, ws, QUALITY, to, room, size);
}
