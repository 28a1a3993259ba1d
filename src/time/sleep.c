/* Sleeping: a waiter that a timer completes. */
#include <starling/clock.h>

#include <errno.h>

#include "sched/loop.h"
#include "sched/switch.h"

static void wake(sl__timer *timer)
{
    sl__complete(sl__container_of(timer, sl__waiter, timer), 0);
}

static int sleep_till(sl_loop *loop, sl_time when)
{
    sl__waiter *waiter;
    int rc = sl__wait_begin_in(loop);

    if (rc < 0)
        return rc;
    waiter = sl__own_waiter_in(loop, "sleep", NULL);
    waiter->timer = (sl__timer){ .when = when, .fire = wake };
    if (when != SL_FOREVER) {
        rc = sl__timers_arm(&loop->timers, &waiter->timer);
        if (rc < 0)
            return rc;
    }
    loop->endless += when == SL_FOREVER;
    rc = sl__park(waiter);
    loop->endless -= when == SL_FOREVER;
    sl__timers_disarm(&loop->timers, &waiter->timer);
    return rc;
}

int sl_sleep_until(sl_time when)
{
    return when <= sl_now() ? sl_yield() : sleep_till(sl__current_loop, when);
}

int sl_sleep(sl_time duration)
{
    sl_time when;

    if (duration <= 0)
        return sl_yield();
    if (__builtin_add_overflow(sl_now(), duration, &when))
        when = SL_FOREVER;
    return sleep_till(sl__current_loop, when);
}
