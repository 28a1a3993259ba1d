/* The operation "thumbs": small pictures of a large one.
 *
 * The largest is made first, from the picture; one that is at most a third of
 * a larger one is made from that, which nobody can tell by eye or by figures.
 * A JPEG that becomes JPEGs never leaves its planes: no colour is converted,
 * and three quarters of the colour samples do not exist. What has to be
 * touched as pixels (another format, bars, a colour profile) is.
 */
#include "worker/work.h"

#include <errno.h>
#include <string.h>

#include "worker/pixels/colour.h"
#include "worker/decode/decode.h"
#include "worker/pixels/raster.h"

enum { QUALITY_DEFAULT = 85, CASCADE = 3 };

typedef struct thumb {
    uint32_t index; /* of its box */
    thumb_shape shape;
    raster raster;
} thumb;

typedef struct thumbs {
    work *work;
    uint32_t format;
    bool as_planes; /* a JPEG's planes are encoded as they are */
    uint32_t count;
    thumb all[JOB_THUMBS_MAX]; /* the largest first */
} thumbs;

static uint64_t area(const thumb_shape *s)
{
    return (uint64_t)s->inner_width * s->inner_height;
}

static bool is_too_large(const work *work, const thumb_shape *s)
{
    return s->width > JOB_SIDE_MAX || s->height > JOB_SIDE_MAX ||
           (uint64_t)s->width * s->height > work->request->max_pixels;
}

/* Shapes, sorted by size. */
static int choose_shapes(thumbs *t)
{
    const picture *p = &t->work->picture;
    const job_thumbs *wanted = &t->work->request->thumbs;
    bool turns = thumb_shape_turns(p->orientation);

    for (uint32_t i = 0; i < wanted->count; i++) {
        thumb_shape s =
            thumb_shape_of(wanted, i, turns ? p->full_height : p->full_width,
                           turns ? p->full_width : p->full_height);
        uint32_t at = t->count++;

        if (is_too_large(t->work, &s))
            return work_refuse(t->work, JOB_TOO_LARGE,
                               "its thumbnail would be %u x %u pixels", s.width,
                               s.height);
        for (; at > 0 && area(&t->all[at - 1].shape) < area(&s); at--)
            t->all[at] = t->all[at - 1];
        t->all[at] = (thumb){ .index = i, .shape = s };
    }
    return 0;
}

static int lay_out(thumbs *t)
{
    enum raster_kind kind = raster_kind_of(&t->work->picture);
    size_t room = 0;
    uint8_t *memory;

    for (uint32_t i = 0; i < t->count; i++)
        room += raster_room(t->all[i].shape.inner_width,
                            t->all[i].shape.inner_height);
    memory = workspace_take(t->work->ws, WORKSPACE_THUMBS, room);
    if (memory == NULL)
        return -ENOMEM;
    for (uint32_t i = 0; i < t->count; i++) {
        const thumb_shape *s = &t->all[i].shape;

        raster_lay_out(&t->all[i].raster, kind, s->inner_width, s->inner_height,
                       t->as_planes, memory);
        memory += raster_room(s->inner_width, s->inner_height);
    }
    return 0;
}

static bool shows_the_same(const thumb_shape *a, const thumb_shape *b)
{
    return a->crop_x == b->crop_x && a->crop_y == b->crop_y &&
           a->crop_width == b->crop_width && a->crop_height == b->crop_height;
}

/* The smallest of those before it that it can be made from. */
static const raster *source_for(const thumbs *t, uint32_t at)
{
    const thumb_shape *s = &t->all[at].shape;

    for (uint32_t i = at; i-- > 0;) {
        const thumb_shape *large = &t->all[i].shape;

        if (shows_the_same(s, large) &&
            large->inner_width >= CASCADE * s->inner_width &&
            large->inner_height >= CASCADE * s->inner_height)
            return &t->all[i].raster;
    }
    return NULL;
}

