/* A picture's way in a comparison: fetched into shared memory, worked on,
 * checked, dropped. Nothing is written: what is compared is the way of doing
 * it, and a disk would only add its noise.
 *
 * Each mode must give the same results to the byte. A mode that was faster
 * because it did something else would be worth nothing, so a difference ends
 * the comparison.
 */
#include "cmd/compare_course.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include <starling/error.h>
#include <starling/group.h>

#include "cli/status.h"
#include "run/network.h"
#include "fetch/fetch.h"
#include "worker/job.h"

enum { PER_HOST = 6 };

/* What belongs to a picture that is under way. */
typedef struct parcel {
    sl_shm body, result;
    uint64_t size; /* of the body */
    uint64_t held;
} parcel;

static void hold(course *course, parcel *parcel, uint64_t bytes)
{
    parcel->held += bytes;
    atomic_fetch_add(&course->held, bytes);
}

static int fail(course *course, const race_item *item, int status,
                const char *format, ...) __attribute__((format(printf, 4, 5)));

/* In a trial the picture is left out and the others go on. */
static int fail(course *course, const race_item *item, int status,
                const char *format, ...)
{
    course_picture *picture = &course->pictures[item->number];
    char text[COURSE_FAILURE_MAX - 100];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (course->is_trial) {
        picture->problem = strdup(text);
        return picture->problem != NULL ? 0 : -ENOMEM;
    }
    pthread_mutex_lock(&course->lock);
    if (course->failure[0] == '\0') {
        course->status = status;
        snprintf(course->failure, sizeof course->failure, "%.90s: %s",
                 picture->name, text);
    }
    pthread_mutex_unlock(&course->lock);
    return -EIO;
}

/* Fetching. */

int course_per_host(const struct options *options)
{
    return options->per_host > 0 ? (int)options->per_host : PER_HOST;
}

static int open_lane(void *context, void **lane)
{
    course *course = context;
    const struct options *options = course->options;
    fetcher_options how = {
        .http = course->is_local ? (sl_http_client_options){ .allow_addresses =
                                                                 "127.0.0.0/8" }
                                 : network_client(options),
        .request = network_request(options),
        .agent = options->user_agent,
        .downloads = (int)options->downloads,
        /* Our own server needs no sparing. */
        .per_host = course->is_local ? (int)options->downloads
                                     : course_per_host(options),
        .retries = course->is_local ? 0 : (int)options->retries,
        .max_bytes = (uint64_t)options->max_bytes,
        .timeout = options->timeout,
    };
    fetcher *fetcher;
    int rc = fetcher_new(&how, &fetcher);

    if (rc == 0)
        *lane = fetcher;
    return rc;
}

static void close_lane(void *lane)
{
    fetcher_free(lane);
}

static int fetch(void *context, race_item *item)
{
    course *course = context;
    course_picture *picture = &course->pictures[item->number];
    parcel *parcel = calloc(1, sizeof *parcel);
    fetch_result result;
    int rc;

    item->body = parcel;
    if (parcel == NULL)
        return -ENOMEM;
    parcel->body.fd = parcel->result.fd = -1;
    hold(course, parcel, picture->size);
    /* Once is enough to be told: the trial's are the ones that are asked. */
    rc = fetch_get(item->lane, picture->url,
                   &(fetch_options){
                       .obeys_robots = course->is_trial && !course->is_local &&
                                       !course->options->ignore_robots },
                   &result);
    if (rc == 0) {
        parcel->body = result.body;
        parcel->size = result.size;
        result.body = (sl_shm){ .fd = -1 };
        if (course->is_trial)
            picture->size = parcel->size;
    } else if (rc != SL_ECANCELED) {
        rc = fail(course, item, STATUS_LATER, "%s", result.reason);
    }
    fetch_result_fini(&result);
    return rc;
}

/* Working. */

/* Where in the result memory what a worker made ends. */
static size_t end_of(const job_answer *answer)
{
    size_t end = answer->star_count * sizeof(job_star);

    for (uint32_t i = 0; i < answer->output_count; i++) {
        size_t ends = answer->outputs[i].offset + answer->outputs[i].size;

        end = ends > end ? ends : end;
    }
    return end;
}

