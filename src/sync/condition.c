/* A condition moves its waiters, it does not wake them.
 *
 * A notified task needs the lock before it can go on, and the notifier usually
 * holds it. So the waiter goes from the condition's list straight to the end of
 * the lock's, and its task runs once, when the lock is its own. A cancelled
 * waiter takes the same way, with a note of why it comes back: what the caller
 * holds does not depend on how the wait ended. */
#include <starling/condition.h>

#include <errno.h>
#include <limits.h>
#include <stddef.h>

#include <starling/error.h>

#include "base/given.h"
#include "base/list.h"
#include "sync/lock.h"

typedef struct condition_waiter {
    sl__waiter waiter;
    sl_lock *lock;
    bool cancelled; /* before a notification came */
} condition_waiter;

/* In the lock's line there is no leaving. */
static void stay(sl__waiter *waiter)
{
    (void)waiter;
}

static void go_for_lock(sl__waiter *waiter)
{
    sl__waitlist_remove(waiter);
    waiter->cancel = stay;
    sl__lock_enqueue(sl__container_of(waiter, condition_waiter, waiter)->lock,
                     waiter);
}

static void leave_line(sl__waiter *waiter)
{
    sl__container_of(waiter, condition_waiter, waiter)->cancelled = true;
    go_for_lock(waiter);
}

int sl_condition_wait(sl_condition *condition, sl_lock *lock)
{
    sl_given(condition);
    sl_given(lock);

    condition_waiter me = { .waiter = { .cancel = leave_line,
                                        .arg = __builtin_return_address(0),
                                        .what = "condition",
                                        .on = condition },
                            .lock = lock };
    int rc = sl__wait_begin();

    if (rc < 0)
        return rc;
    rc = sl_lock_release(lock);
    if (rc < 0)
        return rc;
    sl__waitlist_append(&condition->waiters, &me.waiter);
    rc = sl__park(&me.waiter);
    return me.cancelled ? SL_ECANCELED : rc;
}

void sl_condition_notify(sl_condition *condition, int n)
{
    sl_given(condition);
    for (; n > 0 && condition->waiters.first != NULL; n--)
        go_for_lock(condition->waiters.first);
}

void sl_condition_notify_all(sl_condition *condition)
{
    sl_given(condition);
    sl_condition_notify(condition, INT_MAX);
}
