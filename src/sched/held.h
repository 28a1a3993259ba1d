/* held.h: what tasks have taken and must give back before they end.
 *
 * A task that ends with a lock leaves those who wait for it waiting for ever,
 * far from the place where the release is missing. So each task counts what it
 * holds, which its end asks for with one byte, and a table of the loop's has
 * what a person wants to know then. The table and not the lock: a lock may be
 * gone by then, with the frame that it was in.
 */
#ifndef SL_SCHED_HELD_H
#define SL_SCHED_HELD_H

#include "sched/loop.h"

/* Have room in the table; false without memory. */
bool sl__held_grow(sl__held_table *table);

/* The task has taken `lock`, by a call from `where`. Returns what to
 * give it back by; 0 without memory, and then it is only counted. */
static inline uint32_t sl__held_add(sl_task *task, const void *lock,
                                    const void *where)
{
    sl__held_table *table = &task->loop->held;
    uint32_t place = table->free;

    task->holds++;
    if (__builtin_expect(place == 0, 0)) {
        if (!sl__held_grow(table))
            return 0;
        place = table->free;
    }
    table->free = table->all[place].next;
    table->all[place] =
        (sl__held){ .task = task, .lock = lock, .where = where };
    return place;
}

static inline void sl__held_remove(sl_task *task, uint32_t place)
{
    sl__held_table *table = &task->loop->held;

    task->holds--;
    if (place == 0)
        return;
    table->all[place].task = NULL;
    table->all[place].next = table->free;
    table->free = place;
}

/* Who holds it; NULL: nobody, or it is nothing that is held. */
const sl_task *sl__held_by(const sl_loop *loop, const void *lock);

/* The task has returned and holds something. */
void sl__held_at_end(const sl_task *task) __attribute__((noreturn, cold));

#endif
