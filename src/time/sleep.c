/* Sleeping: a waiter that a timer completes. */
#include <starling/clock.h>

#include <errno.h>

#include "sched/loop.h"
#include "sched/park.h"
#include "sched/timers.h"

typedef struct sleeper {
    sl__timer timer;
    sl__waiter waiter;
} sleeper;

static void wake(sl__timer *timer)
{
    sl__complete(&sl__container_of(timer, sleeper, timer)->waiter, 0);
}

static int sleep_till(sl_loop *loop, sl_time when)
{
    sleeper sleeper = { .timer = { .when = when, .fire = wake },
                        .waiter = { .what = "sleep" } };
    int rc = sl__wait_begin();

    if (rc < 0)
        return rc;
    if (when != SL_FOREVER) {
        rc = sl__timers_arm(&loop->timers, &sleeper.timer);
        if (rc < 0)
            return rc;
    }
    rc = sl__park(&sleeper.waiter);
    sl__timers_disarm(&loop->timers, &sleeper.timer);
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
