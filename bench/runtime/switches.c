/* Tasks that only give way to each other: the price of a switch. */
#include "workload.h"

static int give_way(void *arg)
{
    for (size_t left = (size_t)arg; left > 0; left--) {
        int rc = sl_yield();

        if (rc < 0)
            return rc;
    }
    return 0;
}

static int measure_ring(workload *work, size_t tasks)
{
    stopwatch watch;
    sl_group group;
    int rc;

    sl_group_open(&group);
    for (size_t i = 0; i < tasks; i++)
        sl_group_spawn(&group, give_way, (void *)(work->n / tasks));
    stopwatch_start(&watch);
    rc = sl_group_close(&group);
    workload_found(work, "ns", stopwatch_wall_ns(&watch) / (double)work->n);
    return rc;
}

int measure_switch2(void *arg)
{
    return measure_ring(arg, 2);
}

int measure_switch1000(void *arg)
{
    return measure_ring(arg, 1000);
}
