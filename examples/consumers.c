/* A producer, three consumers, and an orderly end: the queue holds ten items,
 * so nobody runs ahead, and its shutdown is how the consumers learn that there
 * is nothing more to come.
 */
#include <errno.h>
#include <stdio.h>

#include <starling.h>

enum { CONSUMERS = 3, ITEMS = 100 };

struct consume_args {
    sl_queue *queue;
    int *sum;
};

static int consume(void *arg)
{
    struct consume_args *args = arg;
    int item, rc;

    while ((rc = sl_queue_get(args->queue, &item)) == 0) {
        *args->sum += item; /* one thread: nobody else is at it */
        rc = sl_sleep(SL_MS(1));
        sl_queue_task_done(args->queue);
        if (rc < 0)
            return rc;
    }
    return rc == SL_ECLOSED ? 0 : rc; /* shut down and empty: the normal end */
}

static int produce(sl_queue *queue)
{
    int rc = 0;

    for (int i = 1; i <= ITEMS && rc == 0; i++)
        rc = sl_queue_put(queue, &i); /* waits while ten are in it */
    sl_queue_shutdown(queue, false);
    return rc;
}

static int app(void *unused)
{
    sl_queue *queue = sl_queue_new(SL_FIFO, sizeof(int), 10);
    int sums[CONSUMERS] = { 0 }, rc, closed;
    sl_group group;

    (void)unused;
    if (queue == NULL)
        return -ENOMEM;
    sl_group_open(&group);
    for (int i = 0; i < CONSUMERS; i++)
        sl_go(&group, consume, .queue = queue, .sum = &sums[i]);
    rc = produce(queue);
    closed = sl_group_close(&group);
    sl_queue_free(queue);
    if (rc == 0 && closed == 0)
        printf("%d items add up to %d\n", ITEMS, sums[0] + sums[1] + sums[2]);
    return closed < 0 ? closed : rc;
}

int main(int argc, char **argv)
{
    return sl_main(argc, argv, app, NULL);
}
