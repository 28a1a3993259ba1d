/* Tasks that come and go: one after another, and many at once. */
#include "workload.h"

#if BENCH_HAS_EAGER
const sl_spawn_options at_once = { .eager = true };
#else
const sl_spawn_options at_once = { 0 };
#endif

static int do_nothing(void *unused)
{
    (void)unused;
    return 0;
}

static int give_way_once(void *unused)
{
    (void)unused;
    return sl_yield();
}

static int spawn_and_join(size_t n)
{
    for (size_t i = 0; i < n; i++) {
        sl_group group;
        int rc;

        sl_group_open(&group);
        sl_group_spawn_with(&group, &at_once, do_nothing, NULL, 0);
        rc = sl_group_close(&group);
        if (rc < 0)
            return rc;
    }
    return 0;
}

int measure_spawnjoin(void *arg)
{
    workload *work = arg;
    stopwatch watch;
    int rc;

    stopwatch_start(&watch);
    rc = spawn_and_join(work->n);
    workload_found(work, "ns", stopwatch_wall_ns(&watch) / (double)work->n);
    return rc;
}

int measure_gather(void *arg)
{
    workload *work = arg;
    double before = peak_memory_bytes();
    stopwatch watch;
    sl_group group;
    double wall_ns;
    int rc;

    stopwatch_start(&watch);
    /* What a task leaves is its result; nobody asks for the handles. */
    sl_group_open_with(&group, &(sl_group_options){ .forget_ended = true });
    for (size_t i = 0; i < work->n; i++)
        sl_group_spawn_with(&group, &at_once, give_way_once, NULL, 0);
    rc = sl_group_close(&group);
    wall_ns = stopwatch_wall_ns(&watch);
    workload_found(work, "ns", wall_ns / (double)work->n);
    workload_found(work, "rss",
                   (peak_memory_bytes() - before) / (double)work->n);
    return rc;
}
