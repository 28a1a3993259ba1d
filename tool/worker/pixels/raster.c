/* From the picture as it lies in its file to a small upright one.
 *
 * A camera that was held sideways notes so and stores its rows as they came.
 * Mirroring is had for nothing: the resampler walks the other way. Where rows
 * become columns, the small planes are turned, not the large ones.
 *
 * Colour planes of a JPEG have fewer samples than pixels. Their places are
 * reckoned in pixels all the same, so that colours stay where they belong
 * whatever the samplings of both sides are.
 */
#include "worker/pixels/raster.h"

#include <errno.h>

#include "worker/pixels/pixel_loops.h"

static int half(int side)
{
    return (side + 1) / 2;
}

static int even(int side)
{
    return (side + 1) & ~1;
}

size_t raster_room(uint32_t width, uint32_t height)
{
    return 4 * ((size_t)even((int)width) * (size_t)even((int)height) + 64);
}

/* The encoder of halved planes reads them up to an even size. */
void raster_lay_out(raster *r, enum raster_kind kind, uint32_t width,
                    uint32_t height, bool halved, uint8_t *memory)
{
    static const int counts[] = {
        [RASTER_GREY] = 1, [RASTER_YCC] = 3, [RASTER_RGB] = 3, [RASTER_RGBA] = 4
    };
    int full_width = halved ? even((int)width) : (int)width;
    int full_height = halved ? even((int)height) : (int)height;

    *r = (raster){ .kind = kind,
                   .width = width,
                   .height = height,
                   .halved = halved,
                   .count = counts[kind] };
    for (int i = 0; i < r->count; i++) {
        bool small = halved && i > 0;
        plane *p = &r->planes[i];

        p->width = p->stride = small ? half(full_width) : full_width;
        p->height = small ? half(full_height) : full_height;
        p->data = memory;
        memory += ((size_t)p->stride * (size_t)p->height + 63) & ~(size_t)63;
    }
}

enum raster_kind raster_kind_of(const picture *p)
{
    if (p->is_grey)
        return RASTER_GREY;
    if (p->pixels == NULL)
        return RASTER_YCC;
    return p->has_alpha ? RASTER_RGBA : RASTER_RGB;
}

/* What one plane of the source is like: interleaved pixels are one. */
typedef struct source_plane {
    plane plane;
    int channels;
    int pixels_x, pixels_y; /* pixels to a place */
} source_plane;

static source_plane source_of(const picture *p, int i)
{
    static const int x[TJ_NUMSAMP] = { [TJSAMP_444] = 1,
                                       [TJSAMP_422] = 2,
                                       [TJSAMP_420] = 2,
                                       [TJSAMP_440] = 1,
                                       [TJSAMP_411] = 4 };
    static const int y[TJ_NUMSAMP] = { [TJSAMP_444] = 1,
                                       [TJSAMP_422] = 1,
                                       [TJSAMP_420] = 2,
                                       [TJSAMP_440] = 2,
                                       [TJSAMP_411] = 1 };
    source_plane s = { .channels = 1, .pixels_x = 1, .pixels_y = 1 };

    if (p->pixels != NULL) {
        s.plane = (plane){ p->pixels, (int)p->width, (int)p->height,
                           (int)p->pixel_stride };
        s.channels = p->pixel_bytes;
        return s;
    }
    if (i > 0) {
        s.pixels_x = x[p->subsampling];
        s.pixels_y = y[p->subsampling];
    }
    s.plane =
        (plane){ p->planes[i], ((int)p->width + s.pixels_x - 1) / s.pixels_x,
                 ((int)p->height + s.pixels_y - 1) / s.pixels_y,
                 p->strides[i] };
    return s;
}

/* Along one side of the file's picture: `from` and `length` are the part that
 * is shown in pixels of the file, `out` the pixels it becomes. */
typedef struct side {
    double from, length;
    uint32_t out;
    bool mirrored;
} side;

static side side_of(const thumb_shape *shape, int orientation, bool across)
{
    bool turns = thumb_shape_turns(orientation);
    bool x = across != turns; /* of the upright picture */
    side s = { .from = x ? shape->crop_x : shape->crop_y,
               .length = x ? shape->crop_width : shape->crop_height,
               .out = x ? shape->inner_width : shape->inner_height };

    if (across)
        s.mirrored = orientation == 2 || orientation == 3 || orientation >= 7;
    else
        s.mirrored = orientation == 3 || orientation == 4 || orientation == 6 ||
                     orientation == 7;
    return s;
}

static resample_axis axis_of(const side *s, int eighths, int from_pixels,
                             int to_pixels)
{
    double scale = eighths / 8.0 / from_pixels;
    double step = s->length * scale * to_pixels / s->out;

    if (s->mirrored)
        return (resample_axis){ (s->from + s->length) * scale, -step };
    return (resample_axis){ s->from * scale, step };
}

