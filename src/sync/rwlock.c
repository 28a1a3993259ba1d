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
#include "sched/held.h"

typedef struct rw_waiter {
    sl__waiter waiter;
    bool writes;
    const void *where; /* it was called from */
} rw_waiter;

static void let_write(sl_rwlock *lock, sl_task *task, const void *where)
{
    lock->writer = task;
    lock->place = sl__held_add(task, lock, where);
}

static void admit(sl_rwlock *lock)
{
    sl__waiter *first;

    while (lock->writer == NULL && (first = lock->waiters.first) != NULL) {
        const rw_waiter *head = sl__container_of(first, rw_waiter, waiter);

        if (!head->writes)
            lock->readers++;
        else if (lock->readers == 0)
            let_write(lock, first->task, head->where);
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

static int wait_in_line(sl_rwlock *lock, bool writes, const void *where)
{
    rw_waiter me = { .waiter = { .cancel = leave_line,
                                 .arg = lock,
                                 .what =
                                     writes ? "lock to write" : "lock to read",
                                 .on = lock },
                     .writes = writes,
                     .where = where };

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

static int take_to_write(sl_rwlock *lock, const void *where)
{
    sl_task *me = sl__self();

    sl_assert(me != NULL && "a lock is taken by a task");
    if (lock->writer == me)
        return SL_EDEADLOCK;
    if (lock->writer != NULL || lock->readers > 0 ||
        lock->waiters.first != NULL)
        return -EAGAIN;
    let_write(lock, me, where);
    return 0;
}

int sl_rwlock_try_acquire_write(sl_rwlock *lock)
{
    sl_given(lock);
    return take_to_write(lock, __builtin_return_address(0));
}

int sl_rwlock_acquire_read(sl_rwlock *lock)
{
    sl_given(lock);

    int rc = sl__wait_begin();

    if (rc < 0)
        return rc;
    rc = sl_rwlock_try_acquire_read(lock);
    return rc == -EAGAIN ? wait_in_line(lock, false, NULL) : rc;
}

int sl_rwlock_acquire_write(sl_rwlock *lock)
{
    sl_given(lock);

    const void *where = __builtin_return_address(0);
    int rc = sl__wait_begin();

    if (rc < 0)
        return rc;
    rc = take_to_write(lock, where);
    return rc == -EAGAIN ? wait_in_line(lock, true, where) : rc;
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
    if (lock->writer == NULL || lock->writer != sl__self())
        return -EPERM;
    sl__held_remove(lock->writer, lock->place);
    lock->writer = NULL;
    admit(lock);
    return 0;
}
