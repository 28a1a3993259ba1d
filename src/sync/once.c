/* Once: a lock that nobody needs any more after the first success.
 *
 * The turn to run is handed over like a lock. A waiter is told by its result
 * whether the turn is its own or the work is done. */
#include <starling/once.h>

#include <stddef.h>

#include <starling/error.h>

#include "base/given.h"
#include "sched/park.h"

enum { WORK_IS_DONE, YOUR_TURN };

static int run(sl_once *once, sl_fn *fn, void *arg)
{
    int rc = fn(arg);
    sl__waiter *next = once->waiters.first;

    if (rc >= 0) {
        once->done = true;
        once->rc = rc;
        once->runner = NULL;
        sl__waitlist_wake_all(&once->waiters, WORK_IS_DONE);
        return rc;
    }
    once->runner = next != NULL ? next->task : NULL;
    if (next != NULL)
        sl__complete(next, YOUR_TURN);
    return rc;
}

int sl_once_run(sl_once *once, sl_fn *fn, void *arg)
{
    sl_given(once);
    sl_given(fn);

    sl__waiter waiter = { .what = "somebody's work, done once", .on = once };
    int rc = sl__wait_begin();

    if (rc < 0)
        return rc;
    if (once->done)
        return once->rc;
    if (once->runner == sl_self())
        return SL_EDEADLOCK;
    if (once->runner != NULL) {
        sl__waitlist_append(&once->waiters, &waiter);
        rc = sl__park(&waiter);
        if (rc < 0)
            return rc;
        if (rc == WORK_IS_DONE)
            return once->rc;
    }
    once->runner = sl_self();
    return run(once, fn, arg);
}

bool sl_once_is_done(const sl_once *once)
{
    sl_given(once);
    return once->done;
}
