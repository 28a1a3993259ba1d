/* Task-local values: a short list a task, looked for upwards.
 *
 * Inheriting by looking up instead of copying makes a spawn free of them, and
 * is safe because an owner outlives the tasks of its groups.
 */
#include <starling/local.h>

#include <errno.h>
#include <stdlib.h>

#include "base/given.h"
#include "sched/loop.h"

struct local_value {
    struct local_value *next;
    const sl_local *key;
    void *value;
};

static struct local_value *find(const sl_task *task, const sl_local *key)
{
    struct local_value *at = task->extra != NULL ? task->extra->locals : NULL;

    while (at != NULL && at->key != key)
        at = at->next;
    return at;
}

int sl_local_set(const sl_local *key, void *value)
{
    sl_given(key);

    sl_task *me = sl_self();
    struct local_value *at;
    task_extra *extra;

    sl_assert(me != NULL && "task-local values belong to tasks");
    at = find(me, key);
    if (at != NULL) {
        void *before = at->value;

        at->value = value;
        if (key->drop != NULL && before != value)
            key->drop(before);
        return 0;
    }
    extra = sl__task_extra(me);
    at = extra != NULL ? malloc(sizeof *at) : NULL;
    if (at == NULL)
        return -ENOMEM;
    *at = (struct local_value){ extra->locals, key, value };
    extra->locals = at;
    return 0;
}

void *sl_local_get(const sl_local *key)
{
    sl_given(key);
    for (const sl_task *task = sl_self(); task != NULL;
         task = task->group->scope.task) {
        struct local_value *at = find(task, key);

        if (at != NULL)
            return at->value;
    }
    return NULL;
}

void sl__locals_drop(sl_task *task)
{
    while (task->extra->locals != NULL) {
        struct local_value *at = task->extra->locals;

        task->extra->locals = at->next;
        if (at->key->drop != NULL)
            at->key->drop(at->value);
        free(at);
    }
}
