/* Tasks: records, first and last steps.
 *
 * A record (256 bytes) and a stack are taken from the loop's pools and given
 * back separately: the stack at the task's end, the record when nobody holds
 * the handle any more.
 */
#include <starling/task.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <starling/error.h>

#include "sched/loop.h"
#include "sched/switch.h"
#include "sched/watch.h"

enum { BLOCK_TASKS = 256, ARGS_MAX = 64 * 1024 };

_Static_assert(sizeof(void *) != 8 || SL_ASAN || sizeof(sl_task) <= 256,
               "a parked task costs one page and 256 bytes");

struct task_block {
    struct task_block *next;
    sl_task tasks[BLOCK_TASKS];
};

static sl_task *take_record(sl_loop *loop)
{
    sl_task *task = loop->free_tasks;
    struct task_block *block;

    if (task != NULL) {
        loop->free_tasks = task->next;
        return task;
    }
    block = malloc(sizeof *block);
    if (block == NULL)
        return NULL;
    block->next = loop->task_blocks;
    loop->task_blocks = block;
    for (int i = BLOCK_TASKS - 1; i > 0; i--) {
        block->tasks[i].next = loop->free_tasks;
        loop->free_tasks = &block->tasks[i];
    }
    return &block->tasks[0];
}

void sl__tasks_free_all(sl_loop *loop)
{
    while (loop->task_blocks != NULL) {
        struct task_block *block = loop->task_blocks;

        loop->task_blocks = block->next;
        free(block);
    }
    loop->free_tasks = NULL;
}

void sl__task_unref(sl_task *task)
{
    if (--task->refs > 0)
        return;
    if (task->text != NULL)
        free(task->text);
    if (task->why != NULL)
        free(task->why);
    if (task->value_drop != NULL)
        task->value_drop(task->value);
    sl__sanitize_drop(&task->context.note);
    task->next = task->loop->free_tasks;
    task->loop->free_tasks = task;
}

/* Nearly the last code on the task's stack. What is given back here is not
 * reused before the switch, since nothing else runs on this thread. Returns
 * whom to switch to. */
SL__LEAVES_STACK
static void *end_task(sl_loop *loop, sl_task *task)
{
    sl_task *next;

    task->state = TASK_ENDED;
    if (task->locals != NULL)
        sl__locals_drop(task);
    if (task->is_watched)
        sl__watch_end(loop, task);
    if (loop->hooks != NULL)
        sl__hook_ended(task);
    sl__waitlist_wake_all(&task->joiners, task->rc);
    sl__stack_put(&loop->stacks, task->stack);
    task->stack = NULL;
    sl__sanitize_drop(&loop->junk.note); /* of the task that ended before */
    loop->junk.note = task->context.note;
    memset(&task->context.note, 0, sizeof task->context.note);
    sl__group_child_ended(task);

    next = sl__next_task(loop);
    loop->current = next;
    if (next != NULL)
        *loop->errno_at = next->saved_errno;
    if (loop->debug != NULL)
        sl__watch_arrive(loop, next);
    return sl__context_end(&loop->junk, next ? &next->context : &loop->native);
}

SL__LEAVES_STACK
static void *run_task(void *arg)
{
    sl_task *task = arg;

    sl__sanitize_start();
    if (task->loop->hooks != NULL)
        sl__hook_started(task);
    task->rc = task->fn(task->arg);
    sl_assert(task->scope == NULL &&
              "a task returned with a scope or group still open");
    return end_task(task->loop, task);
}

/* The copy of the arguments lies at the very top of the stack. */
static size_t place_args(sl_task *task, const void *args, size_t size)
{
    size_t usable = (task->stack->size - size) & ~(size_t)63;

    task->arg = task->stack->low + usable;
    memcpy(task->arg, args, size);
    return usable;
}

static void copy_name(char *name, const char *from)
{
    if (from != NULL)
        snprintf(name, NAME_MAX_BYTES, "%s", from);
    else
        name[0] = '\0';
}

/* Field by field: clearing the record whole costs as much as all the rest of a
 * spawn. What is left out here is written before it is read. */
static void reset(sl_task *task)
{
    task->scope = task->outermost = NULL;
    task->waiter = NULL;
    task->saved_errno = 0;
    task->state = TASK_READY;
    task->cancelled = task->unreported = false;
    task->refs = 1;
    task->cancels = 0;
    task->joiners = (sl__waitlist){ NULL, NULL };
    task->text = NULL;
    task->why = NULL;
    task->refusals = 0;
    task->value = NULL;
    task->value_drop = NULL;
    task->locals = NULL;
    task->starter = NULL;
}

