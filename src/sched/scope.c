/* Scopes: where a cancellation is in force.
 *
 * A task's open scopes form a chain, outermost to innermost; a group is a scope
 * in its owner's chain, and the children's chains begin where the group is. So
 * scopes form a tree that spans tasks, and a cancellation spreads down it from
 * where it was made, except into shields.
 *
 * Each scope remembers whether a cancellation is in force in it, and a task
 * whether its waits are cancelled, so that a wait asks one flag. The price is
 * paid by the one who cancels: a walk over what lies inside.
 */
#include <starling/scope.h>

#include <starling/error.h>

#include "base/given.h"
#include "sched/loop.h"

static bool stops_here(const sl_scope *scope)
{
    return scope->kind == SCOPE_SHIELD && !scope->expired;
}

sl_scope *sl__scope_outermost(const sl_task *task)
{
    sl_scope *scope = task->scope;

    while (scope != NULL && scope->outer != NULL)
        scope = scope->outer;
    return scope;
}

static bool outside_in_effect(const sl_scope *scope)
{
    sl_task *task = scope->task;

    if (scope->outer != NULL)
        return scope->outer->in_effect;
    return task->cancels > 0 || task->group->scope.in_effect;
}

static void add_running(sl_task *child, sl_task **work)
{
    if (child->state == TASK_ENDED)
        return;
    child->chain = *work;
    *work = child;
}

/* Mark one task's chain from `scope` inwards (the whole task for NULL), and
 * put the children of its groups on the work list. */
static void spread_in_task(sl_task *task, sl_scope *scope, sl_task **work)
{
    for (; scope != NULL; scope = scope->inner) {
        if (stops_here(scope) && !scope->cancelled)
            return;
        scope->in_effect = true;
        if (scope->kind != SCOPE_GROUP)
            continue;
        sl_group *group = sl__container_of(scope, sl_group, scope);
        for (sl_task *child = group->first; child; child = child->next)
            add_running(child, work);
    }
    if (task == NULL || task->cancelled)
        return;
    task->cancelled = true;
    sl__park_interrupt(task);
}

/* A list instead of recursion: groups can be nested as deep as memory goes,
 * and this may run on a small stack. */
static void spread(sl_task *task, sl_scope *scope)
{
    sl_task *work = NULL;

    spread_in_task(task, scope, &work);
    while (work != NULL) {
        sl_task *child = work;

        work = child->chain;
        spread_in_task(child, sl__scope_outermost(child), &work);
    }
}

void sl__cancel_scope(sl_scope *scope, const char *why)
{
    if (scope->cancelled)
        return;
    scope->cancelled = true;
    if (scope->why == NULL)
        scope->why = why;
    spread(scope->task, scope);
}

void sl__cancel_task_inside(sl_task *task)
{
    spread(task, sl__scope_outermost(task));
}

void sl__cancel_recompute(sl_task *task)
{
    bool in_effect = task->cancels > 0 || task->group->scope.in_effect;

    sl_scope *scope = sl__scope_outermost(task);

    for (; scope != NULL; scope = scope->inner) {
        if (scope->cancelled)
            in_effect = true;
        else if (stops_here(scope))
            in_effect = false;
        scope->in_effect = in_effect;
    }
    task->cancelled = in_effect;
}

void sl__scope_enter(sl_scope *scope, sl_task *task)
{
    scope->task = task;
    scope->outer = task->scope;
    scope->inner = NULL;
    if (task->scope != NULL)
        task->scope->inner = scope;
    task->scope = scope;
    task->scope_kind = scope->kind;
    scope->in_effect = stops_here(scope) ? false : task->cancelled;
    task->cancelled = scope->in_effect;
}

void sl__scope_leave(sl_scope *scope)
{
    sl_task *task = scope->task;

    sl_assert(task == sl__self() && task->scope == scope &&
              "scopes and groups must be closed innermost first");
    if (sl__timer_is_armed(&scope->timer))
        sl__timers_disarm(&task->loop->timers, &scope->timer);
    task->scope = scope->outer;
    if (scope->outer != NULL) {
        scope->outer->inner = NULL;
        task->scope_kind = scope->outer->kind;
    }
    /* What is in force outside is in force inside, but for shields. */
    if (scope->in_effect || scope->kind == SCOPE_SHIELD)
        task->cancelled = outside_in_effect(scope);
    task->refusals = 0;
    scope->task = NULL; /* a cancel that comes too late is for nobody */
}

