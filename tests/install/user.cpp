// A program in C++ that uses the C interface: a queue between tasks.
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

struct count_args {
    sl_queue *queue;
    int from, to;
    sl_semaphore *done;
};

static int count(void *arg)
{
    count_args *args = static_cast<count_args *>(arg);
    int rc = SL_OK;

    for (int i = args->from; i <= args->to && rc == SL_OK; i++)
        rc = sl_queue_put(args->queue, &i);
    sl_semaphore_release(args->done);
    return rc;
}

static int app(void *arg)
{
    numbers *all = static_cast<numbers *>(arg);
    sl_semaphore done = SL_SEMAPHORE_INIT(0);
    sl_group group;

    sl_group_open(&group);
    sl_group_spawn(&group, add_up, all);
    sl_go(&group, count, .queue = all->queue, .from = 1, .to = 50,
          .done = &done);
    sl_go(&group, count, all->queue, 51, 100, &done);
    int rc = sl_semaphore_acquire_many(&done, 2);
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
