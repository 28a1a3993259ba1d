/* What few tasks have beside their record: a name, texts, values. Apart, so
 * that a hundred thousand tasks that wait do not each carry room for it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <starling/error.h>

#include "base/given.h"
#include "sched/loop.h"

task_extra *sl__task_extra(sl_task *task)
{
    if (task->extra == NULL)
        task->extra = calloc(1, sizeof *task->extra);
    return task->extra;
}

void sl__extra_drop(sl_task *task)
{
    task_extra *extra = task->extra;

    if (extra == NULL)
        return;
    task->extra = NULL;
    if (extra->value_drop != NULL)
        extra->value_drop(extra->value);
    free(extra->text);
    free(extra);
}

int sl_return(void *value, void (*drop)(void *))
{
    sl_task *me = sl_self();
    task_extra *extra;
    void (*drop_before)(void *);
    void *before;

    sl_assert(me != NULL && "only a task has a result");
    extra = sl__task_extra(me);
    if (extra == NULL) {
        if (drop != NULL)
            drop(value);
        return -ENOMEM;
    }
    before = extra->value;
    drop_before = extra->value_drop;
    extra->value = value;
    extra->value_drop = drop;
    if (drop_before != NULL && before != value)
        drop_before(before);
    return 0;
}

void *sl_task_value(const sl_task *task)
{
    sl_given(task);
    return task->extra != NULL ? task->extra->value : NULL;
}

void sl_task_set_name(sl_task *task, const char *name)
{
    sl_given(task);

    task_extra *extra = sl__task_extra(task);

    /* Without memory it stays nameless, which only reports notice. */
    if (extra != NULL)
        snprintf(extra->name, sizeof extra->name, "%s", name ? name : "");
}

const char *sl_task_name(const sl_task *task)
{
    sl_given(task);
    return task->extra != NULL && task->extra->name[0] ? task->extra->name
                                                       : "task";
}
