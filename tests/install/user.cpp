// A program in C++ that uses the C interface: a queue between two tasks.
#include <starling.h>

#include <cstdio>

struct numbers {
    sl_queue *queue;
    int sum;
};

static int add_up(void *arg)
{
    numbers *all = static_cast<numbers *>(arg);
    int number, rc;

    while ((rc = sl_queue_get(all->queue, &number)) == SL_OK)
        all->sum += number;
    return rc == SL_ECLOSED ? SL_OK : rc;
}

static int app(void *arg)
{
    numbers *all = static_cast<numbers *>(arg);
    sl_group group;
    int rc = SL_OK;

    sl_group_open(&group);
    sl_group_spawn(&group, add_up, all);
    for (int i = 1; i <= 100 && rc == SL_OK; i++)
        rc = sl_queue_put(all->queue, &i);
    sl_queue_shutdown(all->queue, false);
    int closed = sl_group_close(&group);
    return rc < 0 ? rc : closed;
}

int main()
{
    numbers all = { sl_queue_new(SL_FIFO, sizeof(int), 10), 0 };
    int rc = sl_run(app, &all);

    sl_queue_free(all.queue);
    std::printf("%d\n", all.sum);
    return rc < 0;
}
