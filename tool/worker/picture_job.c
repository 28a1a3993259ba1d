/* One picture, from bytes to whatever is asked of it.
 *
 * A bad picture is no error of the job: it is an answer with a verdict, so
 * that one bad file among thousands never looks like a broken worker. What a
 * job allocates is gone when it ends, but for the workspace, which belongs to
 * the thread and is bounded. The operations follow in one order, stars last:
 * marking them draws into the picture.
 */
#include "worker/picture_job.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "worker/decode/decode.h"
#include "worker/decode/packed.h"
#include "worker/work.h"

enum { EDGE_THRESHOLD_MAX = 3 * 255 };

#define PIXELS_MAX ((uint64_t)1 << 31)
#define ALL_OPERATIONS (JOB_DO_STARS | JOB_DO_THUMBS | JOB_DO_EDGES)

static _Thread_local workspace shared;
static _Thread_local bool shared_ready;

static workspace *get_workspace(void)
{
    if (!shared_ready)
        shared_ready = workspace_init(&shared) == 0;
    return shared_ready ? &shared : NULL;
}

static bool format_is_sound(uint32_t format)
{
    return format == JOB_FORMAT_UNKNOWN || format == JOB_JPEG ||
           format == JOB_PNG || format == JOB_WEBP;
}

static bool thumbs_are_sound(const job_thumbs *thumbs)
{
    if (thumbs->count == 0 || thumbs->count > JOB_THUMBS_MAX ||
        thumbs->fit >= JOB_FITS_COUNT)
        return false;
    for (uint32_t i = 0; i < thumbs->count; i++)
        if (thumbs->boxes[i].width == 0 ||
            thumbs->boxes[i].width > JOB_SIDE_MAX ||
            thumbs->boxes[i].height > JOB_SIDE_MAX)
            return false;
    return true;
}

static bool wanted_is_sound(const job_wanted *wanted)
{
    return wanted->star_width >= 0 && wanted->star_width <= 30 &&
           wanted->keep_galaxies <= 1 && wanted->marks < JOB_MARKS_COUNT &&
           wanted->mask_count <= JOB_MASKS_MAX;
}

/* The file: the job's body, or behind the request. */
static sl_shm body_of(const sl_job_io *io)
{
    if (io->body.data != NULL)
        return io->body;
    return (sl_shm){ .data = (char *)io->in + sizeof(job_request),
                     .size = io->in_size - sizeof(job_request),
                     .fd = -1 };
}

/* Room for what is made: the job's result memory, or behind the answer. */
static sl_shm room_of(const sl_job_io *io)
{
    if (io->result.data != NULL)
        return io->result;
    return (sl_shm){ .data = (char *)io->out + sizeof(job_answer),
                     .size = io->out_capacity - sizeof(job_answer),
                     .fd = -1 };
}

/* The request comes from our own parent; a mistake in it is a bug there. */
static bool request_is_sound(const sl_job_io *io, job_request *request)
{
    if (io->in_size < sizeof(*request) || io->out_capacity < sizeof(job_answer))
        return false;
    memcpy(request, io->in, sizeof(*request));
    return request->body_size <= body_of(io).size && request->max_pixels > 0 &&
           request->max_pixels <= PIXELS_MAX && request->quality <= 100 &&
           (request->operations & ~ALL_OPERATIONS) == 0 &&
           request->threshold >= 0 && request->detector < JOB_DETECTORS &&
           request->edge_threshold <= EDGE_THRESHOLD_MAX &&
           format_is_sound(request->format) && request->hdu <= JOB_HDU_MAX &&
           request->plane <= JOB_PLANE_MAX &&
           wanted_is_sound(&request->wanted) &&
           ((request->operations & JOB_DO_THUMBS) == 0 ||
            thumbs_are_sound(&request->thumbs));
}

uint8_t *work_room(const work *work, size_t *room)
{
    *room = work->result_size - work->used;
    return work->result + work->used;
}

void work_align(work *work, size_t bytes)
{
    size_t at = (work->used + bytes - 1) / bytes * bytes;

    work->used = at < work->result_size ? at : work->result_size;
}

