/* A semaphore that hands over: a released permit goes to the oldest waiter and
 * never back to the counter while one waits that it could serve. So no
 * latecomer can overtake, and a waiter that is cancelled either has its permits
 * or leaves the line without any; there is no moment between.
 *
 * Who wants many permits waits at the head of the line until all of them are
 * there. Permits may then be free while tasks wait, so a newcomer looks at the
 * line first; and when such a task is cancelled, those behind it are served. */
#include <starling/semaphore.h>

#include <errno.h>
#include <stddef.h>
#include <stdint.h>

#include <starling/error.h>

#include "base/assert.h"
#include "base/given.h"
#include "base/list.h"
#include "sched/park.h"
#include "sched/switch.h"

/* How many permits a waiter in the line wants is in its `arg`. */
static long wanted_by(const sl__waiter *waiter)
{
    return (long)(intptr_t)waiter->arg;
}

static void serve(sl_semaphore *semaphore)
{
    sl__waiter *first;

    while ((first = semaphore->waiters.first) != NULL) {
        long wanted = wanted_by(first);

        if (wanted > semaphore->permits)
            return;
        semaphore->permits -= wanted;
        sl__complete(first, 0);
    }
}

static void leave_line(sl__waiter *waiter)
{
    sl_semaphore *semaphore = (sl_semaphore *)(uintptr_t)waiter->on;

    sl__complete(waiter, SL_ECANCELED);
    serve(semaphore);
}

static int wait_in_line(sl_semaphore *semaphore, long wanted)
{
    sl__waiter *me =
        sl__own_waiter_in(sl__current_loop, "semaphore", semaphore);

    me->cancel = leave_line;
    me->arg = (void *)(intptr_t)wanted;
    sl__waitlist_append(&semaphore->waiters, me);
    return sl__park(me);
}

static inline int take(sl_semaphore *semaphore, long n)
{
    if (semaphore->permits < n || semaphore->waiters.first != NULL)
        return -EAGAIN;
    semaphore->permits -= n;
    return 0;
}

int sl_semaphore_acquire(sl_semaphore *semaphore)
{
    sl_given(semaphore);

    int rc = sl__wait_begin_in(sl__current_loop);

    if (rc < 0)
        return rc;
    return take(semaphore, 1) == 0 ? 0 : wait_in_line(semaphore, 1);
}

int sl_semaphore_acquire_many(sl_semaphore *semaphore, long n)
{
    sl_given(semaphore);

    int rc = sl__wait_begin_in(sl__current_loop);

    if (rc < 0)
        return rc;
    if (n < 1)
        return -EINVAL;
    return take(semaphore, n) == 0 ? 0 : wait_in_line(semaphore, n);
}

int sl_semaphore_try_acquire(sl_semaphore *semaphore)
{
    sl_given(semaphore);
    return take(semaphore, 1);
}

int sl_semaphore_try_acquire_many(sl_semaphore *semaphore, long n)
{
    sl_given(semaphore);
    return n < 1 ? -EINVAL : take(semaphore, n);
}

void sl_semaphore_release_many(sl_semaphore *semaphore, long n)
{
    sl_given(semaphore);
    sl_assert(n >= 0 && "a semaphore is given back what was taken");
    semaphore->permits += n;
    if (semaphore->waiters.first != NULL)
        serve(semaphore);
}

void sl_semaphore_release(sl_semaphore *semaphore)
{
    sl_given(semaphore);
    sl_semaphore_release_many(semaphore, 1);
}

long sl_semaphore_available(const sl_semaphore *semaphore)
{
    sl_given(semaphore);
    return semaphore->permits;
}

int sl_bounded_semaphore_acquire(sl_bounded_semaphore *semaphore)
{
    sl_given(semaphore);
    return sl_bounded_semaphore_acquire_many(semaphore, 1);
}

int sl_bounded_semaphore_acquire_many(sl_bounded_semaphore *semaphore, long n)
{
    sl_given(semaphore);

    int rc = sl__wait_begin_in(sl__current_loop);

    if (rc < 0)
        return rc;
    if (n < 1 || n > semaphore->bound)
        return -EINVAL;
    if (take(&semaphore->semaphore, n) == 0)
        return 0;
    return wait_in_line(&semaphore->semaphore, n);
}

int sl_bounded_semaphore_try_acquire(sl_bounded_semaphore *semaphore)
{
    sl_given(semaphore);
    return take(&semaphore->semaphore, 1);
}

int sl_bounded_semaphore_release(sl_bounded_semaphore *semaphore)
{
    sl_given(semaphore);
    return sl_bounded_semaphore_release_many(semaphore, 1);
}

int sl_bounded_semaphore_release_many(sl_bounded_semaphore *semaphore, long n)
{
    sl_given(semaphore);
    if (n < 0 || n > semaphore->bound - semaphore->semaphore.permits)
        return -EOVERFLOW;
    sl_semaphore_release_many(&semaphore->semaphore, n);
    return 0;
}
