/* One wait, completed exactly once. See park.h for the protocol.
 *
 * A completed waiter puts its task into the ready queue; it does not run it.
 * So the order in which things happen is the order of the completions, and a
 * chain of wake-ups needs no stack.
 */
#include "sched/park.h"

#include <starling/error.h>

#include "sched/debug.h"
#include "sched/loop.h"
#include "sched/switch.h"

void sl__waitlist_append(sl__waitlist *list, sl__waiter *waiter)
{
    waiter->list = list;
    waiter->next = NULL;
    waiter->prev = list->last;
    if (list->last != NULL)
        list->last->next = waiter;
    else
        list->first = waiter;
    list->last = waiter;
}

void sl__waitlist_remove(sl__waiter *waiter)
{
    sl__waitlist *list = waiter->list;

    if (list == NULL)
        return;
    *(waiter->prev ? &waiter->prev->next : &list->first) = waiter->next;
    *(waiter->next ? &waiter->next->prev : &list->last) = waiter->prev;
    waiter->list = NULL;
}

bool sl__complete(sl__waiter *waiter, int rc)
{
    if (waiter->done)
        return false;
    sl__waitlist_remove(waiter);
    waiter->rc = rc;
    waiter->done = true;
    if (waiter->notify != NULL) {
        waiter->notify(waiter);
    } else if (waiter->parked) {
        sl_task *task = waiter->task;

        sl_assert(sl__is_at_home(task->loop) &&
                  "only its own thread wakes a task; see sl_call_threadsafe()");
        task->state = TASK_READY;
        task->waiter = NULL;
        sl__ready_push(task->loop, task);
    }
    return true;
}

bool sl__waitlist_wake_one(sl__waitlist *list, int rc)
{
    return list->first != NULL && sl__complete(list->first, rc);
}

void sl__waitlist_wake_all(sl__waitlist *list, int rc)
{
    while (sl__waitlist_wake_one(list, rc)) {
    }
}

static void cancel_waiter(sl__waiter *waiter)
{
    if (waiter->cancel != NULL)
        waiter->cancel(waiter);
    else
        sl__complete(waiter, SL_ECANCELED);
}

void sl__park_interrupt(sl_task *task)
{
    if (task->waiter != NULL && task->waiter->task == task)
        cancel_waiter(task->waiter);
}

static int park(sl_loop *loop, sl_task *me, sl__waiter *waiter)
{
    waiter->parked = true;
    me->state = TASK_PARKED;
    sl__switch_away(loop, me);
    return waiter->rc;
}

int sl__park(sl__waiter *waiter)
{
    sl_loop *loop = sl__current_loop;
    sl_task *me = loop->current;

    waiter->task = me;
    if (me->cancelled && !waiter->done)
        cancel_waiter(waiter);
    if (waiter->done)
        return waiter->rc;
    me->waiter = waiter;
    return park(loop, me, waiter);
}

/* A waiter whose cancel does nothing: the completion comes in its own time. */
static void ignore_cancel(sl__waiter *waiter)
{
    (void)waiter;
}

int sl__park_uncancelled(sl__waiter *waiter)
{
    sl_loop *loop = sl__current_loop;
    sl_task *me = loop->current;

    waiter->task = me;
    waiter->cancel = ignore_cancel;
    if (waiter->done)
        return waiter->rc;
    me->waiter = waiter;
    return park(loop, me, waiter);
}

/* A cancelled task that goes on waiting must not keep the others from running:
 * its ignored error codes would make it a busy loop. */
int sl__wait_refuse(sl_loop *loop)
{
    sl_task *me = loop->current;

    if (loop->debug != NULL)
        sl__debug_refused(me);
    sl__ready_push(loop, me);
    sl__switch_away(loop, me);
    return SL_ECANCELED;
}

int sl__wait_in_line(sl__waitlist *list, const char *what, const void *on)
{
    sl__waiter *waiter = sl__own_waiter_in(sl__current_loop, what, on);

    sl__waitlist_append(list, waiter);
    return sl__park(waiter);
}

int sl__wait_begin(void)
{
    return sl__wait_begin_in(sl__current_loop);
}

int sl_yield(void)
{
    sl_loop *loop = sl__current_loop;
    int rc = sl__wait_begin_in(loop);

    if (rc < 0)
        return rc;
    sl__ready_push(loop, loop->current);
    return sl__switch_away(loop, loop->current);
}

int sl_checkpoint(void)
{
    sl_task *me = sl_self();

    return me != NULL && me->cancelled ? SL_ECANCELED : 0;
}