static int check(course *course, race_item *item, const job_answer *answer)
{
    course_picture *picture = &course->pictures[item->number];
    parcel *parcel = item->body;
    size_t end = end_of(answer);
    uint64_t digest;

    if (answer->verdict != JOB_GOOD)
        return fail(course, item, STATUS_INTERNAL, "%s", answer->reason);
    hold(course, parcel, end);
    digest = XXH64(answer, sizeof *answer, XXH64(parcel->result.data, end, 0));
    if (course->is_trial) {
        picture->digest = digest;
        course->has_rare |= job_format_needs(answer->format) != NULL;
    } else if (digest != picture->digest)
        return fail(course, item, STATUS_INTERNAL,
                    "gives another result than it did before (%016llx, not "
                    "%016llx)",
                    (unsigned long long)digest,
                    (unsigned long long)picture->digest);
    return 0;
}

static sl_job_request request_of(const course *course, const parcel *parcel,
                                 job_request *in, job_answer *answer)
{
    *in = course->operations.request;
    in->body_size = parcel->size;
    in->max_pixels = (uint64_t)course->options->max_pixels;
    in->max_bytes = (uint64_t)course->options->max_bytes;
    return (sl_job_request){ .job = JOB_PICTURE,
                             .in = in,
                             .in_size = sizeof *in,
                             .out = answer,
                             .out_capacity = sizeof *answer,
                             .body = &parcel->body,
                             .result = &parcel->result,
                             .limit = course->options->timeout };
}

static int open_result(const course *course, sl_shm *result)
{
    return sl_shm_open(operations_room(&course->operations,
                                       (uint64_t)course->options->max_pixels),
                       result);
}

static int work(void *context, race_item *item)
{
    course *course = context;
    parcel *parcel = item->body;
    job_request in;
    job_answer answer;
    sl_job_request request = request_of(course, parcel, &in, &answer);
    char word[DESK_WORD_MAX] = "";
    int rc;

    if (course->pictures[item->number].problem != NULL)
        return 0; /* it could not be fetched */
    if (parcel->size == 0)
        return fail(course, item, STATUS_LATER, "there are no bytes");
    rc = open_result(course, &parcel->result);
    if (rc < 0)
        return rc;
    rc = item->desk != NULL ? desk_run(item->desk, &request, word)
                            : sl_pool_run(item->pool, &request);
    if (rc == SL_ECANCELED)
        return rc;
    if (rc < 0)
        return fail(course, item, STATUS_INTERNAL, "%s",
                    word[0] != '\0' ? word : sl_explain(rc));
    if (!job_answer_check(&answer, (size_t)rc, parcel->result.size))
        return fail(course, item, STATUS_INTERNAL,
                    "the worker's answer makes no sense");
    return check(course, item, &answer);
}

static void free_parcel(course *course, parcel *parcel)
{
    if (parcel == NULL)
        return;
    atomic_fetch_sub(&course->held, parcel->held);
    sl_shm_close(&parcel->body);
    sl_shm_close(&parcel->result);
    free(parcel);
}

static void release(void *context, race_item *item)
{
    free_parcel(context, item->body);
}

race_course course_race(course *course)
{
    return (race_course){ .context = course,
                          .open_lane = open_lane,
                          .close_lane = close_lane,
                          .fetch = fetch,
                          .work = work,
                          .release = release };
}

/* Warming. */

int course_prepare(course *course)
{
    race_item item = { .number = 0 };
    int rc = open_lane(course, &item.lane);

    if (rc < 0)
        return rc;
    rc = fetch(course, &item);
    close_lane(item.lane);
    course->sample = item.body;
    return rc;
}

void course_fini(course *course)
{
    free_parcel(course, course->sample);
}

struct warm_args {
    course *course;
    sl_pool *pool;
};

static int warm(void *arg)
{
    struct warm_args *a = arg;
    parcel own = *a->course->sample; /* the body is lent to all */
    job_request in;
    job_answer answer;
    sl_job_request request = request_of(a->course, &own, &in, &answer);
    int rc = open_result(a->course, &own.result);

    if (rc == 0) {
        rc = sl_pool_run(a->pool, &request);
        sl_shm_close(&own.result);
    }
    return rc < 0 ? rc : 0;
}

int course_warm(course *course, sl_pool *pool, int workers)
{
    sl_group group;

    sl_group_open(&group);
    for (int i = 0; i < 2 * workers; i++)
        sl_go(&group, warm, .course = course, .pool = pool);
    return sl_group_close(&group);
}
