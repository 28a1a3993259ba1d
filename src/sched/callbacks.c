/* Plain callbacks: soon, later, at a time. One object serves both the list for
 * the next round and the heap, so that cancelling is the same for both. */
#include <starling/loop.h>

#include <stdlib.h>

#include "base/assert.h"
#include "base/given.h"
#include "sched/debug.h"
#include "sched/loop.h"

/* The handle stays valid until the callback has returned, so that it may
 * cancel itself without harm. */
void sl__timer_run(sl_timer *timer)
{
    sl_loop *loop = timer->loop;

    if (loop->debug != NULL)
        sl__debug_callback(loop);
    timer->callback(timer->arg);
    if (loop->debug != NULL)
        sl__debug_rest(loop);
    sl__release(timer);
}

static void fire(sl__timer *timer)
{
    sl__timer_run(sl__container_of(timer, sl_timer, timer));
}

static sl_timer *make(sl_loop *loop, sl_callback *callback, void *arg)
{
    sl_timer *timer;

    sl_assert(sl__is_at_home(loop) &&
              "only its own thread asks a loop; see sl_call_threadsafe()");
    timer = calloc(1, sizeof *timer);
    if (timer == NULL)
        return NULL;
    timer->loop = loop;
    timer->callback = callback;
    timer->arg = arg;
    timer->timer.fire = fire;
    return timer;
}

sl_timer *sl_call_soon(sl_loop *loop, sl_callback *callback, void *arg)
{
    sl_given(loop);
    sl_given(callback);

    sl_timer *timer = make(loop, callback, arg);

    if (timer != NULL)
        sl__list_append(&loop->soon, &timer->node);
    return timer;
}

sl_timer *sl_call_at(sl_loop *loop, sl_time when, sl_callback *callback,
                     void *arg)
{
    sl_given(loop);
    sl_given(callback);

    sl_timer *timer = make(loop, callback, arg);

    if (timer == NULL)
        return NULL;
    /* What lies before the clock's beginning is due; and how long it is until
     * any deadline can be computed. */
    timer->timer.when = when > 0 ? when : 0;
    if (sl__timers_arm(&loop->timers, &timer->timer) < 0) {
        free(timer);
        return NULL;
    }
    return timer;
}

sl_timer *sl_call_later(sl_loop *loop, sl_time delay, sl_callback *callback,
                        void *arg)
{
    sl_given(loop);
    sl_given(callback);

    sl_time when;

    if (__builtin_add_overflow(sl__loop_now(loop), delay, &when))
        when = delay < 0 ? INT64_MIN : SL_FOREVER;
    return sl_call_at(loop, when, callback, arg);
}

void sl_timer_cancel(sl_timer *timer)
{
    if (timer == NULL)
        return;
    sl_given(timer);
    if (sl__node_is_linked(&timer->node))
        sl__node_unlink(&timer->node);
    else if (sl__timer_is_armed(&timer->timer))
        sl__timers_disarm(&timer->loop->timers, &timer->timer);
    else
        return; /* it is running right now */
    sl__release(timer);
}
