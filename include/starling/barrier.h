/* barrier.h: a place where a fixed number of tasks wait for each other. */
#ifndef STARLING_BARRIER_H
#define STARLING_BARRIER_H

#include <stdbool.h>

#include <starling/api.h>
#include <starling/waitlist.h>

SL_BEGIN

/* SL_BARRIER_INIT(4) is for four tasks. Zero-initialised it stops nobody. */
typedef struct sl_barrier {
    /* private */
    sl__waitlist waiters;
    int parties, waiting;
    bool broken;
} sl_barrier;

#define SL_BARRIER_INIT(n)                                                     \
    {                                                                          \
        { 0, 0 }, (n), 0, false                                                \
    }

/* Wait until all parties are here; then the barrier is ready for the next
 * round. Returns this task's place in the order of arrival, 0 for the first
 * (so exactly one task of a round gets 0); SL_ECANCELED: this task has not
 * arrived, and the round needs another one in its place; or SL_EBROKEN. */
SL_API SL_WAITS int sl_barrier_wait(sl_barrier *barrier);

/* Give the barrier up: all waits, present and future, end with SL_EBROKEN. For
 * a party that will not come any more. */
SL_API void sl_barrier_abort(sl_barrier *barrier);

/* Make it as new; whoever waits gets SL_EBROKEN. */
SL_API void sl_barrier_reset(sl_barrier *barrier);

/* How many tasks wait at it now. */
SL_API int sl_barrier_waiting(const sl_barrier *barrier);

SL_END

#endif
