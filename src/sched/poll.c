/* Waiting for the world, on the native stack, when no task can run.
 *
 * libuv's timers count milliseconds from a cached clock and would fire early or
 * out of order for us. One of them serves as the alarm for our own heap; what
 * is due is decided by our clock alone.
 */
#include "sched/poll.h"

#include <sched.h>
#include <unistd.h>

/* Only ends the poll; the next round fires what is due. libuv may run this
 * before it sleeps, and would then have no timer left to wake it. */
static void on_alarm(uv_timer_t *alarm)
{
    uv_stop(alarm->loop);
}

/* libuv runs its own timers before it sleeps, and one of them may have made
 * something ready. */
static void do_not_sleep(uv_prepare_t *before_sleep)
{
    if (sl__loop_can_run(before_sleep->data))
        uv_stop(before_sleep->loop);
}

void sl__poll_until_event(sl_loop *loop)
{
    uv_prepare_start(&loop->before_sleep, do_not_sleep);
    uv_ref((uv_handle_t *)&loop->wake); /* else libuv would not sleep */
    uv_run(&loop->uv, UV_RUN_ONCE);
    uv_unref((uv_handle_t *)&loop->wake);
    uv_prepare_stop(&loop->before_sleep);
}

static void sleep_until(sl_loop *loop, sl_time next, sl_time now)
{
    sl_time left = next - now;
    uint64_t ms = left > 0 ? ((uint64_t)left + 999999) / 1000000 : 0;

    if (next == SL_FOREVER) {
        sl__poll_until_event(loop);
        return;
    }
    if (ms == 0) {
        uv_run(&loop->uv, UV_RUN_NOWAIT);
        return;
    }
    uv_update_time(&loop->uv);
    uv_timer_start(&loop->alarm, on_alarm, ms, 0);
    loop->awake.asked = next;
    sl__poll_until_event(loop);
    uv_timer_stop(&loop->alarm);
}

/* Look until `end`, giving way to whoever else wants this core; true if there
 * is something to run. Where giving way took long, somebody did. */
static bool look_until(sl_loop *loop, sl_time end, sl_time now)
{
    while (now < end) {
        sl_time before = now;

        uv_ref((uv_handle_t *)&loop->wake); /* else libuv might not look */
        uv_run(&loop->uv, UV_RUN_NOWAIT);
        uv_unref((uv_handle_t *)&loop->wake);
        if (sl__loop_can_run(loop) || loop->stopping)
            return true;
        sched_yield();
        now = sl__clock_now();
        if (now - before > SL__CROWDED_NS) {
            sl__patience_crowded(&loop->patience, now);
            return false;
        }
    }
    return false;
}

/* Where there is one core only, whoever could make something happen needs it.
 */
static bool may_look(void)
{
    static int cores;
    int known = __atomic_load_n(&cores, __ATOMIC_RELAXED);

    if (known == 0) {
        known = (int)sysconf(_SC_NPROCESSORS_ONLN);
        __atomic_store_n(&cores, known, __ATOMIC_RELAXED);
    }
    return known > 1;
}

/* Somebody else looks already, with an idle handle, such as a pool that waits
 * for its jobs: then libuv does not sleep, and there is nothing to learn about
 * sleep. */
static bool will_sleep(sl_loop *loop)
{
    int timeout;

    uv_ref((uv_handle_t *)&loop->wake); /* else libuv would not sleep */
    timeout = uv_backend_timeout(&loop->uv);
    uv_unref((uv_handle_t *)&loop->wake);
    return timeout != 0;
}

void sl__poll_blocking(sl_loop *loop)
{
    sl_time next = sl__timers_next(&loop->timers), now = sl__clock_now();
    sl_time look = sl__patience_look(&loop->patience, now), began = now;

    if (!will_sleep(loop)) {
        sleep_until(loop, next, now);
        return;
    }
    if (look > 0 && next - now > look && may_look()) {
        if (look_until(loop, now + look, now)) {
            sl__patience_found(&loop->patience);
            return;
        }
        sl__patience_in_vain(&loop->patience);
        now = sl__clock_now();
    }
    sleep_until(loop, next, now);
    sl__patience_slept(&loop->patience, sl__clock_now() - began);
}
