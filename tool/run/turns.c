/* The pool takes more jobs than it has workers, so that a worker which becomes
 * free has the next one at hand, and serves them first come, first served.
 * Which of them wait follows from that; a trace that showed them all as being
 * worked on would show more cores than there are.
 */
#include "run/turns.h"

#include <stddef.h>

void turns_init(turns *turns, int workers)
{
    *turns = (struct turns){ .free = workers };
    turns->last = &turns->first;
}

static void begin_next(turns *turns)
{
    turn *next = turns->first;

    if (turns->free == 0 || next == NULL)
        return;
    turns->free--;
    turns->first = next->next;
    if (turns->first == NULL)
        turns->last = &turns->first;
    next->began = sl_now();
}

void turns_enter(turns *turns, turn *turn)
{
    *turn = (struct turn){ 0 };
    *turns->last = turn;
    turns->last = &turn->next;
    begin_next(turns);
}

static void unlink_waiting(turns *turns, turn *turn)
{
    struct turn **at = &turns->first;

    while (*at != turn)
        at = &(*at)->next;
    *at = turn->next;
    if (*at == NULL)
        turns->last = at;
}

void turns_leave(turns *turns, turn *turn)
{
    if (turn->began == 0) {
        unlink_waiting(turns, turn); /* cancelled before its turn */
        return;
    }
    turns->free++;
    begin_next(turns);
}
