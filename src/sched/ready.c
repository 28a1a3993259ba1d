/* Room in the ready ring. It is made when records are, so that a task which
 * exists can always be woken. */
#include <errno.h>
#include <stdlib.h>

#include "sched/loop.h"

enum { FIRST_SLOTS = 256 };

int sl__ready_reserve(sl_loop *loop, size_t count)
{
    ready_ring *ready = &loop->ready;
    size_t size = ready->slots != NULL ? (size_t)ready->mask + 1 : 0;
    size_t wanted = size > 0 ? size : FIRST_SLOTS;
    sl_task **slots;
    uint32_t n = ready->tail - ready->head;

    if (count <= size)
        return 0;
    while (wanted < count)
        wanted *= 2;
    slots = wanted <= UINT32_MAX ? malloc(wanted * sizeof(*slots)) : NULL;
    if (slots == NULL)
        return -ENOMEM;
    for (uint32_t i = 0; i < n; i++)
        slots[i] = ready->slots[(ready->head + i) & ready->mask];
    free(ready->slots);
    *ready = (ready_ring){ slots, 0, n, (uint32_t)(wanted - 1) };
    return 0;
}
