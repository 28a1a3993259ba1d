/* The table of what is held, and the last words of a program that forgot to
 * give something back. */
#include "sched/held.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/name.h"

enum { FIRST_ROOM = 16 };

bool sl__held_grow(sl__held_table *table)
{
    uint32_t room = table->room > 0 ? table->room * 2 : FIRST_ROOM;
    sl__held *all = reallocarray(table->all, room, sizeof *all);

    if (all == NULL)
        return false;
    /* Place 0 is nobody's. */
    for (uint32_t i = table->room > 0 ? table->room : 1; i < room; i++)
        all[i] = (sl__held){ .next = i + 1 < room ? i + 1 : 0 };
    table->free = table->room > 0 ? table->room : 1;
    table->all = all;
    table->room = room;
    return true;
}

const sl_task *sl__held_by(const sl_loop *loop, const void *lock)
{
    const sl__held_table *table = &loop->held;

    for (uint32_t i = 1; i < table->room; i++)
        if (table->all[i].task != NULL && table->all[i].lock == lock)
            return table->all[i].task;
    return NULL;
}

void sl__held_at_end(const sl_task *task)
{
    const sl__held_table *table = &task->loop->held;
    char function[256];

    fprintf(stderr,
            "starling: task '%s' returned without giving back a lock that it "
            "had taken\n",
            sl_task_name(task));
    for (uint32_t i = 1; i < table->room; i++) {
        const sl__held *held = &table->all[i];

        if (held->task != task)
            continue;
        sl__name_function((uintptr_t)held->where, function, sizeof function);
        fprintf(stderr, "    the lock at %p, taken in %s\n", held->lock,
                function);
    }
    abort();
}
