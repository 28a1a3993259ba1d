/* A counter with a line before it. Only the first in the line looks at the
 * counter, so a large picture cannot be overtaken for ever by small ones. */
#include "run/budget.h"

#include <starling/cores.h>

enum { SHARE = 8, STANDARD_MOST = 256 << 20 };

uint64_t budget_standard(void)
{
    uint64_t share = sl_memory_granted() / SHARE;

    return share < STANDARD_MOST ? share : STANDARD_MOST;
}

void budget_init(budget *budget, uint64_t limit)
{
    *budget = (struct budget){ .limit = limit, .turn = SL_SEMAPHORE_INIT(1) };
}

int budget_take(budget *budget, uint64_t bytes)
{
    int rc = sl_semaphore_acquire(&budget->turn);

    if (rc < 0)
        return rc;
    while (rc == 0 && budget->used > 0 &&
           budget->used + bytes > budget->limit) {
        sl_event_clear(&budget->room);
        rc = sl_event_wait(&budget->room);
    }
    if (rc == 0)
        budget->used += bytes;
    sl_semaphore_release(&budget->turn);
    return rc;
}

void budget_give(budget *budget, uint64_t bytes)
{
    budget->used -= bytes;
    sl_event_set(&budget->room);
}

void budget_correct(budget *budget, uint64_t from, uint64_t to)
{
    budget->used += to;
    budget_give(budget, from);
}