/* Of a duration some is left where the process stood still meanwhile. */
static bool go_on(sl_scope *scope)
{
    sl_loop *loop = scope->task->loop;
    sl_time left = scope->end - sl__loop_now_awake(loop);

    if (scope->end == 0 || left <= 0)
        return false;
    scope->timer.when = sl__loop_now(loop) + left;
    return sl__timers_arm(&loop->timers, &scope->timer) == 0;
}

static void expire(sl__timer *timer)
{
    sl_scope *scope = sl__container_of(timer, sl_scope, timer);

    if (go_on(scope))
        return;
    scope->expired = true;
    if (scope->kind != SCOPE_SHIELD)
        sl__cancel_scope(scope, "deadline");
    else if (outside_in_effect(scope)) /* the grace is over */
        spread(scope->task, scope);
}

static sl_task *opener(void)
{
    sl_task *task = sl_self();

    sl_assert(task != NULL && "scopes are opened by tasks");
    return task;
}

/* `end` is `when` on the clock that stands still; 0 if it does not matter. */
static void open_until(sl_scope *scope, uint8_t kind, sl_task *task,
                       sl_time now, sl_time when, sl_time end)
{
    *scope = (sl_scope){ .timer = { .when = when, .fire = expire },
                         .end = end,
                         .kind = kind };
    sl__scope_enter(scope, task);
    if (when == SL_FOREVER)
        return;
    /* Without memory for the deadline it counts as passed: a limit that cannot
     * be kept must not turn into none. */
    if (when <= now || sl__timers_arm(&task->loop->timers, &scope->timer) < 0)
        expire(&scope->timer);
}

static void open_for(sl_scope *scope, uint8_t kind, sl_time duration)
{
    sl_task *task = opener();
    sl__awake *awake = &task->loop->awake;
    sl_time now = sl__loop_now(task->loop), when;

    if (duration < 0)
        duration = 0;
    if (duration == SL_FOREVER || __builtin_add_overflow(now, duration, &when))
        when = SL_FOREVER;
    sl__awake_look(awake, now);
    open_until(scope, kind, task, now, when, when - awake->lost);
}

void sl_timeout_open(sl_scope *scope, sl_time duration)
{
    sl_given(scope);
    open_for(scope, SCOPE_LIMIT, duration);
}

void sl_deadline_open(sl_scope *scope, sl_time when)
{
    sl_given(scope);

    sl_task *task = opener();

    open_until(scope, SCOPE_LIMIT, task, sl__loop_now(task->loop), when, 0);
}

void sl_shield_open(sl_scope *scope, sl_time grace)
{
    sl_given(scope);
    open_for(scope, SCOPE_SHIELD, grace);
}

void sl_scope_cancel(sl_scope *scope, const char *why)
{
    sl_given(scope);
    sl__cancel_scope(scope, why ? why : "");
}

int sl_scope_close(sl_scope *scope, int rc)
{
    sl_given(scope);
    sl_assert(scope->task != NULL && "a scope is closed once");

    bool outside = outside_in_effect(scope);

    sl__scope_leave(scope);
    /* Where a request from outside is in force as well, it is that one which
     * must be obeyed. */
    if (rc != SL_ECANCELED || !scope->cancelled || outside)
        return rc;
    scope->caught = true;
    return scope->expired ? SL_ETIMEDOUT : 0;
}

bool sl_scope_caught(const sl_scope *scope)
{
    sl_given(scope);
    return scope->caught;
}

int sl_with_timeout(sl_time duration, sl_fn *fn, void *arg)
{
    sl_given(fn);

    sl_scope limit;

    sl_timeout_open(&limit, duration);
    return sl_scope_close(&limit, fn(arg));
}
