/* Groups: the owner of tasks, and a scope of its owner's.
 *
 * That a group is a scope makes cancellation one mechanism: a failing child, an
 * early stop and a request from outside all put the group's scope in force, and
 * scope.c spreads it to the children and to the owner's waits inside.
 *
 * The close waits without being cancellable itself. It does not need to be: a
 * request from outside has reached the children by the same way.
 */
#include <starling/group.h>

#include <errno.h>
#include <starling/error.h>
#include <string.h>

#include "base/given.h"
#include "sched/debug.h"
#include "sched/loop.h"
#include "sched/switch.h"

/* Field by field: clearing the whole costs as much as all the rest. */
static void reset(sl_group *group)
{
    sl_scope *scope = &group->scope;

    scope->timer.slot = 0;
    scope->why = NULL;
    scope->kind = SCOPE_GROUP;
    scope->cancelled = scope->expired = scope->caught = false;
    group->first = group->last = NULL;
    group->ended = group->ended_last = group->told = NULL;
    group->waiter = NULL;
    group->running = 0;
    group->rc = 0;
    group->failed = group->closing = group->interrupted = false;
    group->errors_seen = group->by_guard = false;
    group->forgets = group->spares = false;
}

static inline void open_group(sl_group *group)
{
    sl_task *owner = sl__self();

    sl_assert(owner != NULL && "groups are opened by tasks");
    reset(group);
    sl__scope_enter(&group->scope, owner);
}

void sl_group_open_with(sl_group *group, const sl_group_options *options)
{
    sl_given(group);
    sl_given(options);
    open_group(group);
    group->forgets = options->forget_ended;
    group->spares = options->spare_others;
}

void sl_group_open(sl_group *group)
{
    sl_given(group);
    open_group(group);
}

static void append(sl_group *group, sl_task *task)
{
    task->next = NULL;
    task->prev = group->last;
    *(group->last ? &group->last->next : &group->first) = task;
    group->last = task;
}

/* Ended children keep their places among the others: where thousands end in
 * any order, to unlink one would touch two that are in no cache. */
static void append_ended(sl_group *group, sl_task *task)
{
    task->chain = NULL;
    *(group->ended_last ? &group->ended_last->chain : &group->ended) = task;
    group->ended_last = task;
}

static void forget(sl_group *group, sl_task *task)
{
    *(task->prev ? &task->prev->next : &group->first) = task->next;
    *(task->next ? &task->next->prev : &group->last) = task->prev;
    sl__task_unref(task);
}

/* Whoever waits for sl_started() gets `rc`. */
static bool tell_starter(sl_task *task, int rc)
{
    task_extra *extra = task->extra;
    sl__waiter *starter = extra != NULL ? extra->starter : NULL;

    if (extra != NULL)
        extra->starter = NULL;
    if (starter == NULL || !sl__complete(starter, rc))
        return false;
    if (rc < 0)
        sl__text_take_over(starter->task, task);
    return true;
}

/* A child that was asked to stop and says so has not failed. */
static bool is_failure(const sl_task *task)
{
    return task->rc < 0 && task->rc != SL_ECANCELED;
}

/* The first error counts; later ones are kept with their tasks. */
static void note_result(sl_group *group, sl_task *task)
{
    if (task->rc == SL_ECANCELED)
        group->interrupted = true;
    /* Who waits for its start is told, and nobody else. */
    if (task->extra != NULL &&
        tell_starter(task, task->rc < 0 ? task->rc : SL_EINCOMPLETE))
        return;
    if (!is_failure(task) || group->spares)
        return;
    if (!group->failed) {
        group->failed = true;
        group->rc = task->rc;
        if (group->scope.task != NULL)
            sl__text_take_over(group->scope.task, task);
    }
    sl__cancel_scope(&group->scope, "another task of the group failed");
}

static void wake_owner(sl_group *group)
{
    sl__waiter *waiter = group->waiter;

    if (waiter == NULL || (group->closing && group->running > 0))
        return;
    group->waiter = NULL;
    sl__complete(waiter, 0);
}

void sl__group_child_ended(sl_task *task)
{
    sl_group *group = task->group;

    group->running--;
    note_result(group, task);
    /* Tasks that fail the group are kept: their errors are for the owner. */
    if (group->forgets && (group->spares || !is_failure(task)))
        forget(group, task);
    else
        append_ended(group, task);
    wake_owner(group);
}

