/* The operation "edges": where colours change from pixel to pixel.
 *
 * A pixel is held against its right and its lower neighbour. The difference is
 * that of red, green and blue added up; the strength is the mean over the
 * neighbours that exist, in whole numbers; above the threshold the pixel is
 * white, else black. The last pixel has no neighbour and is black.
 */
#include "worker/work.h"

#include <errno.h>

#include "worker/pixels/encode.h"
#include "worker/pixels/pixel_loops.h"
#include "worker/pixels/raster.h"

enum { QUALITY_DEFAULT = 85 };

/* The loops take pixels of four bytes; a row of others is spread out. */
static const uint8_t *spread(const picture *p, uint32_t y, uint8_t *row)
{
    const uint8_t *from = p->pixels + y * p->pixel_stride;

    if (p->pixel_bytes == 4)
        return from;
    for (uint32_t x = 0; x < p->width; x++)
        for (int c = 0; c < 3; c++)
            row[4 * x + (uint32_t)c] =
                p->pixel_bytes == 3 ? from[3 * x + (uint32_t)c] : from[x];
    return row;
}

/* Each row is spread once and then is the next one's upper neighbour. */
static void trace(const picture *p, int threshold, uint8_t *rows,
                  const plane *to)
{
    const pixel_loops *loops = pixel_loops_best();
    size_t row_size = 4 * (size_t)p->width;
    const uint8_t *row = spread(p, 0, rows);

    for (uint32_t y = 0; y < p->height; y++) {
        const uint8_t *below =
            y + 1 < p->height
                ? spread(p, y + 1, rows + ((y + 1) & 1) * row_size)
                : NULL;

        loops->find_edges(row, below, (int)p->width, threshold,
                          to->data + y * (size_t)to->stride);
        row = below;
    }
}

static void mirror_rows(const plane *p)
{
    for (int y = 0; y < p->height; y++) {
        uint8_t *row = p->data + (size_t)y * (size_t)p->stride;

        for (int x = 0, last = p->width - 1; x < last; x++, last--) {
            uint8_t level = row[x];

            row[x] = row[last];
            row[last] = level;
        }
    }
}

static void swap_rows(const plane *p)
{
    for (int y = 0, last = p->height - 1; y < last; y++, last--) {
        uint8_t *a = p->data + (size_t)y * (size_t)p->stride;
        uint8_t *b = p->data + (size_t)last * (size_t)p->stride;

        for (int x = 0; x < p->width; x++) {
            uint8_t level = a[x];

            a[x] = b[x];
            b[x] = level;
        }
    }
}

/* Mirrored in the file's directions first, then turned. */
static int set_upright(plane *p, int orientation, workspace *ws)
{
    plane turned = { NULL, p->height, p->width, p->height };

    if (orientation == 2 || orientation == 3 || orientation >= 7)
        mirror_rows(p);
    if (orientation == 3 || orientation == 4 || orientation == 6 ||
        orientation == 7)
        swap_rows(p);
    if (!thumb_shape_turns(orientation))
        return 0;
    turned.data = workspace_take(ws, WORKSPACE_TURNED,
                                 (size_t)p->width * (size_t)p->height);
    if (turned.data == NULL)
        return -ENOMEM;
    raster_turn(p, &turned);
    *p = turned;
    return 0;
}

static int keep_plane(work *work, const plane *made)
{
    flat pixels = { made->data, (uint32_t)made->width, (uint32_t)made->height,
                    (size_t)made->stride, 1 };
    job_output output = { .kind = JOB_EDGES,
                          .format = work_format(work),
                          .width = pixels.width,
                          .height = pixels.height };
    uint32_t quality = work->request->quality;
    size_t room, size;
    uint8_t *to = work_room(work, &room);
    int rc =
        encode_mask(&pixels, work->ws, output.format,
                    quality ? (int)quality : QUALITY_DEFAULT, to, room, &size);

    if (rc == -EFBIG)
        return work_refuse(work, JOB_TOO_LARGE,
                           "%u x %u pixels do not go into its format",
                           pixels.width, pixels.height);
    if (rc < 0)
        return rc;
    output.size = size;
    work_keep(work, &output);
    return 0;
}

int work_edges(work *work)
{
    const picture *p = &work->picture;
    plane made = { NULL, (int)p->width, (int)p->height, (int)p->width };
    size_t rows_size = p->pixel_bytes == 4 ? 0 : 8 * (size_t)p->width;
    uint8_t *rows = workspace_take(work->ws, WORKSPACE_FLAT, rows_size + 1);
    int rc;

    made.data =
        workspace_take(work->ws, WORKSPACE_EDGES, (size_t)p->width * p->height);
    if (rows == NULL || made.data == NULL)
        return -ENOMEM;
    trace(p, (int)work->request->edge_threshold, rows, &made);
    rc = set_upright(&made, p->orientation, work->ws);
    return rc < 0 ? rc : keep_plane(work, &made);
}
