/* A lock that is handed over: the release makes the oldest waiter the owner,
 * so the lock is never free while somebody waits and no latecomer can take it
 * between the release and the moment at which the waiter runs. A waiter that is
 * cancelled afterwards owns the lock all the same and learns of the request at
 * its next wait. */
#include "sync/lock.h"

#include <errno.h>
#include <stddef.h>

#include <starling/error.h>

#include "base/given.h"

int sl_lock_try_acquire(sl_lock *lock)
{
    sl_given(lock);

    sl_task *me = sl_self();

    if (lock->owner != NULL)
        return lock->owner == me ? SL_EDEADLOCK : -EAGAIN;
    lock->owner = me;
    return 0;
}

int sl_lock_acquire(sl_lock *lock)
{
    sl_given(lock);

    int rc = sl__wait_begin();

    if (rc < 0)
        return rc;
    rc = sl_lock_try_acquire(lock);
    return rc == -EAGAIN ? sl__wait_in_line(&lock->waiters, "lock", lock) : rc;
}

void sl__lock_enqueue(sl_lock *lock, sl__waiter *waiter)
{
    if (lock->owner != NULL) {
        waiter->what = "lock";
        waiter->on = lock;
        sl__waitlist_append(&lock->waiters, waiter);
        return;
    }
    lock->owner = waiter->task;
    sl__complete(waiter, 0);
}

int sl_lock_release(sl_lock *lock)
{
    sl_given(lock);

    sl__waiter *next = lock->waiters.first;

    if (lock->owner == NULL || lock->owner != sl_self())
        return -EPERM;
    lock->owner = next != NULL ? next->task : NULL;
    if (next != NULL)
        sl__complete(next, 0);
    return 0;
}

bool sl_lock_is_held(const sl_lock *lock)
{
    sl_given(lock);
    return lock->owner != NULL;
}
