/* Futures that something else settles: a task's end, or another future. */
#include <starling/error.h>

#include "base/given.h"
#include "sched/loop.h"
#include "sync/future.h"

/* Called at the task's end, still on its stack, or at once if it has ended. */
static void task_ended(sl__waiter *waiter)
{
    sl_future *future = waiter->arg;

    /* Who adds a callback later hears of missing memory then. */
    (void)sl__future_settle(future, waiter->rc, sl__task_text(future->task),
                            NULL, NULL);
}

void sl__future_follow(sl_future *future, sl_task *task)
{
    future->task = sl_task_ref(task);
    future->of_task = (sl__waiter){ .notify = task_ended, .arg = future };
    sl__task_watch(task, &future->of_task);
}

sl_future *sl_task_future(sl_task *task)
{
    sl_given(task);

    sl_future *future = sl_future_new();

    if (future != NULL)
        sl__future_follow(future, task);
    return future;
}

static void pass_on(sl__watcher *watcher, sl_future *inner)
{
    sl_future *outer = sl__container_of(watcher, sl_future, of_inner);

    /* The value stays with the inner one, see sl_future_result(). */
    (void)sl__future_settle(outer, inner->rc, inner->text, NULL, NULL);
}

sl_future *sl_shield(sl_future *future)
{
    sl_given(future);

    sl_future *outer = sl_future_new();

    if (outer == NULL)
        return NULL;
    outer->shielded = sl_future_ref(future);
    outer->of_inner.settled = pass_on;
    sl__future_watch(future, &outer->of_inner);
    return outer;
}
