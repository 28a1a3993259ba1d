/* One picture from bytes to stars.
 *
 * A bad picture is no error of the job: it is an answer with a verdict, so
 * that one bad file among thousands never looks like a broken worker. What a
 * job allocates is gone when it ends, but for the workspace, which belongs to
 * the thread and is bounded.
 */
#include "worker/stars_job.h"

#include <errno.h>
#include <string.h>

#include "worker/decode.h"
#include "worker/detect.h"
#include "worker/job.h"
#include "worker/mark.h"
#include "worker/preview.h"
#include "worker/workspace.h"

#define QUALITY_DEFAULT 90
#define PIXELS_MAX ((uint64_t)1 << 31)

static _Thread_local workspace shared;
static _Thread_local bool shared_ready;

static workspace *get_workspace(void)
{
    if (!shared_ready)
        shared_ready = workspace_init(&shared) == 0;
    return shared_ready ? &shared : NULL;
}

/* The request comes from our own parent; a mistake in it is a bug there. */
static bool request_is_sound(const sl_job_io *io, job_stars_request *request)
{
    if (io->in_size != sizeof(*request) ||
        io->out_capacity < sizeof(job_stars_answer))
        return false;
    memcpy(request, io->in, sizeof(*request));
    return request->body_size <= io->body.size && request->max_pixels > 0 &&
           request->max_pixels <= PIXELS_MAX && request->quality <= 100 &&
           request->threshold >= 0 && request->detector < JOB_DETECTORS;
}

static int put_stars(const sl_job_io *io, const detections *found,
                     job_stars_answer *answer)
{
    size_t size = found->count * sizeof(job_star);

    if (size > io->result.size)
        return -ENOSPC;
    if (size > 0)
        memcpy(io->result.data, found->stars, size);
    answer->star_count = found->count;
    answer->stars_cut = found->cut;
    answer->no_star_field = found->no_star_field;
    answer->background = found->background;
    answer->noise = found->noise;
    answer->star_fwhm = found->star_fwhm;
    return 0;
}

/* Before the picture is marked. One that comes out too large is left out. */
static int put_preview(const sl_job_io *io, const picture *p, workspace *ws,
                       const detections *found, job_stars_answer *answer)
{
    size_t offset = answer->star_count * sizeof(job_star), size;
    size_t room = io->result.size - offset;
    int rc = preview_make(
        p, ws, found->stars, found->count, (uint8_t *)io->result.data + offset,
        room < JOB_PREVIEW_MAX ? room : JOB_PREVIEW_MAX, &size);

    answer->preview_offset = offset;
    if (rc == 0)
        answer->preview_size = size;
    return rc == -ENOSPC ? 0 : rc;
}

static int put_marked(const sl_job_io *io, const job_stars_request *request,
                      picture *p, workspace *ws, const detections *found,
                      job_stars_answer *answer)
{
    int quality = request->quality ? (int)request->quality : QUALITY_DEFAULT;
    size_t offset = answer->preview_offset + answer->preview_size, size;
    int rc;

    mark_stars(p, found->stars, found->count, MARK_RADIUS_MIN);
    rc = mark_encode(p, ws, quality, (uint8_t *)io->result.data + offset,
                     io->result.size - offset, &size);
    if (rc < 0)
        return rc;
    answer->marked_format = JOB_JPEG;
    answer->marked_offset = offset;
    answer->marked_size = size;
    return 0;
}

static int find_and_mark(const sl_job_io *io, const job_stars_request *request,
                         picture *p, workspace *ws, job_stars_answer *answer)
{
    detections found;
    int rc =
        detect_picture(p, ws, request->detector, request->threshold, &found);

    if (rc == 0)
        rc = put_stars(io, &found, answer);
    if (rc == 0 && request->draw)
        rc = put_preview(io, p, ws, &found, answer);
    if (rc == 0 && request->draw)
        rc = put_marked(io, request, p, ws, &found, answer);
    return rc;
}

/* A worker without memory says so about the picture; it lives on. */
static void answer_no_memory(job_stars_answer *answer)
{
    refusal why;

    answer->verdict = decode_refuse_memory(&why, answer->width, answer->height);
    memcpy(answer->reason, why.reason, sizeof(answer->reason));
    answer->star_count = 0;
    answer->marked_size = answer->preview_size = 0;
}

static int run(const sl_job_io *io, const job_stars_request *request,
               workspace *ws, job_stars_answer *answer)
{
    decode_source source = { io->body.data, request->body_size,
                             request->max_pixels };
    refusal why = { "" };
    picture p = { 0 };
    int rc;

    answer->verdict = decode_picture(&source, ws, &answer->format, &p, &why);
    memcpy(answer->reason, why.reason, sizeof(answer->reason));
    if (answer->verdict != JOB_GOOD)
        return 0;
    answer->width = p.width;
    answer->height = p.height;
    rc = find_and_mark(io, request, &p, ws, answer);
    if (rc == -ENOMEM) {
        answer_no_memory(answer);
        rc = 0;
    }
    return rc;
}

int worker_stars(const sl_job_io *io)
{
    job_stars_request request;
    job_stars_answer answer;
    workspace *ws;
    int rc;

    if (!request_is_sound(io, &request))
        return -EINVAL;
    ws = get_workspace();
    if (ws == NULL)
        return -ENOMEM;
    memset(&answer, 0, sizeof(answer)); /* its padding travels, too */
    rc = run(io, &request, ws, &answer);
    workspace_trim(ws);
    if (rc < 0)
        return rc;
    memcpy(io->out, &answer, sizeof(answer));
    return (int)sizeof(answer);
}
