/* One producer, one consumer, and a queue between them. */
#include <errno.h>

#include "workload.h"

struct belt {
    sl_queue *queue;
    size_t n;
    size_t sum;
};

static int produce(void *arg)
{
    struct belt *belt = arg;
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < belt->n; i++)
        rc = sl_queue_put(belt->queue, &i);
    return rc;
}

static int consume(void *arg)
{
    struct belt *belt = arg;
    size_t item;
    int rc = 0;

    for (size_t i = 0; i < belt->n; i++) {
        rc = sl_queue_get(belt->queue, &item);
        if (rc < 0)
            return rc;
        belt->sum += item;
    }
    return belt->sum == belt->n * (belt->n - 1) / 2 ? 0 : -EBADMSG;
}

static int measure_queue(workload *work, size_t capacity)
{
    struct belt belt = { .n = work->n };
    stopwatch watch;
    sl_group group;
    int rc;

    belt.queue = sl_queue_new(SL_FIFO, sizeof(size_t), capacity);
    if (belt.queue == NULL)
        return -ENOMEM;
    stopwatch_start(&watch);
    sl_group_open(&group);
    sl_group_spawn(&group, produce, &belt);
    sl_group_spawn(&group, consume, &belt);
    rc = sl_group_close(&group);
    workload_found(work, "ns", stopwatch_wall_ns(&watch) / (double)work->n);
    sl_queue_free(belt.queue);
    return rc;
}

int measure_queue1(void *arg)
{
    return measure_queue(arg, 1);
}

int measure_queue1024(void *arg)
{
    return measure_queue(arg, 1024);
}
