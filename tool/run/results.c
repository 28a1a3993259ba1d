/* The worker's answer says where in the shared memory stars and pictures lie.
 * It has been checked; what lies there is copied or written as it is, since the
 * worker could write again at any moment.
 */
#include "run/results.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <starling/error.h>

#include "run/keep.h"
#include "run/workers.h"

void results_init(results *results)
{
    *results = (struct results){ .memory.fd = -1 };
}

void results_fini(results *results)
{
    sl_shm_close(&results->memory);
    free(results->names);
}

static int ask(run *run, sl_pool *pool, results *results, const sl_shm *body,
               const job_request *in)
{
    sl_job_request request = { .job = JOB_PICTURE,
                               .in = in,
                               .in_size = sizeof *in,
                               .out = &results->answer,
                               .out_capacity = sizeof results->answer,
                               .body = body,
                               .result = &results->memory,
                               .limit = run->options->timeout };

    return workers_run(pool, &request);
}

int results_ask(run *run, sl_pool *pool, results *results, const sl_shm *body,
                uint64_t size)
{
    job_request in = run->operations.request;
    int rc;

    in.body_size = size;
    in.max_pixels = (uint64_t)run->options->max_pixels;
    in.max_bytes = (uint64_t)run->options->max_bytes;
    if (in.operations != 0)
        run_begin_analyzing(run);
    /* Two at a time is all that go to a worker so, and it may have threads. */
    if (run->options->executor != EXECUTOR_THREAD &&
        trays_suit(&run->trays, size)) {
        rc =
            trays_ask(&run->trays, pool, &in, body->data, run->options->timeout,
                      &results->answer, &results->memory);
        if (rc != -ENOSPC)
            return rc;
    }
    rc = sl_shm_open(operations_room(&run->operations, in.max_pixels),
                     &results->memory);
    if (rc < 0) {
        run_fail(run, STATUS_LATER,
                 "no room for the results of a picture (%s); a smaller "
                 "--max-pixels needs less",
                 sl_strerror(rc));
        return -EIO;
    }
    return ask(run, pool, results, body, &in);
}

/* detected_space_0.jpg for space_0.jpg; the marked picture is a JPEG whatever
 * the original was. The others are called as operations.h says. */
static void name_output(const run *run, results *results, size_t at,
                        const char *stem, const job_output *output)
{
    char *name = results->names[at].name, *role = results->names[at].role;
    const char *extension = job_format_extension(output->format);
    char size[24];

    switch (output->kind) {
    case JOB_THUMB:
        operations_thumb_size(&run->operations, output->index, size);
        snprintf(name, RESULTS_NAME_SIZE, "%s_%s%s", stem, size, extension);
        snprintf(role, RESULTS_ROLE_SIZE, "thumb-%s", size);
        break;
    case JOB_EDGES:
        snprintf(name, RESULTS_NAME_SIZE, "edges_%s%s", stem, extension);
        snprintf(role, RESULTS_ROLE_SIZE, "edges");
        break;
    default:
        snprintf(name, RESULTS_NAME_SIZE, "detected_%s%s", stem, extension);
        snprintf(role, RESULTS_ROLE_SIZE, "marked");
        break;
    }
}

int results_keep(run *run, results *results, const char *stem)
{
    keep files[JOB_OUTPUTS_MAX];
    size_t count = 0;
    int rc;

    if (results->answer.output_count == 0)
        return 0;
    results->names = calloc(JOB_OUTPUTS_MAX, sizeof *results->names);
    if (results->names == NULL)
        return -ENOMEM;
    for (uint32_t i = 0; i < results->answer.output_count; i++) {
        const job_output *output = &results->answer.outputs[i];

        if (output->kind == JOB_PREVIEW)
            continue;
        name_output(run, results, count, stem, output);
        files[count] =
            (keep){ .folder = STORE_PROCESSED,
                    .name = results->names[count].name,
                    .data = (const char *)results->memory.data + output->offset,
                    .size = output->size };
        count++;
    }
    rc = count > 0 ? keep_files(run, files, count) : 0;
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < count; i++)
        results->files[i] =
            (store_file){ STORE_PROCESSED, results->names[i].role,
                          results->names[i].name, files[i].stamp };
    results->file_count = count;
    return 0;
}

static int copy_stars(const results *results, store_star *stars)
{
    const job_answer *answer = &results->answer;
    const job_star *from = (const void *)((const char *)results->memory.data +
                                          answer->stars_offset);

    for (uint32_t i = 0; i < answer->star_count; i++) {
        job_star star = from[i]; /* copied: the worker could still write */

        if (!job_star_check(&star, answer->width, answer->height))
            return -EBADMSG;
        stars[i] = (store_star){ star.x,    star.y,     star.flux, star.peak,
                                 star.fwhm, star.a,     star.b,    star.theta,
                                 star.snr,  star.flags, star.ra,   star.dec };
    }
    return 0;
}

/* Of a picture without stars nothing was asked. */
static const char *no_ra_dec(const job_answer *answer)
{
    return answer->star_count > 0 ? job_places_reason(answer->places) : NULL;
}

static store_sky sky_of(const job_answer *answer)
{
    return (store_sky){ .no_star_field =
                            job_field_reason(answer->no_star_field),
                        .background = (double)answer->background,
                        .noise = (double)answer->noise,
                        .star_width = (double)answer->star_fwhm,
                        .snr_limit = (double)answer->snr_limit,
                        .no_ra_dec = no_ra_dec(answer) };
}

int results_note(store *store, int64_t id, const run *run,
                 const results *results, const store_fetched *fetched,
                 int64_t true_stars)
{
    const job_answer *answer = &results->answer;
    const job_output *preview = job_answer_output(answer, JOB_PREVIEW, 0);
    store_star *stars = calloc(answer->star_count + 1, sizeof *stars);
    store_result result = { .width = answer->width,
                            .height = answer->height,
                            .star_count = answer->star_count,
                            .true_stars = true_stars,
                            .stars = stars,
                            .files = results->files,
                            .file_count = results->file_count,
                            .fetched = fetched };
    int rc;

    if (stars == NULL)
        return -ENOMEM;
    if (preview != NULL) {
        result.preview = (const char *)results->memory.data + preview->offset;
        result.preview_size = preview->size;
    }
    if (run->operations.request.operations == 0)
        result.width = result.height = -1; /* nobody looked */
    if (operations_have(&run->operations, JOB_DO_STARS))
        result.sky = sky_of(answer);
    else
        result.star_count = -1;
    rc = copy_stars(results, stars);
    if (rc == 0)
        rc = store_mark_done(store, id, &result);
    free(stars);
    return rc;
}
