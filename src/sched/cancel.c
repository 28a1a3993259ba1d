/* Asking one task to stop, and who did.
 *
 * A request is counted and spread (scope.c). What it says is kept for the task
 * to ask: the reason in words, if one was given, and a reference to the task
 * that asked first. So to cancel a hundred thousand tasks writes no texts.
 */
#include <starling/task.h>

#include <stdio.h>
#include <stdlib.h>

#include "base/given.h"
#include "sched/loop.h"

/* The first request is the one that counts. */
static void note_cancel(sl_task *task, const char *why)
{
    task_extra *extra;

    if (task->cancels++ > 0)
        return;
    task->canceller = sl_self();
    if (task->canceller != NULL)
        sl_task_ref(task->canceller);
    if (why == NULL || why[0] == '\0')
        return;
    extra = sl__task_extra(task);
    if (extra != NULL) /* else the reason is lost, not the request */
        snprintf(extra->why, sizeof extra->why, "%s", why);
}

/* A task that two others hold as theirs would never be freed: it is let go of
 * at the latest when the cancelled task ends. */
void sl__canceller_drop(sl_task *task)
{
    sl_task *canceller = task->canceller;

    if (task->extra != NULL)
        task->extra->why[0] = '\0';
    if (canceller == NULL)
        return;
    task->canceller = NULL;
    sl__task_unref(canceller);
}

void sl_task_cancel(sl_task *task, const char *why)
{
    sl_given(task);
    if (task->state == TASK_ENDED)
        return;
    note_cancel(task, why);
    sl__cancel_task_inside(task);
}

int sl_uncancel(void)
{
    sl_task *me = sl_self();

    if (me == NULL)
        return 0;
    if (me->cancels > 0 && --me->cancels == 0) {
        sl__canceller_drop(me);
        me->refusals = 0;
        sl__cancel_recompute(me);
    }
    return (int)me->cancels;
}

int sl_cancelling(void)
{
    sl_task *me = sl_self();

    return me != NULL ? (int)me->cancels : 0;
}

/* The nearest cause: a scope that was cancelled, then a task, then whatever its
 * group is inside of. Returns the task if it is one that was asked to stop;
 * else *scope is the scope, or NULL if nothing was cancelled. */
static sl_task *find_cause(sl_scope **scope)
{
    sl_task *task = sl_self();

    *scope = task != NULL && task->cancelled ? task->scope : NULL;
    if (task == NULL || !task->cancelled)
        return NULL;
    while (task != NULL) {
        for (; *scope != NULL; *scope = (*scope)->outer)
            if ((*scope)->cancelled)
                return NULL;
        if (task->cancels > 0)
            return task;
        *scope = &task->group->scope;
        task = (*scope)->task;
    }
    return NULL;
}

const char *sl_cancel_reason(void)
{
    sl_scope *scope;
    sl_task *task = find_cause(&scope);

    if (task != NULL)
        return task->extra != NULL ? task->extra->why : "";
    return scope != NULL && scope->why != NULL ? scope->why : "";
}

const char *sl_cancel_source(void)
{
    sl_scope *scope;
    sl_task *task = find_cause(&scope);

    if (task != NULL)
        return task->canceller != NULL ? sl_task_name(task->canceller) : "";
    return scope != NULL && scope->task != NULL ? sl_task_name(scope->task)
                                                : "";
}
