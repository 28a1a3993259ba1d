/* The operation "stars": find them, list them, mark them. */
#include "worker/work.h"

#include <errno.h>
#include <string.h>

#include "worker/stars/detect.h"
#include "worker/pixels/encode.h"
#include "worker/pixels/mark.h"
#include "worker/pixels/preview.h"
#include "worker/stars/sky_places.h"

enum { QUALITY_DEFAULT = 90 };

static int put_stars(work *work, const detections *found)
{
    job_answer *answer = work->answer;
    size_t size = found->count * sizeof(job_star), room;
    uint8_t *to;

    work_align(work, _Alignof(job_star));
    to = work_room(work, &room);
    if (size > room)
        return -ENOSPC;
    if (size > 0)
        memcpy(to, found->stars, size);
    answer->stars_offset = work->used;
    work->used += size;
    answer->star_count = found->count;
    answer->stars_cut = found->cut;
    answer->no_star_field = found->no_star_field;
    answer->background = found->background;
    answer->noise = found->noise;
    answer->star_fwhm = found->star_fwhm;
    answer->snr_limit = found->snr_limit;
    return 0;
}

/* Before the picture is marked. One that comes out too large is left out. */
static int put_preview(work *work, const detections *found)
{
    job_output made = { .kind = JOB_PREVIEW, .format = JOB_JPEG };
    size_t room, size;
    uint8_t *to = work_room(work, &room);
    int rc = preview_make(&work->picture, work->ws, found->stars, found->count,
                          to, room < JOB_PREVIEW_MAX ? room : JOB_PREVIEW_MAX,
                          &size, &made.width, &made.height);

    if (rc == 0) {
        made.size = size;
        work_keep(work, &made);
    }
    return rc == -ENOSPC ? 0 : rc;
}

static int put_marked(work *work, const detections *found)
{
    picture *p = &work->picture;
    uint32_t quality = work->request->quality;
    job_output made = { .kind = JOB_MARKED,
                        .format = JOB_JPEG,
                        .width = p->width,
                        .height = p->height };
    size_t room, size;
    uint8_t *to = work_room(work, &room);
    float radius_min;
    int rc;

    radius_min = mark_radius_min(p->width, p->height, found->count);
    mark_stars(p, found->stars, found->count, radius_min);
    if (work->request->wanted.marks == JOB_MARKS_NUMBERS)
        mark_numbers(p, found->stars, found->count, radius_min);
    rc = encode_planes(p, work->ws, quality ? (int)quality : QUALITY_DEFAULT,
                       to, room, &size);
    if (rc < 0)
        return rc;
    made.size = size;
    work_keep(work, &made);
    return 0;
}

int work_stars(work *work)
{
    const job_request *request = work->request;
    detections found;
    int rc = picture_need_planes(&work->picture, work->ws);

    if (rc == 0)
        rc = detect_picture(&work->picture, work->ws, request, &found);
    if (rc == 0) {
        work->answer->places =
            sky_places_set(&work->picture, found.stars, found.count);
        rc = put_stars(work, &found);
    }
    if (rc == 0 && request->draw)
        rc = put_preview(work, &found);
    if (rc == 0 && request->draw && request->wanted.marks != JOB_MARKS_NONE)
        rc = put_marked(work, &found);
    return rc;
}
