/* Task-local values: a short list a task, looked for upwards.
 *
 * Inheriting by looking up instead of copying makes a spawn free of them, and
 * is safe because an owner outlives the tasks of its groups.
 */
#include <starling/local.h>

#include <errno.h>
#include <stdlib.h>

#include "sched/loop.h"

struct local_value {
    struct local_value *next;
    const sl_local *key;
    void *value;
};

static struct local_value *find(const sl_task *task, const sl_local *key)
{
    struct local_value *at = task->locals;

    while (at != NULL && at->key != key)
        at = at->next;
    return at;
}

int sl_local_set(const sl_local *key, void *value)
{
    sl_task *me = sl_self();
    struct local_value *at;

    sl_assert(me != NULL && "task-local values belong to tasks");
    at = find(me, key);
    if (at != NULL) {
        if (key->drop != NULL)
            key->drop(at->value);
        at->value = value;
        return 0;
    }
    at = malloc(sizeof *at);
    if (at == NULL)
        return -ENOMEM;
    *at = (struct local_value){ me->locals, key, value };
    me->locals = at;
    return 0;
}

void *sl_local_get(const sl_local *key)
{
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
    while (task->locals != NULL) {
        struct local_value *at = task->locals;

        task->locals = at->next;
        if (at->key->drop != NULL)
            at->key->drop(at->value);
        free(at);
    }
}
