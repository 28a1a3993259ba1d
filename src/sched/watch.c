/* The slow side of a switch. One flag a task keeps all of it out of the way of
 * the others. */
#include "sched/watch.h"

#include "base/given.h"
#include "sched/debug.h"

void sl__watch_arrive(sl_loop *loop, const sl_task *next)
{
    if (next != NULL)
        sl__debug_step(loop, next);
    else
        sl__debug_rest(loop);
}

static void check_canary(const sl_task *task)
{
    if (task->stack->guard == SL__GUARD_CANARY)
        sl__stack_check(task->stack);
}

void sl__watch_leave(sl_loop *loop, sl_task *task, const sl_task *next)
{
    check_canary(task);
    if (loop->debug != NULL)
        sl__watch_arrive(loop, next);
}

void sl__watch_end(sl_loop *loop, sl_task *task)
{
    check_canary(task);
    if (loop->debug != NULL)
        sl__debug_ended(task);
}

void sl__hook_spawned(sl_task *task)
{
    const sl_trace_hooks *hooks = task->loop->hooks;

    if (hooks->spawned != NULL)
        hooks->spawned(hooks->context, task);
}

void sl__hook_started(sl_task *task)
{
    const sl_trace_hooks *hooks = task->loop->hooks;

    if (hooks->started != NULL)
        hooks->started(hooks->context, task);
}

void sl__hook_ended(sl_task *task)
{
    const sl_trace_hooks *hooks = task->loop->hooks;

    if (hooks->ended != NULL)
        hooks->ended(hooks->context, task, task->rc);
}

void sl_trace_install(sl_loop *loop, const sl_trace_hooks *hooks)
{
    sl_given(loop);
    loop->hooks = hooks;
}
