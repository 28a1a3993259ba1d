/* Sizes by whole numbers alone: h * W / w in floating point falls just below a
 * whole number for one size in six thousand. */
#include "worker/pixels/thumb_shape.h"

static uint32_t scaled(uint32_t side, uint32_t by, uint32_t of)
{
    uint32_t made = (uint32_t)((uint64_t)side * by / of);

    return made > 0 ? made : 1;
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* As large as goes into the box. */
static void fit_inside(thumb_shape *s, job_box box, uint32_t width,
                       uint32_t height, bool no_upscale)
{
    if (no_upscale && width <= box.width &&
        (box.height == 0 || height <= box.height)) {
        s->inner_width = width;
        s->inner_height = height;
    } else if (box.height == 0 ||
               (uint64_t)width * box.height >= (uint64_t)height * box.width) {
        s->inner_width = box.width;
        s->inner_height = scaled(height, box.width, width);
    } else {
        s->inner_width = scaled(width, box.height, height);
        s->inner_height = box.height;
    }
}

/* The largest part from the middle that has the box's shape. */
static void crop(thumb_shape *s, job_box box, uint32_t width, uint32_t height,
                 bool no_upscale)
{
    if ((uint64_t)width * box.height >= (uint64_t)height * box.width)
        s->crop_width = (double)height * box.width / box.height;
    else
        s->crop_height = (double)width * box.height / box.width;
    s->crop_x = (width - s->crop_width) / 2;
    s->crop_y = (height - s->crop_height) / 2;
    s->inner_width = box.width;
    s->inner_height = box.height;
    if (no_upscale && s->crop_width < box.width) {
        s->inner_width = (uint32_t)(s->crop_width + 0.5);
        s->inner_height = (uint32_t)(s->crop_height + 0.5);
        s->inner_width += s->inner_width == 0;
        s->inner_height += s->inner_height == 0;
    }
}

thumb_shape thumb_shape_of(const job_thumbs *thumbs, uint32_t index,
                           uint32_t width, uint32_t height)
{
    job_box box = thumbs->boxes[index];
    bool no_upscale = thumbs->no_upscale != 0;
    thumb_shape s = { .crop_width = width, .crop_height = height };

    if (box.height == 0 || thumbs->fit == JOB_FIT_INSIDE ||
        thumbs->fit == JOB_FIT_PAD) {
        fit_inside(&s, box, width, height, no_upscale);
    } else if (thumbs->fit == JOB_FIT_CROP) {
        crop(&s, box, width, height, no_upscale);
    } else {
        s.inner_width = no_upscale ? least(box.width, width) : box.width;
        s.inner_height = no_upscale ? least(box.height, height) : box.height;
    }
    s.width = s.inner_width;
    s.height = s.inner_height;
    if (box.height != 0 && thumbs->fit == JOB_FIT_PAD) {
        s.width = box.width;
        s.height = box.height;
        s.left = (s.width - s.inner_width) / 2;
        s.top = (s.height - s.inner_height) / 2;
    }
    return s;
}

bool thumb_shape_turns(int orientation)
{
    return orientation >= 5;
}

static bool is_enough(const job_thumbs *thumbs, uint32_t width, uint32_t height,
                      int eighths)
{
    for (uint32_t i = 0; i < thumbs->count; i++) {
        thumb_shape s = thumb_shape_of(thumbs, i, width, height);

        if (s.crop_width * eighths < 16.0 * s.inner_width ||
            s.crop_height * eighths < 16.0 * s.inner_height)
            return false;
    }
    return true;
}

int thumb_shape_eighths(const job_thumbs *thumbs, uint32_t width,
                        uint32_t height, int orientation)
{
    uint32_t w = thumb_shape_turns(orientation) ? height : width;
    uint32_t h = thumb_shape_turns(orientation) ? width : height;

    for (int eighths = 1; eighths < 8; eighths *= 2)
        if (is_enough(thumbs, w, h, eighths))
            return eighths;
    return 8;
}
