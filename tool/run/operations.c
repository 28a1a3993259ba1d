/* What a user asks for, as a worker is told it, and how much may come of it. */
#include "run/operations.h"

#include <stdio.h>

bool operations_have(const operations *operations, unsigned what)
{
    return (operations->request.operations & what) != 0;
}

static unsigned choose_set(const struct options *options)
{
    switch (options->command) {
    case COMMAND_THUMBS:
        return JOB_DO_THUMBS;
    case COMMAND_EDGES:
        return JOB_DO_EDGES;
    case COMMAND_COMPARE:
        if (options->operations == 0)
            return JOB_DO_STARS;
        /* fall through */
    case COMMAND_RUN:
        /* "none" is in the set only to be said. */
        return (unsigned)options->operations &
               (JOB_DO_STARS | JOB_DO_THUMBS | JOB_DO_EDGES);
    default:
        return JOB_DO_STARS;
    }
}

static void choose_boxes(const struct options *options, job_thumbs *thumbs)
{
    const struct box_list *boxes =
        options->sizes.count > 0 ? &options->sizes : &options->widths;

    thumbs->count = (uint32_t)boxes->count;
    for (int i = 0; i < boxes->count; i++)
        thumbs->boxes[i] = (job_box){ (uint32_t)boxes->boxes[i].width,
                                      (uint32_t)boxes->boxes[i].height };
}

_Static_assert((int)BOXES_MAX == (int)JOB_THUMBS_MAX,
               "a worker makes as many thumbnails as can be asked for");

_Static_assert((int)AREAS_MAX == (int)JOB_MASKS_MAX,
               "a worker minds as many masks as can be asked for");

static void choose_areas(const struct area_list *list, job_area *out)
{
    for (int i = 0; i < list->count; i++)
        out[i] =
            (job_area){ (uint32_t)list->areas[i].x, (uint32_t)list->areas[i].y,
                        (uint32_t)list->areas[i].width,
                        (uint32_t)list->areas[i].height };
}

static void choose_wanted(const struct options *options, job_request *request)
{
    job_wanted *wanted = &request->wanted;

    wanted->star_width = (float)options->star_width;
    wanted->min_area = (uint32_t)options->min_area;
    wanted->keep_galaxies = options->keep_galaxies;
    wanted->marks = (uint32_t)options->marks;
    wanted->mask_count = (uint32_t)options->mask.count;
    choose_areas(&options->region, &wanted->region);
    choose_areas(&options->mask, wanted->masks);
}

static void choose_part(const struct options *options, job_request *request)
{
    if (options_origin(options, "hdu") != ORIGIN_DEFAULT)
        request->hdu = (uint32_t)options->hdu + 1;
    if (options_origin(options, "plane") != ORIGIN_DEFAULT)
        request->plane = (uint32_t)options->plane + 1;
}

void operations_choose(const struct options *options, operations *out)
{
    job_request *request = &out->request;

    *request = (job_request){ .operations = choose_set(options) };
    choose_part(options, request);
    if (operations_have(out, JOB_DO_STARS)) {
        request->threshold = options->threshold;
        choose_wanted(options, request);
        request->detector = (uint32_t)options->detector;
        request->draw = true;
    }
    if (operations_have(out, JOB_DO_THUMBS)) {
        choose_boxes(options, &request->thumbs);
        request->thumbs.fit = (uint32_t)options->fit;
        request->thumbs.no_upscale = options->no_upscale;
    }
    if (operations_have(out, JOB_DO_EDGES))
        request->edge_threshold = (uint32_t)options->edge_threshold;
    if (operations_have(out, JOB_DO_THUMBS | JOB_DO_EDGES)) {
        request->format = operations_format(options->format);
        request->quality = (uint32_t)options->quality;
    }
}

void operations_thumb_size(const operations *operations, uint32_t index,
                           char out[24])
{
    const job_box *box = &operations->request.thumbs.boxes[index];

    if (box->height == 0)
        snprintf(out, 24, "%u", box->width);
    else
        snprintf(out, 24, "%ux%u", box->width, box->height);
}

/* Room. */

enum { HEADERS_SIZE = 64 << 10, BYTES_A_PIXEL = 4 };

static size_t thumb_room(const job_thumbs *thumbs, uint64_t max_pixels)
{
    uint64_t room = 0;

    for (uint32_t i = 0; i < thumbs->count; i++) {
        const job_box *box = &thumbs->boxes[i];
        /* Height follows from a width, and the picture may be a tower. */
        uint64_t pixels = box->height > 0 ? (uint64_t)box->width * box->height
                                          : (uint64_t)box->width * JOB_SIDE_MAX;

        if (box->height == 0 && pixels > max_pixels)
            pixels = max_pixels;
        /* What cannot be compressed grows by some bytes in each block. */
        room += BYTES_A_PIXEL * pixels + pixels / 64 + HEADERS_SIZE;
    }
    return room;
}

size_t operations_room(const operations *operations, uint64_t max_pixels)
{
    size_t room = HEADERS_SIZE;

    if (operations_have(operations, JOB_DO_STARS))
        room += JOB_STARS_MAX * sizeof(job_star) + (1 << 20) + 3 * max_pixels;
    if (operations_have(operations, JOB_DO_THUMBS))
        room += thumb_room(&operations->request.thumbs, max_pixels);
    if (operations_have(operations, JOB_DO_EDGES))
        room += HEADERS_SIZE + 3 * max_pixels;
    return room;
}