void work_keep(work *work, const job_output *output)
{
    job_output *kept = &work->answer->outputs[work->answer->output_count++];

    *kept = *output;
    kept->offset = work->used;
    work->used += output->size;
}

uint32_t work_format(const work *work)
{
    uint32_t own = work->answer->format;

    if (work->request->format != JOB_FORMAT_UNKNOWN)
        return work->request->format;
    return own == JOB_JPEG || own == JOB_WEBP ? own : JOB_PNG;
}

/* A bad picture has no results: what was made before does not count. */
static void take_back(job_answer *answer, uint32_t verdict)
{
    answer->verdict = verdict;
    answer->star_count = answer->output_count = 0;
}

int work_refuse(work *work, uint32_t verdict, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(work->answer->reason, JOB_REASON_MAX, format, args);
    va_end(args);
    take_back(work->answer, verdict);
    return -ECANCELED;
}

/* A worker without memory says so about the picture; it lives on. */
static void answer_no_memory(job_answer *answer)
{
    refusal why;

    take_back(answer,
              decode_refuse_memory(&why, answer->width, answer->height));
    memcpy(answer->reason, why.reason, sizeof(answer->reason));
}

static int operate(work *work)
{
    static const struct {
        uint32_t bit;
        operation *run;
    } operations[] = { { JOB_DO_THUMBS, work_thumbs },
                       { JOB_DO_EDGES, work_edges },
                       { JOB_DO_STARS, work_stars } };
    int rc = 0;

    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
        if (rc == 0 && (work->request->operations & operations[i].bit) != 0)
            rc = operations[i].run(work);
    return rc;
}

static decode_source source_of(const job_request *request, const sl_job_io *io)
{
    return (decode_source){
        .data = body_of(io).data,
        .size = request->body_size,
        .max_pixels = request->max_pixels,
        .hdu = request->hdu,
        .plane = request->plane,
        .need_pixels = (request->operations & JOB_DO_EDGES) != 0,
        .need_colours = request->operations == JOB_DO_THUMBS &&
                        request->format != JOB_FORMAT_UNKNOWN &&
                        request->format != JOB_JPEG,
        .need_light = (request->operations & JOB_DO_STARS) != 0,
        .thumbs =
            request->operations == JOB_DO_THUMBS ? &request->thumbs : NULL,
    };
}

/* The picture may go on to mean what lies in *packed. */
static void decode(work *work, const sl_job_io *io, packed *packed)
{
    job_answer *answer = work->answer;
    decode_source source = source_of(work->request, io);
    uint64_t max_bytes = work->request->max_bytes > 0 ? work->request->max_bytes
                                                      : PACKED_MAX_BYTES;
    refusal why = { "" };

    answer->verdict = packed_open(&source, max_bytes, packed, &why);
    if (answer->verdict == JOB_GOOD)
        answer->verdict = decode_picture(&source, work->ws, &answer->format,
                                         &work->picture, &why);
    memcpy(answer->reason, why.reason, sizeof(answer->reason));
}

static int run(work *work, const sl_job_io *io)
{
    job_answer *answer = work->answer;
    packed packed;
    int rc = 0;

    decode(work, io, &packed);
    if (answer->verdict == JOB_GOOD) {
        answer->width = work->picture.full_width;
        answer->height = work->picture.full_height;
        rc = operate(work);
    }
    packed_close(&packed);
    if (rc == -ENOMEM)
        answer_no_memory(answer);
    return rc == -ENOMEM || rc == -ECANCELED ? 0 : rc;
}

int worker_picture(const sl_job_io *io)
{
    job_request request;
    job_answer answer;
    work work = { .request = &request,
                  .ws = get_workspace(),
                  .answer = &answer };
    sl_shm room;
    int rc;

    if (!request_is_sound(io, &request))
        return -EINVAL;
    room = room_of(io);
    work.result = room.data;
    work.result_size = room.size;
    if (work.ws == NULL)
        return -ENOMEM;
    memset(&answer, 0, sizeof(answer)); /* its padding travels, too */
    rc = run(&work, io);
    workspace_trim(work.ws);
    if (rc < 0)
        return rc;
    memcpy(io->out, &answer, sizeof(answer));
    return (int)(sizeof(answer) + (io->result.data == NULL ? work.used : 0));
}