/* A group whose task could not be started still hands out a task. */
static sl_task *dead_task(sl_loop *loop, sl_group *group)
{
    if (!group->failed) {
        group->failed = true;
        group->rc = -ENOMEM;
    }
    sl__cancel_scope(&group->scope, "no memory for a task");
    loop->dead.state = TASK_ENDED;
    loop->dead.rc = -ENOMEM;
    loop->dead.loop = loop;
    loop->dead.refs++; /* never reaches zero */
    return &loop->dead;
}

/* The child first; its parent lines up behind those that are ready. So children
 * that wait only shortly end before many more are started, and their stacks are
 * used again while they are still in the cache. */
static void run_now(sl_loop *loop, sl_task *task)
{
    sl_task *me = loop->current;

    sl__ready_push(loop, me);
    if (task->context.sp == NULL)
        sl__task_run_first(loop, task);
    else
        sl__switch_to(loop, me, task);
}

static sl_task *start(sl_loop *loop, sl_group *group, sl_task *task, bool eager)
{
    task->group = group;
    task->cancelled = group->scope.in_effect;
    append(group, task);
    group->running++;
    if (loop->hooks != NULL)
        sl__hook_spawned(task);
    if (loop->debug != NULL)
        sl__debug_spawned(group);
    if (sl__begins_at_once(loop, eager))
        run_now(loop, task);
    else
        sl__ready_push(loop, task);
    return task;
}

static inline void check_open(const sl_loop *loop, const sl_group *group)
{
    sl_assert(loop != NULL && "tasks are spawned where a loop runs");
    sl_assert((group == &loop->root || (group->scope.task != NULL &&
                                        group->scope.task->loop == loop)) &&
              "a task is spawned into an open group, by its loop's thread");
}

/* Inlined: a call with so many arguments is a tenth of a spawn. */
static inline SL__ALWAYS_INLINE sl_task *spawn(sl_group *group,
                                               const sl_spawn_options *options,
                                               sl_fn *fn, const void *arg,
                                               size_t size)
{
    sl_loop *loop = sl__current_loop;
    sl_task *task;

    check_open(loop, group);
    task = sl__task_new(loop, options, fn, arg, size);
    if (task == NULL)
        return dead_task(loop, group);
    return start(loop, group, task, options->eager);
}

sl_task *sl_group_spawn_with(sl_group *group, const sl_spawn_options *options,
                             sl_fn *fn, const void *arg, size_t size)
{
    sl_given(group);
    sl_given(options);
    sl_given(fn);
    return spawn(group, options, fn, arg, size);
}

sl_task *sl_group_spawn(sl_group *group, sl_fn *fn, void *arg)
{
    sl_given(group);
    sl_given(fn);
    return spawn(group, &(sl_spawn_options){ 0 }, fn, arg, 0);
}

sl_task *sl_group_spawn_copy(sl_group *group, sl_fn *fn, const void *args,
                             size_t size)
{
    sl_given(group);
    sl_given(fn);
    return spawn(group, &(sl_spawn_options){ 0 }, fn, args, size);
}

sl_task *sl_group_spawn_owned(sl_group *group, sl_fn *fn, void *arg,
                              void (*drop)(void *arg))
{
    sl_given(group);
    sl_given(fn);

    sl_task *task = spawn(group, &(sl_spawn_options){ 0 }, fn, arg, 0);

    if (task == &sl__current_loop->dead)
        drop(arg);
    return task;
}

/* The handshake. The starter's waiter hangs at the task until it says that it
 * has started, or ends; either may happen at once where it starts eagerly. */

void sl_started(void)
{
    sl_task *me = sl_self();

    sl_assert(me != NULL && "only a task can have started");
    tell_starter(me, 1);
}

static void cancel_start(sl__waiter *waiter)
{
    sl_task *task = waiter->arg;

    task->extra->starter = NULL;
    sl_task_cancel(task, "its start was cancelled");
    sl__complete(waiter, SL_ECANCELED);
}

