/* Extract, transform, load, all three at once: a bounded queue between each two
 * stages, and the stages overlap from the first record on. A slow stage fills
 * the queue before it and so slows the one before that, which is the memory
 * limit of the whole.
 *
 * Extracting waits for a source, transforming computes on threads, loading
 * waits for a database. Done one stage after the other it would take their sum;
 * it takes about as long as the slowest.
 */
#include <errno.h>
#include <stdio.h>

#include <starling.h>

#include "shared/program.h"

enum { RECORDS = 20, BETWEEN = 4, TRANSFORMERS = 2 };

struct record {
    int number;
    uint64_t value;
};

struct job {
    sl_queue *extracted, *transformed;
    int transforming; /* tasks that may still put into `transformed` */
    uint64_t sum;
    int loaded;
};

static int extract(void *arg)
{
    struct job *job = arg;
    int rc = 0;

    for (int i = 1; i <= RECORDS && rc == 0; i++) {
        struct record record = { i, (uint64_t)i };

        rc = sl_sleep(scaled(SL_MS(40)));
        if (rc == 0)
            rc = sl_queue_put(job->extracted, &record);
    }
    sl_queue_shutdown(job->extracted, false);
    return rc;
}

/* On a thread: the loop goes on meanwhile. */
static int compute(void *arg)
{
    struct record *record = arg;

    block_for(scaled(SL_MS(60)));
    record->value *= record->value;
    return 0;
}

static int transform(void *arg)
{
    struct job *job = arg;
    struct record record;
    int rc;

    while ((rc = sl_queue_get(job->extracted, &record)) == 0) {
        rc = sl_to_thread(compute, &record);
        if (rc == 0)
            rc = sl_queue_put(job->transformed, &record);
        if (rc < 0)
            break;
    }
    if (--job->transforming == 0) /* the last one out closes the door */
        sl_queue_shutdown(job->transformed, false);
    return rc == SL_ECLOSED ? 0 : rc;
}

static int load(void *arg)
{
    struct job *job = arg;
    struct record record;
    int rc;

    while ((rc = sl_queue_get(job->transformed, &record)) == 0) {
        rc = sl_sleep(scaled(SL_MS(30)));
        if (rc < 0)
            return rc;
        job->sum += record.value;
        job->loaded++;
    }
    return rc == SL_ECLOSED ? 0 : rc;
}

static int run(struct job *job)
{
    sl_group stages;

    sl_group_open(&stages);
    sl_group_spawn(&stages, extract, job);
    for (int i = 0; i < TRANSFORMERS; i++)
        sl_group_spawn(&stages, transform, job);
    sl_group_spawn(&stages, load, job);
    return sl_group_close(&stages);
}

static int app(void *unused)
{
    struct job job = {
        .extracted = sl_queue_new(SL_FIFO, sizeof(struct record), BETWEEN),
        .transformed = sl_queue_new(SL_FIFO, sizeof(struct record), BETWEEN),
        .transforming = TRANSFORMERS,
    };
    sl_time begin = sl_now();
    int rc = -ENOMEM;

    (void)unused;
    if (job.extracted != NULL && job.transformed != NULL)
        rc = run(&job);
    if (rc == 0) {
        printf("%d records, sum of squares %llu\n", job.loaded,
               (unsigned long long)job.sum);
        printf("stage after stage: %.2f seconds; overlapping: %.2f seconds\n",
               RECORDS * (0.040 + 0.060 / TRANSFORMERS + 0.030),
               seconds_since(begin));
    }
    if (job.extracted != NULL)
        sl_queue_free(job.extracted);
    if (job.transformed != NULL)
        sl_queue_free(job.transformed);
    return rc;
}

int main(int argc, char **argv)
{
    program_begin(&argc, argv);
    expect_arguments(argc, argv, 0, 0, "etl");
    return sl_main(argc, argv, app, NULL);
}
