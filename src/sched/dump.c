/* The tree of tasks in words: who exists, in which group, waiting for what. */
#include <starling/loop.h>

#include "base/given.h"
#include "sched/held.h"
#include "sched/loop.h"

static void put_wait(FILE *file, const sl_task *task)
{
    const sl__waiter *waiter = task->waiter;
    const sl_task *holder = sl__held_by(task->loop, waiter->on);

    fprintf(file, ": waits for %s", waiter->what ? waiter->what : "something");
    if (holder != NULL)
        fprintf(file, ", which '%s' holds", sl_task_name(holder));
    fputc('\n', file);
}

static void put_task(FILE *file, const sl_task *task, int depth)
{
    fprintf(file, "%*s- %s", 2 * depth, "", sl_task_name(task));
    if (task->cancelled)
        fputs(" [asked to stop]", file);
    if (task->state == TASK_READY)
        fputs(task == sl_self() ? ": running\n" : ": ready\n", file);
    else if (task->waiter != NULL)
        put_wait(file, task);
    else
        fputc('\n', file);
}

/* The first from `task` on, among its siblings, that has not ended. */
static const sl_task *running_from(const sl_task *task)
{
    while (task != NULL && task->state == TASK_ENDED)
        task = task->next;
    return task;
}

/* The first task in a group that is open here or further in. */
static const sl_task *task_inside(const sl_scope *scope)
{
    const sl_task *task = NULL;

    for (; scope != NULL && task == NULL; scope = scope->inner)
        if (scope->kind == SCOPE_GROUP)
            task = running_from(((const sl_group *)(const void *)scope)->first);
    return task;
}

/* The next task in depth-first order, without recursion: children of the
 * task's groups, then siblings, then whatever its owner has further out. */
static const sl_task *next_task(const sl_task *task, int *depth)
{
    const sl_task *next = task_inside(sl__scope_outermost(task));

    if (next != NULL) {
        ++*depth;
        return next;
    }
    while ((next = running_from(task->next)) == NULL) {
        const sl_scope *scope = &task->group->scope;

        if (scope->task == NULL)
            return NULL;
        next = task_inside(scope->inner);
        if (next != NULL)
            return next;
        task = scope->task;
        --*depth;
    }
    return next;
}

void sl_dump_tasks(FILE *file)
{
    sl_given(file);

    sl_loop *loop = sl__current_loop;
    const sl_task *task = loop != NULL ? running_from(loop->root.first) : NULL;
    int depth = 1;

    fputs("tasks:\n", file);
    while (task != NULL) {
        put_task(file, task, depth);
        task = next_task(task, &depth);
    }
}