int sl_group_start(sl_group *group, const sl_spawn_options *options, sl_fn *fn,
                   const void *arg, size_t size, sl_task **out)
{
    sl_given(group);
    sl_given(fn);

    static const sl_spawn_options defaults;
    sl_loop *loop = sl__current_loop;
    sl__waiter waiter = { .what = "the start of a task",
                          .cancel = cancel_start };
    sl_task *task;
    int rc = sl__wait_begin();

    if (rc < 0)
        return rc;
    check_open(loop, group);
    if (options == NULL)
        options = &defaults;
    task = sl__task_new(loop, options, fn, arg, size);
    if (task == NULL || sl__task_extra(task) == NULL) {
        if (task != NULL)
            sl__task_discard(task);
        return dead_task(loop, group)->rc;
    }
    waiter.arg = task;
    waiter.on = task;
    waiter.task = loop->current; /* told before it parks, where it is eager */
    task->extra->starter = &waiter;
    start(loop, group, task, options->eager);
    rc = sl__park(&waiter);
    if (rc == SL_EINCOMPLETE && sl_errmsg()[0] == '\0')
        sl_fail(rc, "the task ended without saying that it had started");
    if (rc < 0)
        return rc;
    if (out != NULL)
        *out = task;
    return 0;
}

int sl_with_group(int (*body)(sl_group *group, void *arg), void *arg)
{
    sl_given(body);

    sl_group group;
    int rc, closed;

    sl_group_open(&group);
    rc = body(&group, arg);
    if (rc < 0)
        sl_group_cancel(&group);
    closed = sl_group_close(&group);
    return rc < 0 ? rc : closed;
}

void sl_group_cancel(sl_group *group)
{
    sl_given(group);
    sl__cancel_scope(&group->scope, "the group was stopped");
}

static sl_task *untold(const sl_group *group)
{
    return group->told != NULL ? group->told->chain : group->ended;
}

int sl_group_next(sl_group *group, sl_task **done)
{
    sl_given(group);
    sl_given(done);

    sl_task *task;

    sl_assert(group->scope.task == sl__self() &&
              "a group is asked for the next by its owner, before its close");
    while ((task = untold(group)) == NULL) {
        sl__waiter waiter = { .what = "any task of a group", .on = group };
        int rc = sl__wait_begin();

        if (rc < 0)
            return rc;
        if (group->running == 0)
            return 0;
        group->waiter = &waiter;
        rc = sl__park(&waiter);
        group->waiter = NULL;
        if (rc < 0)
            return rc;
    }
    group->told = task;
    *done = task;
    return 1;
}

static __attribute__((noinline)) void wait_for_children(sl_group *group)
{
    sl__waiter waiter = { .what = "the tasks of its group", .on = group };

    group->waiter = &waiter;
    /* Cannot fail: nothing but the last child completes it. */
    (void)sl__park_uncancelled(&waiter);
}

void sl__group_release(sl_group *group)
{
    while (group->first != NULL) {
        sl_task *task = group->first;

        group->first = task->next;
        sl__task_unref(task);
    }
    group->last = group->ended = group->ended_last = group->told = NULL;
}

int sl_group_close(sl_group *group)
{
    sl_given(group);

    sl_task *me = sl__self();

    sl_assert(me != NULL && me == group->scope.task &&
              me->scope == &group->scope &&
              "a group is closed by its owner, innermost first");
    group->closing = true;
    if (group->running > 0)
        wait_for_children(group);
    if (me->loop->debug != NULL)
        sl__debug_group(group, group->by_guard);
    sl__scope_leave(&group->scope);
    sl__group_release(group);
    if (group->failed)
        return group->rc;
    return group->interrupted && me->cancelled ? SL_ECANCELED : 0;
}

void sl_group_drop(sl_group *group)
{
    sl_given(group);
    if (group->scope.task == NULL)
        return;
    group->by_guard = true;
    sl_group_cancel(group);
    /* A guard has nobody to tell; the tasks themselves have ended. */
    if (sl_group_close(group) < 0)
        return;
}

int sl_group_errors(sl_group *group, sl_error errors[], int max)
{
    sl_given(group);
    sl_given_bytes(errors, max);

    int n = 0;

    sl_assert(group->scope.task != NULL &&
              "a group is asked for its errors before its close");
    group->errors_seen = true;
    for (sl_task *task = group->ended; task != NULL; task = task->chain) {
        if (!is_failure(task))
            continue;
        if (n < max)
            errors[n] = (sl_error){ .rc = task->rc,
                                    .task = sl_task_name(task),
                                    .text = sl__task_text(task) };
        n++;
    }
    return n;
}
