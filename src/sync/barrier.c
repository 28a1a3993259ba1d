/* A barrier. The last to arrive takes everybody off the list at once, so a fast
 * task that comes back for the next round cannot meet a slow one of the last.
 *
 * A cancelled waiter leaves as if it had never come, and does not break the
 * barrier for the others: like every other wait here, a cancelled one has not
 * happened. Who leaves for good and knows it says so with an abort; and where
 * the parties are tasks of one group, its failure ends the others' waits. */
#include <starling/barrier.h>

#include <stddef.h>

#include <starling/error.h>

#include "base/given.h"
#include "sched/park.h"

static void leave(sl__waiter *waiter)
{
    sl_barrier *barrier = waiter->arg;

    barrier->waiting--;
    sl__complete(waiter, SL_ECANCELED);
}

/* Returns the place of the caller, who is the last. */
static int open_for_all(sl_barrier *barrier)
{
    int place = 0;

    while (sl__waitlist_wake_one(&barrier->waiters, place))
        place++;
    barrier->waiting = 0;
    return place;
}

int sl_barrier_wait(sl_barrier *barrier)
{
    sl_given(barrier);

    sl__waiter waiter = {
        .cancel = leave, .arg = barrier, .what = "barrier", .on = barrier
    };
    int rc = sl__wait_begin();

    if (rc < 0)
        return rc;
    if (barrier->broken)
        return SL_EBROKEN;
    if (barrier->waiting + 1 >= barrier->parties)
        return open_for_all(barrier);
    barrier->waiting++;
    sl__waitlist_append(&barrier->waiters, &waiter);
    return sl__park(&waiter);
}

static void send_away(sl_barrier *barrier)
{
    sl__waitlist_wake_all(&barrier->waiters, SL_EBROKEN);
    barrier->waiting = 0;
}

void sl_barrier_abort(sl_barrier *barrier)
{
    sl_given(barrier);
    barrier->broken = true;
    send_away(barrier);
}

void sl_barrier_reset(sl_barrier *barrier)
{
    sl_given(barrier);
    barrier->broken = false;
    send_away(barrier);
}

int sl_barrier_waiting(const sl_barrier *barrier)
{
    sl_given(barrier);
    return barrier->waiting;
}
