/* Many tasks through a narrow door: 64 at a time, each gives way once inside.
 */
#include "workload.h"

static int pass(void *arg)
{
    sl_semaphore *door = arg;
    int rc = sl_semaphore_acquire(door);

    if (rc < 0)
        return rc;
    rc = sl_yield();
    sl_semaphore_release(door);
    return rc;
}

static int pass_all(size_t n, double *wall_ns)
{
    sl_semaphore door = SL_SEMAPHORE_INIT(64);
    stopwatch watch;
    sl_group group;
    int rc;

    stopwatch_start(&watch);
    sl_group_open(&group);
    for (size_t i = 0; i < n; i++)
        sl_group_spawn_with(&group, &at_once, pass, &door, 0);
    rc = sl_group_close(&group);
    *wall_ns = stopwatch_wall_ns(&watch);
    return rc;
}

int measure_sem(void *arg)
{
    workload *work = arg;
    double first_ns, second_ns = 0;
    int rc = pass_all(work->n, &first_ns);

    if (rc == 0)
        rc = pass_all(work->n, &second_ns);
    workload_found(work, "ns", first_ns / (double)work->n);
    workload_found(work, "touched_ns", second_ns / (double)work->n);
    return rc;
}