void raster_turn(const plane *from, const plane *to)
{
    for (int y = 0; y < to->height; y++) {
        uint8_t *row = to->data + (size_t)y * (size_t)to->stride;

        for (int x = 0; x < to->width; x++)
            row[x] = from->data[(size_t)x * (size_t)from->stride + (size_t)y];
    }
}

/* The planes as they are before they are turned, one behind the other. */
static int lay_out_turned(const raster *r, plane turned[4], workspace *ws)
{
    uint8_t *memory =
        workspace_take(ws, WORKSPACE_TURNED, raster_room(r->width, r->height));

    if (memory == NULL)
        return -ENOMEM;
    for (int i = 0; i < r->count; i++) {
        const plane *p = &r->planes[i];

        turned[i] = (plane){ memory, p->height, p->width, p->height };
        memory += (size_t)p->width * (size_t)p->height;
    }
    return 0;
}

int raster_from_picture(raster *r, const picture *p, const thumb_shape *shape,
                        workspace *ws)
{
    side across = side_of(shape, p->orientation, true);
    side down = side_of(shape, p->orientation, false);
    bool turns = thumb_shape_turns(p->orientation);
    plane turned[4], *to = turns ? turned : r->planes;
    int rc = turns ? lay_out_turned(r, turned, ws) : 0;

    for (int i = 0; i < r->count && rc == 0;) {
        source_plane s = source_of(p, i);
        int to_pixels = r->halved && i > 0 ? 2 : 1;
        resample_axis x = axis_of(&across, p->eighths, s.pixels_x, to_pixels);
        resample_axis y = axis_of(&down, p->eighths, s.pixels_y, to_pixels);

        /* The fourth channel of pixels without alpha means nothing. */
        rc = resample_plane(&s.plane, s.channels, r->count - i, &x, &y, &to[i],
                            ws);
        i += s.channels;
    }
    for (int i = 0; i < r->count && rc == 0 && turns; i++)
        raster_turn(&turned[i], &r->planes[i]);
    return rc;
}

int raster_from_raster(raster *r, const raster *from, workspace *ws)
{
    resample_axis x = { 0, (double)from->width / r->width };
    resample_axis y = { 0, (double)from->height / r->height };
    int rc = 0;

    for (int i = 0; i < r->count && rc == 0; i++)
        rc = resample_plane(&from->planes[i], 1, 1, &x, &y, &r->planes[i], ws);
    return rc;
}

/* Pixels. */

static uint8_t divide(uint8_t level, uint8_t alpha)
{
    unsigned whole = ((unsigned)level * 255 + alpha / 2) / alpha;

    return (uint8_t)(whole > 255 ? 255 : whole);
}

/* The resampler overshoots, so a colour may be above its alpha. */
static void mix_rgba(const uint8_t *const *from, uint32_t width, uint8_t *to)
{
    for (uint32_t x = 0; x < width; x++, to += 4) {
        uint8_t alpha = from[3][x];

        for (int c = 0; c < 3; c++)
            to[c] = alpha > 0 ? divide(from[c][x], alpha) : 0;
        to[3] = alpha;
    }
}

static void mix_rgb(const uint8_t *const *from, uint32_t width, uint8_t *to)
{
    for (uint32_t x = 0; x < width; x++, to += 3)
        for (int c = 0; c < 3; c++)
            to[c] = from[c][x];
}

/* In place: the fourth byte of each goes. */
static void drop_fourth(uint8_t *row, uint32_t width)
{
    for (uint32_t x = 1; x < width; x++)
        for (int c = 0; c < 3; c++)
            row[3 * x + (uint32_t)c] = row[4 * x + (uint32_t)c];
}

static void mix_row(const raster *r, uint32_t y, uint8_t *to)
{
    const uint8_t *from[4] = { 0 };

    for (int i = 0; i < r->count; i++)
        from[i] = r->planes[i].data + y * (size_t)r->planes[i].stride;
    if (r->kind == RASTER_RGBA) {
        mix_rgba(from, r->width, to);
    } else if (r->kind == RASTER_RGB) {
        mix_rgb(from, r->width, to);
    } else {
        pixel_loops_best()->ycc_to_rgbx(from[0], from[1], from[2],
                                        (int)r->width, to);
        drop_fourth(to, r->width);
    }
}

flat raster_flatten(const raster *r, uint8_t *memory)
{
    int channels = r->kind == RASTER_GREY ? 1 : r->kind == RASTER_RGBA ? 4 : 3;
    flat made = { .data = memory,
                  .width = r->width,
                  .height = r->height,
                  .stride = (size_t)r->width * 4,
                  .channels = channels };

    if (channels == 1) {
        made.data = r->planes[0].data;
        made.stride = (size_t)r->planes[0].stride;
        return made;
    }
    for (uint32_t y = 0; y < r->height; y++)
        mix_row(r, y, memory + y * made.stride);
    return made;
}
