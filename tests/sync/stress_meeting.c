/* Models of conditions, barriers, once, events and futures. */
#include <errno.h>
#include <stddef.h>
#include <starling/barrier.h>
#include <starling/condition.h>
#include <starling/event.h>
#include <starling/future.h>
#include <starling/once.h>

#include "sync/stress.h"

static line waiting;

static void grant(worker *w)
{
    line_leave(&waiting, w);
    w->state = GRANTED;
}

static void cancel_in_line(worker *w)
{
    if (w->state != WAITING)
        return;
    line_leave(&waiting, w);
    w->state = LEFT;
}

/* A condition: a line for the notification, a line for the lock. `wanted` tells
 * which one a worker is in, and `value` what its wait will return. */

enum { FOR_LOCK, FOR_NOTIFICATION, BACK_FOR_LOCK };

static sl_lock lock;
static sl_condition condition;
static worker *owner;
static line for_lock;

static void begin_condition(uint64_t seed)
{
    (void)seed;
    lock = (sl_lock){ 0 };
    condition = (sl_condition){ 0 };
    owner = NULL;
    waiting.n = for_lock.n = 0;
}

static void want_lock(worker *w, int why)
{
    w->wanted = why;
    w->state = owner == NULL ? GRANTED : WAITING;
    if (owner == NULL)
        owner = w;
    else
        line_join(&for_lock, w);
}

static void pass_lock_on(void)
{
    owner = line_first(&for_lock);
    if (owner == NULL)
        return;
    line_leave(&for_lock, owner);
    owner->state = GRANTED;
}

static void come_back(worker *w, int result)
{
    line_leave(&waiting, w);
    w->value = result;
    want_lock(w, BACK_FOR_LOCK);
}

static void notify_some(worker *w)
{
    int n = (int)pick(w, 3), left = n;

    for (; left > 0 && waiting.n > 0; left--)
        come_back(line_first(&waiting), 0);
    if (n == 2 && waiting.n == 0)
        sl_condition_notify_all(&condition);
    else
        sl_condition_notify(&condition, n);
}

static void step_condition(worker *w)
{
    want_lock(w, FOR_LOCK);
    if (!settle(w, sl_lock_acquire(&lock)))
        return;
    dawdle(w);
    EXPECT(owner->id, w->id);
    notify_some(w);
    if (pick(w, 2) == 0 && !w->cancelled) {
        line_join(&waiting, w);
        w->state = WAITING;
        w->wanted = FOR_NOTIFICATION;
        pass_lock_on();
        EXPECT(sl_condition_wait(&condition, &lock), w->value);
        EXPECT(w->state, GRANTED);
        EXPECT(owner->id, w->id);
        w->state = OUTSIDE;
    }
    pass_lock_on();
    EXPECT(sl_lock_release(&lock), 0);
}

static void cancel_condition(worker *w)
{
    if (w->state != WAITING || w->wanted == BACK_FOR_LOCK)
        return;
    if (w->wanted == FOR_NOTIFICATION) {
        come_back(w, SL_ECANCELED);
        return;
    }
    line_leave(&for_lock, w);
    w->state = LEFT;
}

static void end_condition(void)
{
    EXPECT(sl_lock_is_held(&lock), false);
    EXPECT(waiting.n, 0);
}

const scenario condition_scenario = { "condition", begin_condition,
                                      step_condition, cancel_condition,
                                      end_condition };

/* A barrier; `value` is the place that a worker must get. */

static sl_barrier barrier;

static void begin_barrier(uint64_t seed)
{
    barrier = (sl_barrier)SL_BARRIER_INIT(1 + (int)(seed % 4));
    waiting.n = 0;
}

static void step_barrier(worker *w)
{
    int rc;

    line_join(&waiting, w);
    w->state = WAITING;
    if (waiting.n == barrier.parties)
        for (int place = 0; waiting.n > 0; place++) {
            line_first(&waiting)->value = place;
            grant(line_first(&waiting));
        }
    rc = sl_barrier_wait(&barrier);
    if (settle(w, rc))
        EXPECT(rc, w->value);
    EXPECT(sl_barrier_waiting(&barrier), waiting.n);
}

static void end_barrier(void)
{
    EXPECT(sl_barrier_waiting(&barrier), 0);
}

const scenario barrier_scenario = { "barrier", begin_barrier, step_barrier,
                                    cancel_in_line, end_barrier };

/* Once. A worker is told by `value` whether its turn has come to run. */

static sl_once once;
static worker *runner;
static bool is_done;
static int result;

static void begin_once(uint64_t seed)
{
    (void)seed;
    once = (sl_once){ 0 };
    runner = NULL;
    is_done = false;
    waiting.n = 0;
}

