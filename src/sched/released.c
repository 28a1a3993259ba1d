/* A second release reads, and frees, memory that belongs to nobody or to
 * somebody else by then, and the program falls over elsewhere, if at all. In
 * debug mode the last thousand objects keep their memory, so that their
 * addresses stay theirs, and an object that is released again is known.
 */
#include "sched/released.h"

#include <stdio.h>
#include <stdlib.h>

#include "sched/debug.h"
#include "sched/loop.h"

enum { KEPT = 1000 };

struct released {
    void *objects[KEPT];
    size_t next; /* the oldest */
};

void sl__release(void *object)
{
    sl_loop *loop = sl__current_loop;
    struct released *released;

    if (loop == NULL || loop->debug == NULL) {
        free(object);
        return;
    }
    if (loop->released == NULL)
        loop->released = calloc(1, sizeof *released);
    released = loop->released;
    if (released == NULL) { /* then the object only is not watched */
        free(object);
        return;
    }
    free(released->objects[released->next]);
    released->objects[released->next] = object;
    released->next = (released->next + 1) % KEPT;
}

__attribute__((noreturn, cold)) static void released_twice(const char *kind)
{
    const sl_task *task = sl_self();

    fprintf(stderr, "starling: %s%s%s released a %s that had been released\n",
            task != NULL ? "task '" : "a callback",
            task != NULL ? sl_task_name(task) : "", task != NULL ? "'" : "",
            kind);
    abort();
}

void sl__not_released(const void *object, const char *kind)
{
    const sl_loop *loop = sl__current_loop;

    if (loop == NULL || loop->released == NULL)
        return;
    for (size_t i = 0; i < KEPT; i++)
        if (loop->released->objects[i] == object)
            released_twice(kind);
}

void sl__released_free(sl_loop *loop)
{
    if (loop->released == NULL)
        return;
    for (size_t i = 0; i < KEPT; i++)
        free(loop->released->objects[i]);
    free(loop->released);
    loop->released = NULL;
}
