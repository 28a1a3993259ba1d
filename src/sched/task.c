/* Tasks: records, first and last steps.
 *
 * A record (224 bytes) and a stack are taken from the loop's pools and given
 * back separately: the stack at the task's end, the record when nobody holds
 * the handle any more.
 */
#include <starling/task.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <starling/error.h>

#include "base/given.h"
#include "sched/debug.h"
#include "sched/held.h"
#include "sched/loop.h"
#include "sched/switch.h"
#include "sched/watch.h"

enum { BLOCK_TASKS = 256, ARGS_MAX = 64 * 1024 };

_Static_assert(sizeof(void *) != 8 || SL_ASAN || SL_TSAN ||
                   sizeof(sl_task) <= 224,
               "a parked task costs one page and 224 bytes");
_Static_assert(ARGS_MAX < (int)SL__STACK_DEFAULT_MOST, "without being asked");

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
    if (sl__ready_reserve(loop, loop->records + BLOCK_TASKS) < 0)
        return NULL;
    block = malloc(sizeof *block);
    if (block == NULL)
        return NULL;
    loop->records += BLOCK_TASKS;
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
    sl__extra_drop(&loop->dead);
    free(loop->ready.slots);
    free(loop->held.all);
}

void sl__task_unref(sl_task *task)
{
    sl_loop *loop = task->loop;

    if (--task->refs > 0)
        return;
    if (task->extra != NULL)
        sl__extra_drop(task);
    sl__sanitize_drop(&task->context.note);
    if (__builtin_expect(loop->debug != NULL, 0)) {
        task = sl__debug_retire(task);
        if (task == NULL)
            return;
    }
    task->next = loop->free_tasks;
    loop->free_tasks = task;
}

/* A branch that is nearly always guessed right, instead of an address that the
 * next loads have to wait for (4 ns of a first step). */
static inline sl__stack_pool *pool_of(sl_loop *loop, sl__stack_kind kind)
{
    return __builtin_expect(kind == SL__STACK_SMALL, 0)
               ? &loop->stacks[SL__STACK_SMALL]
               : &loop->stacks[SL__STACK_DEFAULT];
}

/* What is known of a stack without a look at it spares a line of the cache. */
static inline void put_stack(sl_loop *loop, sl__stack *stack,
                             sl__stack_kind kind)
{
    if (kind == SL__STACK_OWN)
        sl__stack_put(pool_of(loop, kind), stack);
    else
        sl__stack_put_pooled(pool_of(loop, kind), stack);
}

/* Nearly the last code on the task's stack. What is given back here is not
 * reused before the switch, since nothing else runs on this thread. Returns
 * whom to switch to. */
SL__BETWEEN_STACKS
static __attribute__((noinline)) void *end_task(sl_loop *loop, sl_task *task)
{
    sl__stack *stack = task->stack;
    sl__stack_kind kind = task->stack_kind;
    sl_task *next;

    task->state = TASK_ENDED;
    if (task->extra != NULL)
        sl__locals_drop(task);
    if (task->canceller != NULL)
        sl__canceller_drop(task);
    if (task->is_watched)
        sl__watch_end(loop, task);
    if (loop->hooks != NULL)
        sl__hook_ended(task);
    if (task->joiners.first != NULL)
        sl__waitlist_wake_all(&task->joiners, task->rc);
    sl__sanitize_drop(&loop->junk.note); /* of the task that ended before */
    loop->junk.note = task->context.note;
    memset(&task->context.note, 0, sizeof task->context.note);
    task->stack = NULL;
    sl__group_child_ended(task); /* the record may be gone */

    next = sl__next_task(loop);
    /* Only now: the next one may just have been given a stack. */
    put_stack(loop, stack, kind);
    loop->current = next;
    if (next != NULL)
        *loop->errno_at = next->saved_errno;
    if (loop->debug != NULL)
        sl__watch_arrive(loop, next);
    return sl__context_end(&loop->junk, next ? &next->context : &loop->native);
}

/* The commonest mistake: a return in the middle. */
__attribute__((noreturn, cold)) static void left_open(const sl_task *task)
{
    static const char *const what[] = { [SCOPE_LIMIT] = "time limit",
                                        [SCOPE_SHIELD] = "shield",
                                        [SCOPE_GROUP] = "group" };

    fprintf(stderr,
            "starling: task '%s' returned without closing a %s that it had "
            "opened\n",
            sl_task_name(task), what[task->scope_kind]);
    abort();
}

SL__BETWEEN_STACKS
static void *run_task(void *arg)
{
    sl_task *task = arg;

    sl__sanitize_start();
    if (task->loop->hooks != NULL)
        sl__hook_started(task);
    task->rc = task->fn(task->arg);
    if (task->scope != NULL)
        left_open(task);
    if (task->holds > 0)
        sl__held_at_end(task);
    return end_task(task->loop, task);
}

/* The copy of the arguments lies at the very top of the stack. */
static size_t place_args(sl_task *task, size_t size)
{
    size_t usable = (task->stack->size - size) & ~(size_t)63;

    task->arg = memcpy(task->stack->low + usable, task->arg, size);
    return usable;
}

/* Returns how much of the stack is left below the arguments. */
static inline SL__ALWAYS_INLINE size_t give_stack(sl_loop *loop, sl_task *task,
                                                  sl__stack *stack, size_t size)
{
    task->stack = stack;
    if (stack->guard == SL__GUARD_CANARY || loop->debug != NULL)
        task->is_watched = true;
    return size > 0 ? place_args(task, size) : stack->size;
}

