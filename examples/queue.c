/* A kitchen and three waiters: the counter between them holds four plates. When
 * it is full the kitchen waits, which is all there is to back-pressure; when
 * the kitchen closes, the waiters carry what is left and go home.
 */
#include <errno.h>
#include <stdio.h>

#include <starling.h>

#include "shared/program.h"

enum { COUNTER = 4, PLATES = 12, WAITERS = 3 };

struct wait_tables_args {
    sl_queue *counter;
    int *carried;
};

static int wait_tables(void *arg)
{
    struct wait_tables_args *args = arg;
    int plate, rc;

    while ((rc = sl_queue_get(args->counter, &plate)) == 0) {
        rc = sl_sleep(scaled(SL_MS(300))); /* to the table and back */
        if (rc < 0)
            return rc;
        ++*args->carried;
        sl_queue_task_done(args->counter);
    }
    return rc == SL_ECLOSED ? 0 : rc; /* closed and empty: the normal end */
}

/* Plates are cooked faster than they are carried. */
static int cook(sl_queue *counter)
{
    for (int plate = 1; plate <= PLATES; plate++) {
        int rc = sl_sleep(scaled(SL_MS(20)));

        if (rc == 0)
            rc = sl_queue_put(counter, &plate); /* waits while it is full */
        if (rc < 0)
            return rc;
        printf("plate %d is out, %zu on the counter\n", plate,
               sl_queue_count(counter));
    }
    return 0;
}

static int app(void *unused)
{
    sl_queue *counter = sl_queue_new(SL_FIFO, sizeof(int), COUNTER);
    int carried[WAITERS] = { 0 }, total = 0, rc, closed;
    sl_group group;

    (void)unused;
    if (counter == NULL)
        return -ENOMEM;
    sl_group_open(&group);
    for (int i = 0; i < WAITERS; i++)
        sl_go(&group, wait_tables, .counter = counter, .carried = &carried[i]);
    rc = cook(counter);
    if (rc == 0)
        rc = sl_queue_join(counter); /* until every plate has arrived */
    sl_queue_shutdown(counter, false);
    closed = sl_group_close(&group);
    sl_queue_free(counter);
    for (int i = 0; i < WAITERS; i++)
        total += carried[i];
    if (rc == 0)
        printf("%d plates carried by %d waiters\n", total, WAITERS);
    return rc < 0 ? rc : closed;
}

int main(int argc, char **argv)
{
    program_begin(&argc, argv);
    expect_arguments(argc, argv, 0, 0, "queue");
    return sl_main(argc, argv, app, NULL);
}
