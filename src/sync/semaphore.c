/* A semaphore that hands over: a released permit goes to the oldest waiter and
 * never back to the counter while one waits. So no latecomer can overtake, and
 * a waiter that is cancelled either has the permit or leaves the list without
 * it; there is no moment between. */
#include <starling/semaphore.h>

#include <errno.h>

#include "sched/park.h"

int sl_semaphore_acquire(sl_semaphore *semaphore)
{
    sl__waiter waiter = { .what = "semaphore", .on = semaphore };
    int rc = sl__wait_begin();

    if (rc < 0)
        return rc;
    if (semaphore->permits > 0) {
        semaphore->permits--;
        return 0;
    }
    sl__waitlist_append(&semaphore->waiters, &waiter);
    return sl__park(&waiter);
}

int sl_semaphore_try_acquire(sl_semaphore *semaphore)
{
    if (semaphore->permits <= 0)
        return -EAGAIN;
    semaphore->permits--;
    return 0;
}

void sl_semaphore_release(sl_semaphore *semaphore)
{
    if (!sl__waitlist_wake_one(&semaphore->waiters, 0))
        semaphore->permits++;
}
