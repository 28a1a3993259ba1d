/* Many tasks alive at once, each waiting for the same event.
 *
 * The first round runs on memory that nobody has touched, which is most of its
 * price; the second one finds the stacks of the first.
 */
#include "workload.h"

struct crowd {
    sl_event event;
    size_t waiting;
};

static int wait_for_event(void *arg)
{
    struct crowd *crowd = arg;

    crowd->waiting++;
    return sl_event_wait(&crowd->event);
}

static int park_all(size_t n, const sl_spawn_options *options, double *wall_ns)
{
    struct crowd crowd = { 0 };
    stopwatch watch;
    sl_group group;
    int rc = 0, closed;

    stopwatch_start(&watch);
    sl_group_open(&group);
    for (size_t i = 0; i < n; i++)
        sl_group_spawn_with(&group, options, wait_for_event, &crowd, 0);
    while (rc == 0 && crowd.waiting < n)
        rc = sl_yield();
    sl_event_set(&crowd.event);
    closed = sl_group_close(&group);
    *wall_ns = stopwatch_wall_ns(&watch);
    return rc < 0 ? rc : closed;
}

static int measure(workload *work, const sl_spawn_options *options)
{
    double before = peak_memory_bytes(), grown, first_ns, second_ns = 0;
    double n = (double)work->n;
    int rc = park_all(work->n, options, &first_ns);

    grown = peak_memory_bytes() - before;
    if (rc == 0)
        rc = park_all(work->n, options, &second_ns);
    workload_found(work, "ns", first_ns / n);
    workload_found(work, "rss", grown / n);
    workload_found(work, "touched_ns", second_ns / n);
    return rc;
}

int measure_park(void *arg)
{
    return measure(arg, &(sl_spawn_options){ 0 });
}

/* The same on small stacks, which are enough for them. */
int measure_park_small(void *arg)
{
    return measure(arg, &(sl_spawn_options){ .stack = 16 * 1024 });
}
