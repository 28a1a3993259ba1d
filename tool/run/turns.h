/* turns.h: when a job's turn at a worker comes. */
#ifndef TOOL_RUN_TURNS_H
#define TOOL_RUN_TURNS_H

#include <starling/clock.h>

/* A job that was handed to the pool. */
typedef struct turn {
    struct turn *next;
    sl_time began; /* a worker has it since; 0: it waits */
} turn;

typedef struct turns {
    int free; /* workers */
    turn *first, **last;
} turns;

void turns_init(turns *turns, int workers);

/* Around sl_pool_run(): `turn` is the caller's, until turns_leave(). */
void turns_enter(turns *turns, turn *turn);
void turns_leave(turns *turns, turn *turn);

#endif
