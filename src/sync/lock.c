/* A lock that is handed over: the release makes the oldest waiter the owner,
 * so the lock is never free while somebody waits and no latecomer can take it
 * between the release and the moment at which the waiter runs. A waiter that is
 * cancelled afterwards owns the lock all the same and learns of the request at
 * its next wait. While it waits, its `arg` is where it was called from. */
#include "sync/lock.h"

#include <errno.h>
#include <stddef.h>

#include <starling/error.h>

#include "base/given.h"
#include "sched/held.h"
#include "sched/switch.h"

static void give(sl_lock *lock, sl_task *task, const void *where)
{
    lock->owner = task;
    lock->place = sl__held_add(task, lock, where);
}

static inline int take(sl_lock *lock, const void *where)
{
    sl_task *me = sl__self();

    sl_assert(me != NULL && "a lock is taken by a task");
    if (lock->owner != NULL)
        return lock->owner == me ? SL_EDEADLOCK : -EAGAIN;
    give(lock, me, where);
    return 0;
}

int sl_lock_try_acquire(sl_lock *lock)
{
    sl_given(lock);
    return take(lock, __builtin_return_address(0));
}

int sl_lock_acquire(sl_lock *lock)
{
    sl_given(lock);

    void *where = __builtin_return_address(0);
    sl__waiter *waiter;
    int rc = sl__wait_begin();

    if (rc < 0)
        return rc;
    rc = take(lock, where);
    if (rc != -EAGAIN)
        return rc;
    waiter = sl__own_waiter_in(sl__current_loop, "lock", lock);
    waiter->arg = where;
    sl__waitlist_append(&lock->waiters, waiter);
    return sl__park(waiter);
}

void sl__lock_enqueue(sl_lock *lock, sl__waiter *waiter)
{
    if (lock->owner != NULL) {
        waiter->what = "lock";
        waiter->on = lock;
        sl__waitlist_append(&lock->waiters, waiter);
        return;
    }
    give(lock, waiter->task, waiter->arg);
    sl__complete(waiter, 0);
}

int sl_lock_release(sl_lock *lock)
{
    sl_given(lock);

    sl__waiter *next = lock->waiters.first;

    if (lock->owner == NULL || lock->owner != sl__self())
        return -EPERM;
    sl__held_remove(lock->owner, lock->place);
    lock->owner = NULL;
    if (next != NULL) {
        give(lock, next->task, next->arg);
        sl__complete(next, 0);
    }
    return 0;
}

bool sl_lock_is_held(const sl_lock *lock)
{
    sl_given(lock);
    return lock->owner != NULL;
}
