/* The preview is shrunk before the stars are marked, and marked on its own
 * scale: rings of the large picture would vanish with their pixels. Of many
 * stars it shows the brightest, or it would show nothing else.
 *
 * Pixels are averaged in whole blocks, which is neither the sharpest nor the
 * most exact way to shrink; it reads each pixel once, in vectors, and is seen
 * for a second.
 */
#include "worker/pixels/preview.h"

#include <errno.h>
#include <string.h>

#include "worker/pixels/encode.h"
#include "worker/pixels/lanes.h"
#include "worker/pixels/mark.h"

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

/* Samples of a block along one side. */
typedef struct span {
    int begin, end;
} span;

static span span_of(int i, int block, int samples, int pixels)
{
    int begin = begin_of(i, block, samples, pixels);
    int end = begin_of(i + 1, block, samples, pixels);

    return (span){ begin, end > begin ? end : begin + 1 };
}

_Static_assert((JOB_SIDE_MAX / PREVIEW_SIDE_PX + 1) * 255 <= UINT16_MAX,
               "a column of a block must have room in a sum");

/* Rows added up, column by column. */
LANES_FUNCTION static void add_rows(const grid *from, span rows,
                                    uint16_t *restrict sums)
{
    memset(sums, 0, (size_t)from->width * sizeof(*sums));
    for (int y = rows.begin; y < rows.end; y++) {
        const uint8_t *row = from->data + (size_t)y * (size_t)from->stride;

        for (int x = 0; x < from->width; x++)
            sums[x] = (uint16_t)(sums[x] + row[x]);
    }
}

static uint8_t mean_of(const uint16_t *sums, span columns, int rows)
{
    uint32_t sum = 0, n = (uint32_t)((columns.end - columns.begin) * rows);

    for (int x = columns.begin; x < columns.end; x++)
        sum += sums[x];
    return (uint8_t)((sum + n / 2) / n);
}

static void shrink_plane(const grid *from, uint16_t *sums, picture *to,
                         int plane)
{
    span columns[PREVIEW_SIDE_PX];

    for (uint32_t i = 0; i < to->width; i++)
        columns[i] =
            span_of((int)i, from->block, from->width, from->full_width);
    for (uint32_t row = 0; row < to->height; row++) {
        uint8_t *out =
            to->planes[plane] + (size_t)row * (size_t)to->strides[plane];
        span rows =
            span_of((int)row, from->block, from->height, from->full_height);

        add_rows(from, rows, sums);
        for (uint32_t i = 0; i < to->width; i++)
            out[i] = mean_of(sums, columns[i], rows.end - rows.begin);
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
    size_t samples =
        (size_t)tjPlaneWidth(0, (int)p->width, p->subsampling); /* the most */
    uint16_t *sums =
        workspace_take(ws, WORKSPACE_SCRATCH, samples * sizeof(*sums));

    if (rc < 0 || sums == NULL)
        return -ENOMEM;
    for (int i = 0; i < 3; i++) {
        grid from = { .data = p->planes[i],
                      .width = tjPlaneWidth(i, (int)p->width, p->subsampling),
                      .height =
                          tjPlaneHeight(i, (int)p->height, p->subsampling),
                      .stride = p->strides[i],
                      .full_width = (int)p->width,
                      .full_height = (int)p->height,
                      .block = block };

        shrink_plane(&from, sums, small, i);
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
