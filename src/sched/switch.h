/* switch.h: the ready queue, and going from one task to the next.
 *
 * Tasks switch directly to each other; the loop's native stack runs, and polls
 * for I/O, only when no task is ready or the slice is over. Waking a task only
 * appends it to the queue.
 */
#ifndef SL_SCHED_SWITCH_H
#define SL_SCHED_SWITCH_H

#include "context/stack.h"
#include "sched/loop.h"
#include "sched/watch.h"

static inline bool sl__any_ready(const sl_loop *loop)
{
    return loop->ready.head != loop->ready.tail;
}

static inline void sl__ready_push(sl_loop *loop, sl_task *task)
{
    ready_ring *ready = &loop->ready;

    ready->slots[ready->tail++ & ready->mask] = task;
}

/* With many tasks the stack of the next one is in no cache. Those that have not
 * begun have none. */
static inline SL__ALWAYS_INLINE void sl__fetch_stacks(const ready_ring *ready)
{
    const sl_task *far, *near;

    if (ready->tail - ready->head <= SL__FETCH_PAGE)
        return;
    far = ready->slots[(ready->head + SL__FETCH_PAGE) & ready->mask];
    near = ready->slots[(ready->head + SL__FETCH_LINES) & ready->mask];
    if (far->context.sp != NULL)
        __builtin_prefetch(far->context.sp, 1);
    if (near->context.sp != NULL)
        sl__fetch_lines((char *)near->context.sp + 64);
}

static inline sl_task *sl__ready_pop(sl_loop *loop)
{
    ready_ring *ready = &loop->ready;
    sl_task *task;

    sl__fetch_stacks(ready);
    task = ready->slots[ready->head++ & ready->mask];
    if (task->context.sp == NULL)
        sl__task_begin(loop, task);
    return task;
}

/* The next task to run, or NULL if it is the loop's turn. */
static inline sl_task *sl__next_task(sl_loop *loop)
{
    if (!sl__any_ready(loop))
        return NULL;
    if (__builtin_expect(--loop->chunk_left <= 0, 0) &&
        sl__loop_slice_over(loop))
        return NULL;
    return sl__ready_pop(loop);
}

/* All of a switch but the stacks. */
static inline void sl__hand_over(sl_loop *loop, sl_task *me, sl_task *next)
{
    if (__builtin_expect(me->is_watched, 0))
        sl__watch_leave(loop, me, next);
    me->saved_errno = *loop->errno_at;
    loop->current = next;
    if (__builtin_expect(next != NULL, 1))
        *loop->errno_at = next->saved_errno;
}

/* Go on with `next` (NULL: the loop) in place of `me`, which must be in the
 * ready queue or be woken later. Returns 0, so that it can be the last thing
 * that a function does. */
static inline int sl__switch_to(sl_loop *loop, sl_task *me, sl_task *next)
{
    sl__hand_over(loop, me, next);
    return sl__context_switch(&me->context,
                              next != NULL ? &next->context : &loop->native);
}

/* Let whoever is next run. */
static inline int sl__switch_away(sl_loop *loop, sl_task *me)
{
    sl_task *next = sl__next_task(loop);

    return next == me ? 0 : sl__switch_to(loop, me, next);
}

/* Whether a spawn goes on with the new task. A callback's waits its turn. */
static inline bool sl__begins_at_once(const sl_loop *loop, bool eager)
{
    return eager && loop->current != NULL;
}

int sl__wait_refuse(sl_loop *loop);

/* sl__wait_begin() of park.h, for this room's hot paths. */
static inline int sl__wait_begin_in(sl_loop *loop)
{
    sl_assert(loop != NULL && loop->current != NULL &&
              "a function that waits was called outside of a task");
    return __builtin_expect(loop->current->cancelled, 0) ? sl__wait_refuse(loop)
                                                         : 0;
}

/* The current task's own waiter, emptied: it lies in the task's record, so that
 * who completes it need not touch the task's stack. For one wait at a time,
 * between two switches or in sl__park(). */
static inline sl__waiter *sl__own_waiter_in(sl_loop *loop, const char *what,
                                            const void *on)
{
    sl__waiter *waiter = &loop->current->own;

    *waiter = (sl__waiter){ .what = what, .on = on };
    return waiter;
}

#endif
