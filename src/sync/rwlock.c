/* One line for readers and writers.
 *
 * Whoever finds somebody waiting goes to the end of the line, even a reader
 * that could enter at once. Whenever the state changes, the head of the line is
 * let in as far as the state allows; a cancelled writer that leaves the line is
 * such a change too, for it may have kept readers behind it waiting. */
#include <starling/rwlock.h>

#include <errno.h>
#include <stddef.h>

#include <starling/error.h>

#include "base/given.h"
#include "base/list.h"
#include "sched/park.h"

typedef struct rw_waiter {
    sl__waiter waiter;
    bool writes;
} rw_waiter;

static void admit(sl_rwlock *lock)
{
    sl__waiter *first;

    while (lock->writer == NULL && (first = lock->waiters.first) != NULL) {
        if (!sl__container_of(first, rw_waiter, waiter)->writes)
            lock->readers++;
        else if (lock->readers == 0)
            lock->writer = first->task;
        else
            return;
        sl__complete(first, 0);
    }
}

static void leave_line(sl__waiter *waiter)
{
    sl__complete(waiter, SL_ECANCELED);
    admit(waiter->arg);
}

static int wait_in_line(sl_rwlock *lock, bool writes)
{
    rw_waiter me = { .waiter = { .cancel = leave_line,
                                 .arg = lock,
                                 .what =
                                     writes ? "lock to write" : "lock to read",
                                 .on = lock },
                     .writes = writes };

    sl__waitlist_append(&lock->waiters, &me.waiter);
    return sl__park(&me.waiter);
}

int sl_rwlock_try_acquire_read(sl_rwlock *lock)
{
    sl_given(lock);
    if (lock->writer != NULL && lock->writer == sl_self())
        return SL_EDEADLOCK;
    if (lock->writer != NULL || lock->waiters.first != NULL)
        return -EAGAIN;
    lock->readers++;
    return 0;
}

int sl_rwlock_try_acquire_write(sl_rwlock *lock)
{
    sl_given(lock);
    if (lock->writer != NULL && lock->writer == sl_self())
        return SL_EDEADLOCK;
    if (lock->writer != NULL || lock->readers > 0 ||
        lock->waiters.first != NULL)
        return -EAGAIN;
    lock->writer = sl_self();
    return 0;
}

int sl_rwlock_acquire_read(sl_rwlock *lock)
{
    sl_given(lock);

    int rc = sl__wait_begin();

    if (rc < 0)
        return rc;
    rc = sl_rwlock_try_acquire_read(lock);
    return rc == -EAGAIN ? wait_in_line(lock, false) : rc;
}

int sl_rwlock_acquire_write(sl_rwlock *lock)
{
    sl_given(lock);

    int rc = sl__wait_begin();

    if (rc < 0)
        return rc;
    rc = sl_rwlock_try_acquire_write(lock);
    return rc == -EAGAIN ? wait_in_line(lock, true) : rc;
}

int sl_rwlock_release_read(sl_rwlock *lock)
{
    sl_given(lock);
    if (lock->readers == 0)
        return -EPERM;
    lock->readers--;
    admit(lock);
    return 0;
}

int sl_rwlock_release_write(sl_rwlock *lock)
{
    sl_given(lock);
    if (lock->writer == NULL || lock->writer != sl_self())
        return -EPERM;
    lock->writer = NULL;
    admit(lock);
    return 0;
}