sl_task *sl__task_new(sl_loop *loop, const sl_spawn_options *options, sl_fn *fn,
                      const void *arg, size_t size)
{
    sl_task *task;
    sl__stack *stack;
    size_t usable;

    if (size > ARGS_MAX)
        return NULL;
    stack = sl__stack_get(&loop->stacks, options->stack + size);
    if (stack == NULL)
        return NULL;
    task = take_record(loop);
    if (task == NULL) {
        sl__stack_put(&loop->stacks, stack);
        return NULL;
    }
    reset(task);
    copy_name(task->name, options->name);
    task->loop = loop;
    task->stack = stack;
    task->is_watched = stack->guard == SL__GUARD_CANARY || loop->debug != NULL;
    task->fn = fn;
    task->arg = (void *)(uintptr_t)arg;
    usable = size > 0 ? place_args(task, arg, size) : stack->size;
    sl__context_make(&task->context, stack->low, usable, run_task, task);
    return task;
}

sl_task *sl_self(void)
{
    return sl__current_loop != NULL ? sl__current_loop->current : NULL;
}

int sl_task_is_done(const sl_task *task)
{
    return task->state == TASK_ENDED;
}

int sl_task_join(sl_task *task)
{
    sl_task *me = sl_self();
    int rc = sl__wait_begin();

    if (rc < 0)
        return rc;
    if (task == me)
        return SL_EDEADLOCK;
    if (task->state != TASK_ENDED) {
        sl__waiter waiter = { .what = "task", .on = task };

        /* The reference keeps the text readable if the group forgets tasks. */
        sl_task_ref(task);
        sl__waitlist_append(&task->joiners, &waiter);
        rc = sl__park(&waiter);
        if (task->state == TASK_ENDED && rc < 0)
            sl__text_copy(me, task->text);
        sl_task_unref(task);
        return rc;
    }
    if (task->rc < 0)
        sl__text_copy(me, task->text);
    return task->rc;
}

void sl__task_watch(sl_task *task, sl__waiter *waiter)
{
    if (task->state == TASK_ENDED)
        sl__complete(waiter, task->rc);
    else
        sl__waitlist_append(&task->joiners, waiter);
}

static void note_cancel(sl_task *task, const char *why)
{
    const sl_task *source = sl_self();

    if (task->why != NULL)
        return; /* the first request is the one that counts */
    task->why = calloc(1, sizeof *task->why);
    if (task->why == NULL)
        return; /* the reason is lost, not the request */
    snprintf(task->why->why, WHY_MAX_BYTES, "%s", why ? why : "");
    if (source != NULL)
        copy_name(task->why->source, sl_task_name(source));
}

void sl_task_cancel(sl_task *task, const char *why)
{
    if (task->state == TASK_ENDED)
        return;
    task->cancels++;
    note_cancel(task, why);
    sl__cancel_task_inside(task);
}

int sl_uncancel(void)
{
    sl_task *me = sl_self();

    if (me == NULL)
        return 0;
    if (me->cancels > 0 && --me->cancels == 0) {
        free(me->why);
        me->why = NULL;
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
        return task->why ? task->why->why : "";
    return scope != NULL && scope->why != NULL ? scope->why : "";
}

const char *sl_cancel_source(void)
{
    sl_scope *scope;
    sl_task *task = find_cause(&scope);

    if (task != NULL)
        return task->why ? task->why->source : "";
    return scope != NULL && scope->task != NULL ? sl_task_name(scope->task)
                                                : "";
}

int sl_return(void *value, void (*drop)(void *))
{
    sl_task *me = sl_self();

    sl_assert(me != NULL && "only a task has a result");
    if (me->value_drop != NULL)
        me->value_drop(me->value);
    me->value = value;
    me->value_drop = drop;
    return 0;
}

void *sl_task_value(const sl_task *task)
{
    return task->value;
}

sl_fn *sl_task_fn(const sl_task *task)
{
    return task->fn;
}

void *sl_task_arg(const sl_task *task)
{
    return task->arg;
}

void sl_task_set_name(sl_task *task, const char *name)
{
    copy_name(task->name, name);
}

const char *sl_task_name(const sl_task *task)
{
    return task->name[0] ? task->name : "task";
}

sl_task *sl_task_ref(sl_task *task)
{
    task->refs++;
    return task;
}

void sl_task_unref(sl_task *task)
{
    sl__task_unref(task);
}