void sl__task_begin(sl_loop *loop, sl_task *task)
{
    sl__float_modes modes = task->start.modes;
    sl__stack *stack = sl__stack_take(pool_of(loop, task->stack_kind));
    size_t usable = give_stack(loop, task, stack, task->start.args_size);

    sl__context_make(&task->context, stack->low, usable, run_task, task, modes);
}

void sl__task_run_first(sl_loop *loop, sl_task *task)
{
    sl_task *me = loop->current;
    sl__stack *stack = sl__stack_take(pool_of(loop, task->stack_kind));
    size_t usable = give_stack(loop, task, stack, task->start.args_size);

    sl__hand_over(loop, me, task);
    sl__context_start(&me->context, &task->context, stack->low, usable,
                      run_task, task);
}

/* Until its first step a task needs no stack, only the certainty that there
 * will be one. So what ends without waiting shares its stack with the next,
 * and nobody touches memory long before it is used. */
static int promise_stack(sl_loop *loop, sl_task *task, size_t size)
{
    if (sl__stack_promise(pool_of(loop, task->stack_kind)) < 0)
        return -ENOMEM;
    task->start.args_size = size;
    if (size > 0) {
        memcpy(task->start.args, task->arg, size);
        task->arg = task->start.args;
    }
    return 0;
}

/* Sanitizers make frames several times as large, and know no small stacks. */
static sl__stack_kind kind_for(size_t wanted, size_t args)
{
    if (__builtin_expect(wanted == 0, 1))
        return SL__STACK_DEFAULT;
    if (wanted > SL__STACK_DEFAULT_MOST - args)
        return SL__STACK_OWN;
    if (wanted + args > SL__STACK_SMALL_MOST || SL_ASAN || SL_TSAN)
        return SL__STACK_DEFAULT;
    return SL__STACK_SMALL;
}

/* One of its own, or the promise of any. */
static int find_stack(sl_loop *loop, sl_task *task, size_t wanted, size_t size)
{
    sl__stack_kind kind = kind_for(wanted, size);
    sl__stack *stack;
    size_t usable;

    task->stack_kind = kind;
    if (size <= sizeof task->start.args && kind != SL__STACK_OWN)
        return promise_stack(loop, task, size);
    if (wanted > SL__STACK_SIZE_MAX)
        return -ENOMEM;
    stack = sl__stack_get(pool_of(loop, kind), wanted + size);
    if (stack == NULL)
        return -ENOMEM;
    usable = give_stack(loop, task, stack, size);
    sl__context_make(&task->context, stack->low, usable, run_task, task,
                     sl__float_modes_now());
    return 0;
}

/* Field by field: clearing the record whole costs as much as all the rest of a
 * spawn. What is left out here is written before it is read. */
static void reset(sl_task *task)
{
    task->context = (sl__context){ 0 };
    task->stack = NULL;
    task->scope = NULL;
    task->waiter = NULL;
    task->saved_errno = 0;
    task->state = TASK_READY;
    task->cancelled = task->is_watched = false;
    task->refs = 1;
    task->cancels = 0;
    task->joiners = (sl__waitlist){ NULL, NULL };
    task->extra = NULL;
    task->canceller = NULL;
    task->refusals = 0;
    task->holds = 0;
}

sl_task *sl__task_new(sl_loop *loop, const sl_spawn_options *options, sl_fn *fn,
                      const void *arg, size_t size)
{
    sl_task *task;

    sl_assert(size <= ARGS_MAX &&
              "what is copied for a task has 64 KiB at most");
    task = take_record(loop);
    if (task == NULL)
        return NULL;
    reset(task);
    task->loop = loop;
    task->fn = fn;
    task->arg = (void *)(uintptr_t)arg;
    if (!sl__begins_at_once(loop, options->eager))
        task->start.modes = sl__float_modes_now();
    if (find_stack(loop, task, options->stack, size) < 0) {
        sl__task_unref(task);
        return NULL;
    }
    if (options->name != NULL)
        sl_task_set_name(task, options->name);
    return task;
}

void sl__task_discard(sl_task *task)
{
    if (task->stack != NULL)
        put_stack(task->loop, task->stack, task->stack_kind);
    else
        sl__stack_forgo(pool_of(task->loop, task->stack_kind));
    sl__task_unref(task);
}

sl_task *sl_self(void)
{
    return sl__current_loop != NULL ? sl__current_loop->current : NULL;
}

int sl_task_is_done(const sl_task *task)
{
    sl_given(task);
    return task->state == TASK_ENDED;
}

int sl_task_join(sl_task *task)
{
    sl_given(task);

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
            sl__text_take_over(me, task);
        sl_task_unref(task);
        return rc;
    }
    if (task->rc < 0)
        sl__text_take_over(me, task);
    return task->rc;
}

void sl__task_watch(sl_task *task, sl__waiter *waiter)
{
    if (task->state == TASK_ENDED)
        sl__complete(waiter, task->rc);
    else
        sl__waitlist_append(&task->joiners, waiter);
}

sl_fn *sl_task_fn(const sl_task *task)
{
    sl_given(task);
    return task->fn;
}

void *sl_task_arg(const sl_task *task)
{
    sl_given(task);
    return task->arg;
}

sl_task *sl_task_ref(sl_task *task)
{
    sl_given(task);
    task->refs++;
    return task;
}

void sl_task_unref(sl_task *task)
{
    if (task == NULL)
        return;
    sl_given(task);
    sl_assert(task->refs > 0 && "a task is let go of as often as it was held");
    sl__task_unref(task);
}