static int run(void *arg)
{
    worker *w = arg;
    int rc = pick(w, 8) > 0 ? -EIO : w->id;

    EXPECT(w->value, true);
    EXPECT(runner->id, w->id);
    EXPECT(is_done, false);
    dawdle(w);
    if (rc < 0) {
        runner = line_first(&waiting);
        if (runner != NULL) {
            runner->value = true;
            grant(runner);
        }
        return rc;
    }
    is_done = true;
    result = rc;
    runner = NULL;
    while (waiting.n > 0)
        grant(line_first(&waiting));
    return rc;
}

static void step_once(worker *w)
{
    int rc;

    w->value = !is_done && runner == NULL;
    if (w->value)
        runner = w;
    w->state = is_done || w->value ? GRANTED : WAITING;
    if (w->state == WAITING)
        line_join(&waiting, w);
    rc = sl_once_run(&once, run, w);
    if (w->state == GRANTED && rc == -EIO)
        EXPECT(w->value, true);
    else if (w->state == GRANTED)
        EXPECT(rc, result);
    else
        EXPECT(rc, SL_ECANCELED);
    w->state = OUTSIDE;
}

static void end_once(void)
{
    EXPECT(sl_once_is_done(&once), is_done);
}

const scenario once_scenario = { "once", begin_once, step_once, cancel_in_line,
                                 end_once };

/* An event that is set and cleared all the time. */

static sl_event event;
static bool is_set;

static void begin_event(uint64_t seed)
{
    (void)seed;
    event = (sl_event){ 0 };
    is_set = false;
    waiting.n = 0;
}

static void step_event(worker *w)
{
    switch (pick(w, 4)) {
    case 0:
        is_set = true;
        while (waiting.n > 0)
            grant(line_first(&waiting));
        sl_event_set(&event);
        break;
    case 1:
        is_set = false;
        sl_event_clear(&event);
        break;
    default:
        w->state = is_set ? GRANTED : WAITING;
        if (!is_set)
            line_join(&waiting, w);
        settle(w, sl_event_wait(&event));
    }
}

static void end_event(void)
{
    EXPECT(sl_event_is_set(&event), is_set);
    EXPECT(waiting.n, 0);
}

const scenario event_scenario = { "event", begin_event, step_event,
                                  cancel_in_line, end_event };

/* Futures, each settled and replaced in turn; who waits holds the old one. What
 * `wanted` says of a waiter: for the first, the second, any, or both. */

static sl_future *futures[2];
static bool settled_of[WORKERS][2];

static bool has_enough(const worker *w)
{
    const bool *s = settled_of[w->id];

    return w->wanted == 2 ? s[0] || s[1]
                          : (w->wanted == 3 ? s[0] && s[1] : s[w->wanted]);
}

static void begin_future(uint64_t seed)
{
    (void)seed;
    for (int i = 0; i < 2; i++)
        futures[i] = sl_future_new();
    waiting.n = 0;
}

static void replace(int i, int rc)
{
    sl_future *old = futures[i];

    for (int k = 0; k < WORKERS; k++) {
        settled_of[k][i] = true;
        if (workers[k].state == WAITING && has_enough(&workers[k]))
            grant(&workers[k]);
    }
    EXPECT(sl_future_resolve(old, rc, NULL, NULL), 0);
    sl_future_drop(old);
    futures[i] = sl_future_new();
}

static int wait_for_futures(worker *w, sl_future *const held[2])
{
    int rcs[2];

    switch (w->wanted) {
    case 2:
        return sl_wait(2, held, SL_FIRST_DONE);
    case 3:
        return pick(w, 2) ? sl_gather(2, held, rcs) : sl_wait(2, held, SL_ALL);
    default:
        return sl_future_wait(held[w->wanted]);
    }
}

static void step_future(worker *w)
{
    sl_future *held[2];

    if (pick(w, 2) == 0) {
        replace((int)pick(w, 2), (int)pick(w, 5));
        return;
    }
    w->wanted = pick(w, 4);
    w->state = WAITING;
    line_join(&waiting, w);
    for (int i = 0; i < 2; i++) {
        held[i] = sl_future_ref(futures[i]);
        settled_of[w->id][i] = false;
    }
    settle(w, wait_for_futures(w, held));
    for (int i = 0; i < 2; i++)
        sl_future_drop(held[i]);
}

static void end_future(void)
{
    EXPECT(waiting.n, 0);
    for (int i = 0; i < 2; i++)
        sl_future_drop(futures[i]);
}

const scenario future_scenario = { "future", begin_future, step_future,
                                   cancel_in_line, end_future };
