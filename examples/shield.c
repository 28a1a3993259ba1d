/* Two shields. One is around code: what must be finished once it was begun is
 * kept from cancellation, for a bounded time. The other is around a future: the
 * one who waits may be cancelled, and what he waits for goes on.
 */
#include <errno.h>
#include <stdio.h>

#include <starling.h>

#include "shared/program.h"

static int transfer(void *unused)
{
    sl_scope shield;
    int rc;

    (void)unused;
    puts("transfer: withdrawing");
    sl_shield_open(&shield, scaled(SL_S(2))); /* not for ever */
    rc = sl_sleep(scaled(SL_MS(300)));        /* between the two bookings */
    if (rc == 0)
        puts("transfer: depositing");
    rc = sl_scope_close(&shield, rc);
    if (rc == 0)
        rc = sl_sleep(scaled(SL_MS(300))); /* not in the shield any more */
    printf("transfer: %s\n", rc < 0 ? sl_strerror(rc) : "receipt printed");
    return rc;
}

static int cancel_during_transfer(void)
{
    sl_group group;
    sl_task *task;
    int rc;

    sl_group_open(&group);
    task = sl_group_spawn(&group, transfer, NULL);
    rc = sl_sleep(scaled(SL_MS(100)));
    sl_task_cancel(task, "the customer left");
    if (rc == 0 && sl_task_join(task) == SL_ECANCELED)
        puts("bank: nothing is half done");
    sl_group_cancel(&group); /* its one task was cancelled: no error */
    return sl_group_close(&group);
}

static int compute(void *unused)
{
    int rc = sl_sleep(scaled(SL_MS(300)));

    (void)unused;
    printf("compute: %s\n", rc < 0 ? sl_strerror(rc) : "done");
    return rc;
}

/* A gather owns what it waits for, and would cancel it; not so the shield. */
static int wait_briefly(sl_future *future)
{
    sl_future *shielded = sl_shield(future);
    sl_scope limit;
    int rc;

    if (shielded == NULL)
        return -ENOMEM;
    sl_timeout_open(&limit, scaled(SL_MS(100)));
    rc = sl_scope_close(&limit, sl_gather(1, &shielded, NULL));
    printf("waiter: %s\n", rc < 0 ? sl_strerror(rc) : "got it");
    sl_future_drop(shielded);
    return rc == SL_ETIMEDOUT ? 0 : rc;
}

static int give_up_waiting(void)
{
    sl_coro *call = sl_coro_new(compute, NULL, 0);
    sl_future *future = NULL;
    sl_group group;
    int rc = -ENOMEM, closed;

    sl_group_open(&group);
    if (call != NULL)
        future = sl_coro_future(&group, call);
    if (future != NULL)
        rc = wait_briefly(future);
    closed = sl_group_close(&group); /* the group does wait */
    sl_future_drop(future);
    sl_coro_free(call);
    return rc < 0 ? rc : closed;
}

static int app(void *unused)
{
    int rc = cancel_during_transfer();

    (void)unused;
    return rc < 0 ? rc : give_up_waiting();
}

int main(int argc, char **argv)
{
    program_begin(&argc, argv);
    expect_arguments(argc, argv, 0, 0, "shield");
    return sl_main(argc, argv, app, NULL);
}
