/* future.h: a place for one result that comes later.
 *
 * Futures are counted references: sl_future_new() makes one, sl_future_ref()
 * another, sl_future_drop() gives one up. The first outcome stays.
 */
#ifndef STARLING_FUTURE_H
#define STARLING_FUTURE_H

#include <starling/api.h>

SL_BEGIN

typedef struct sl_future sl_future;

/* NULL without memory. */
SL_API sl_future *sl_future_new(void);
SL_API sl_future *sl_future_ref(sl_future *future);
SL_API void sl_future_drop(sl_future *future);

/* Settle the future with a result and, if wanted, a pointer; takes `value`:
 * drop(value) runs if nobody collects it with sl_future_result(). Waiters and
 * callbacks follow in order, later. Returns 0, or SL_EREUSED if it was settled
 * before (drop(value) has then run). Only from the loop's thread. */
SL_API int sl_future_resolve(sl_future *future, int rc, void *value,
                             void (*drop)(void *));

/* Whether it is settled. */
SL_API int sl_future_is_done(const sl_future *future);

/* Wait for the outcome. Returns its rc, or SL_ECANCELED if this task was
 * asked to stop, which leaves the future alone. */
SL_API SL_WAITS int sl_future_wait(sl_future *future);

/* The outcome without waiting: rc, and the pointer in *value (may be NULL),
 * which the caller then owns; a second call gets the same pointer, lent.
 * SL_ENOTREADY if it is not settled. */
SL_API int sl_future_result(sl_future *future, void **value);

/* Call cb(future, arg) on the loop after it is settled, soon if it already
 * is. Callbacks run in the order of these calls. Returns 0 or -ENOMEM. */
SL_API int sl_future_on_done(sl_future *future, void (*cb)(sl_future *, void *),
                             void *arg);

/* Wait for all of `futures`. With rc == NULL the first error ends the wait and
 * is returned; else every outcome is stored in rc[] and 0 is returned. */
SL_API SL_WAITS int sl_gather(int n, sl_future *const futures[], int rc[]);

/* Wait until all, one, or one failed. Returns how many are settled. */
enum { SL_ALL, SL_FIRST_DONE, SL_FIRST_ERROR };
SL_API SL_WAITS int sl_wait(int n, sl_future *const futures[], int until);

SL_END

#endif
