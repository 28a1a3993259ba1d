/* Many tasks that sleep for a random time of up to 100 ms: how late the last
 * of them is, and what the processor has done meanwhile. */
#include "workload.h"

static int sleep_for(void *microseconds)
{
    return sl_sleep(SL_US((size_t)microseconds));
}

static int sleep_all(size_t n, double *wall_ms, double *cpu_ms)
{
    uint32_t random = 12345;
    stopwatch watch;
    sl_group group;
    int rc;

    stopwatch_start(&watch);
    sl_group_open(&group);
    for (size_t i = 0; i < n; i++) {
        size_t microseconds = next_random(&random) % 100000;

        sl_group_spawn(&group, sleep_for, (void *)microseconds);
    }
    rc = sl_group_close(&group);
    *wall_ms = stopwatch_wall_ns(&watch) / 1e6;
    *cpu_ms = stopwatch_cpu_ns(&watch) / 1e6;
    return rc;
}

int measure_timers(void *arg)
{
    workload *work = arg;
    double wall_ms, cpu_ms;
    int rc = sleep_all(work->n, &wall_ms, &cpu_ms);

    workload_found(work, "wall_ms", wall_ms);
    workload_found(work, "cpu_ms", cpu_ms);
    if (rc == 0)
        rc = sleep_all(work->n, &wall_ms, &cpu_ms);
    workload_found(work, "touched_wall_ms", wall_ms);
    workload_found(work, "touched_cpu_ms", cpu_ms);
    return rc;
}
