/* The tree of tasks in words: who exists, in which group, waiting for what. */
#include <starling/loop.h>

#include "sched/loop.h"

static void put_task(FILE *file, const sl_task *task, int depth)
{
    fprintf(file, "%*s- %s", 2 * depth, "", sl_task_name(task));
    if (task->cancelled)
        fputs(" [asked to stop]", file);
    if (task->state == TASK_READY)
        fputs(task == sl_self() ? ": running\n" : ": ready\n", file);
    else if (task->waiter != NULL)
        fprintf(file, ": waits for %s\n",
                task->waiter->what ? task->waiter->what : "something");
    else
        fputc('\n', file);
}

/* The next task in depth-first order, without recursion: children of the
 * task's groups, then siblings, then whatever its owner has further out. */
static const sl_group *group_inside(const sl_scope *scope)
{
    for (; scope != NULL; scope = scope->inner)
        if (scope->kind == SCOPE_GROUP) {
            const sl_group *group = (const sl_group *)(const void *)scope;

            if (group->first != NULL)
                return group;
        }
    return NULL;
}

static const sl_task *next_task(const sl_task *task, int *depth)
{
    const sl_group *group = group_inside(sl__scope_outermost(task));

    if (group != NULL) {
        ++*depth;
        return group->first;
    }
    while (task->next == NULL) {
        const sl_scope *scope = &task->group->scope;

        if (scope->task == NULL)
            return NULL;
        group = group_inside(scope->inner);
        if (group != NULL)
            return group->first;
        task = scope->task;
        --*depth;
    }
    return task->next;
}

void sl_dump_tasks(FILE *file)
{
    sl_loop *loop = sl__current_loop;
    const sl_task *task = loop != NULL ? loop->root.first : NULL;
    int depth = 1;

    fputs("tasks:\n", file);
    while (task != NULL) {
        put_task(file, task, depth);
        task = next_task(task, &depth);
    }
}
