/* Many tasks asleep, each of them cancelled: what it takes to stop at once. */
#include <errno.h>
#include <stdlib.h>

#include "workload.h"

struct sleeper {
    sl_task *task;
    sl_time duration;
    size_t *asleep;
};

static int sleep_long(void *arg)
{
    struct sleeper *sleeper = arg;

    ++*sleeper->asleep;
    return sl_sleep(sleeper->duration);
}

static int cancel_all(workload *work, struct sleeper *sleepers)
{
    uint32_t random = 12345;
    size_t asleep = 0;
    stopwatch watch;
    sl_group group;
    int rc = 0, closed;

    sl_group_open(&group);
    for (size_t i = 0; i < work->n; i++) {
        sl_time extra = next_random(&random) % 1000000;

        sleepers[i].asleep = &asleep;
        sleepers[i].duration = SL_S(3600) + extra;
        sleepers[i].task = sl_group_spawn(&group, sleep_long, &sleepers[i]);
    }
    while (rc == 0 && asleep < work->n)
        rc = sl_yield();
    stopwatch_start(&watch);
    for (size_t i = 0; i < work->n; i++)
        sl_task_cancel(sleepers[i].task, NULL);
    closed = sl_group_close(&group);
    workload_found(work, "ns", stopwatch_wall_ns(&watch) / (double)work->n);
    return rc < 0 ? rc : closed;
}

int measure_cancel(void *arg)
{
    workload *work = arg;
    struct sleeper *sleepers = calloc(work->n, sizeof *sleepers);
    int rc;

    if (sleepers == NULL)
        return -ENOMEM;
    rc = cancel_all(work, sleepers);
    free(sleepers);
    return rc;
}
