/* The same pictures through the tool's sandboxed worker processes and through
 * threads of this process that call the same function. Rounds of the two take
 * turns, so that a busy moment of the machine meets both.
 */
#include "workload.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <starling.h>

#include "origin/demo_items.h"
#include "skies.h"
#include "worker/picture_job.h"

enum { SKIES = 6, TURNS = 4, ROUNDS = 5, RESULT_SIZE = 64 << 20 };

typedef struct picture_task {
    sl_shm body, result;
    job_request request;
    job_answer answer;
} picture_task;

static picture_task tasks[SKIES];
static sl_pool *processes, *threads;

/* The worker's job on a thread: what it needs travels as an address. */
static int on_thread(const void *in, size_t in_size, void *out, size_t capacity)
{
    picture_task *task = *(picture_task *const *)in;
    sl_job_io io = { .in = &task->request,
                     .in_size = sizeof task->request,
                     .out = out,
                     .out_capacity = capacity,
                     .body = task->body,
                     .result = task->result };

    (void)in_size;
    return worker_picture(&io);
}

static double wall_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static sl_future *submit(picture_task **task, bool in_process)
{
    sl_job_request request = { .out = &(*task)->answer,
                               .out_capacity = sizeof(*task)->answer };

    if (in_process) {
        request.job = JOB_PICTURE;
        request.in = &(*task)->request;
        request.in_size = sizeof(*task)->request;
        request.body = &(*task)->body;
        request.result = &(*task)->result;
        return sl_pool_submit_with(processes, &request);
    }
    request.function = on_thread;
    request.in = task;
    request.in_size = sizeof *task;
    return sl_pool_submit_with(threads, &request);
}

static int one_round(bool in_process, double *out)
{
    static picture_task *pointers[SKIES];
    double start = wall_s();
    int rc = 0;

    for (int turn = 0; turn < TURNS && rc >= 0; turn++) {
        sl_future *futures[SKIES];

        for (int i = 0; i < SKIES; i++) {
            pointers[i] = &tasks[i];
            futures[i] = submit(&pointers[i], in_process);
        }
        rc = sl_gather(SKIES, futures, NULL);
        for (int i = 0; i < SKIES; i++)
            sl_future_drop(futures[i]);
    }
    *out = wall_s() - start;
    return rc;
}

static int draw_pictures(void)
{
    static demo_item items[DEMO_ITEMS];
    int drawn = 0;

    demo_items_fill(1, items);
    for (int i = 0; i < DEMO_ITEMS && drawn < SKIES; i++) {
        picture_task *task = &tasks[drawn];
        sky_file sky;
        int rc;

        if (!demo_item_is_good(&items[i]))
            continue;
        rc = sky_file_draw(&items[i], &sky);
        if (rc == 0)
            rc = sl_shm_open(sky.jpeg_size, &task->body);
        if (rc == 0)
            rc = sl_shm_open(RESULT_SIZE, &task->result);
        if (rc < 0)
            return rc;
        memcpy(task->body.data, sky.jpeg, sky.jpeg_size);
        task->request = (job_request){ .body_size = sky.jpeg_size,
                                       .max_pixels = 100 << 20,
                                       .operations = JOB_DO_STARS,
                                       .draw = true };
        sky_file_free(&sky);
        drawn++;
    }
    return 0;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static int compare_rounds(double *percent)
{
    double costs[ROUNDS], process_s, thread_s;
    int rc = one_round(true, &process_s);

    if (rc >= 0)
        rc = one_round(false, &thread_s); /* both warm */
    for (int i = 0; i < ROUNDS && rc >= 0; i++) {
        rc = one_round(true, &process_s);
        if (rc >= 0)
            rc = one_round(false, &thread_s);
        costs[i] = 100 * (1 - thread_s / process_s);
    }
    qsort(costs, ROUNDS, sizeof *costs, compare);
    *percent = costs[ROUNDS / 2];
    return rc < 0 ? rc : 0;
}

int isolation_measure(const char *worker_program, double *percent)
{
    const sl_process_pool_options options = { .program = worker_program };
    int rc = draw_pictures();

    if (rc == 0)
        rc = sl_process_pool_open(&options, &processes);
    if (rc < 0)
        return rc;
    threads = sl_thread_pool_new(0);
    rc = threads == NULL ? -ENOMEM : compare_rounds(percent);
    if (threads != NULL && sl_pool_close(threads) < 0 && rc == 0)
        rc = -EBUSY;
    if (sl_pool_close(processes) < 0 && rc == 0)
        rc = -EBUSY;
    for (int i = 0; i < SKIES; i++) {
        sl_shm_close(&tasks[i].body);
        sl_shm_close(&tasks[i].result);
    }
    return rc;
}