/* The picture in the middle of its box: nothing around it, or white. */
static void add_bars(const thumb_shape *s, flat *pixels, uint8_t *memory)
{
    size_t bytes = (size_t)pixels->channels;
    size_t stride = (size_t)s->width * bytes;
    uint8_t *to = memory + s->top * stride + s->left * bytes;

    memset(memory, pixels->channels == 4 ? 0 : 255, stride * s->height);
    for (uint32_t y = 0; y < pixels->height; y++)
        memcpy(to + y * stride, pixels->data + y * pixels->stride,
               pixels->width * bytes);
    *pixels = (flat){ memory, s->width, s->height, stride, pixels->channels };
}

static int encode_pixels(thumbs *t, const thumb *made, uint8_t *to, size_t room,
                         size_t *size)
{
    const thumb_shape *s = &made->shape;
    const picture *p = &t->work->picture;
    size_t inner = 4 * (size_t)s->inner_width * s->inner_height;
    bool bars = s->width != s->inner_width || s->height != s->inner_height;
    size_t box = bars ? 4 * (size_t)s->width * s->height : 0;
    uint8_t *memory = workspace_take(t->work->ws, WORKSPACE_FLAT, inner + box);
    uint32_t quality = t->work->request->quality;
    flat pixels;

    if (memory == NULL)
        return -ENOMEM;
    pixels = raster_flatten(&made->raster, memory);
    if (colour_matters(p->icc, p->icc_size))
        colour_to_srgb(&pixels, p->icc, p->icc_size);
    if (bars)
        add_bars(s, &pixels, memory + inner);
    return encode_flat(&pixels, t->work->ws, t->format,
                       quality ? (int)quality : QUALITY_DEFAULT, to, room,
                       size);
}

static int encode_as_planes(thumbs *t, const thumb *made, uint8_t *to,
                            size_t room, size_t *size)
{
    uint32_t quality = t->work->request->quality;
    const raster *r = &made->raster;
    picture p = { .width = r->width,
                  .height = r->height,
                  .subsampling = TJSAMP_420 };

    for (int i = 0; i < 3; i++) {
        p.planes[i] = r->planes[i].data;
        p.strides[i] = r->planes[i].stride;
    }
    return encode_planes(&p, t->work->ws,
                         quality ? (int)quality : QUALITY_DEFAULT, to, room,
                         size);
}

static int make(thumbs *t, uint32_t at)
{
    work *work = t->work;
    thumb *made = &t->all[at];
    const raster *source = source_for(t, at);
    job_output output = { .kind = JOB_THUMB,
                          .index = made->index,
                          .format = t->format,
                          .width = made->shape.width,
                          .height = made->shape.height };
    size_t room, size = 0;
    uint8_t *to = work_room(work, &room);
    int rc = source != NULL
                 ? raster_from_raster(&made->raster, source, work->ws)
                 : raster_from_picture(&made->raster, &work->picture,
                                       &made->shape, work->ws);

    if (rc == 0)
        rc = t->as_planes ? encode_as_planes(t, made, to, room, &size)
                          : encode_pixels(t, made, to, room, &size);
    if (rc == -EFBIG)
        return work_refuse(work, JOB_TOO_LARGE,
                           "a thumbnail of %u x %u pixels does not go into "
                           "its format",
                           made->shape.width, made->shape.height);
    if (rc < 0)
        return rc;
    output.size = size;
    work_keep(work, &output);
    return 0;
}

int work_thumbs(work *work)
{
    const picture *p = &work->picture;
    const job_request *request = work->request;
    thumbs t = { .work = work, .format = work_format(work) };
    int rc;

    t.as_planes = raster_kind_of(p) == RASTER_YCC && t.format == JOB_JPEG &&
                  request->thumbs.fit != JOB_FIT_PAD &&
                  !colour_matters(p->icc, p->icc_size);
    rc = choose_shapes(&t);
    if (rc == 0)
        rc = lay_out(&t);
    for (uint32_t i = 0; i < t.count && rc == 0; i++)
        rc = make(&t, i);
    return rc;
}
