/* future.h: a place for one result that comes later.
 *
 * Futures are counted references: sl_future_new() makes one, sl_future_ref()
 * another, sl_future_drop() gives one up. Who waits for a future holds one
 * until the wait is over. The first outcome stays.
 *
 * A plain future is settled by whoever likes to, the future of a task by the
 * task's end. Everything here belongs to the thread of one loop.
 */
#ifndef STARLING_FUTURE_H
#define STARLING_FUTURE_H

#include <starling/api.h>
#include <starling/task.h>

SL_BEGIN

typedef struct sl_future sl_future;

/* NULL without memory. */
SL_API sl_future *sl_future_new(void);
SL_API sl_future *sl_future_ref(sl_future *future);
SL_API void sl_future_drop(sl_future *future);

/* Settle the future with a result and, if wanted, a pointer; takes `value`:
 * drop(value) runs if nobody collects it with sl_future_result(). Waiters and
 * callbacks follow in order, later. Returns 0, SL_EREUSED if it was settled
 * before (drop(value) has then run), or -ENOMEM if it is settled but there was
 * no memory to have its callbacks called. For plain futures only. */
SL_API int sl_future_resolve(sl_future *future, int rc, void *value,
                             void (*drop)(void *));

/* Settle it with the error `rc` and a text, which everyone who waits for it
 * finds in sl_errmsg(). Returns as sl_future_resolve(). */
SL_API int sl_future_fail(sl_future *future, int rc, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

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

/* Take such calls, the same in both, back unless they have been made. Returns
 * how many. */
SL_API int sl_future_remove_done(sl_future *future,
                                 void (*cb)(sl_future *, void *), void *arg);

/* The result of a task as a future; its pointer is that of sl_return(), lent as
 * long as the future is held. The future may outlive the task's group, though
 * not its loop; the task may not. NULL without memory. */
SL_API sl_future *sl_task_future(sl_task *task);

/* A future that is settled as `future` is, and shares its result, but is no
 * task's: a gather that waits for the shield leaves the task alone. NULL
 * without memory. */
SL_API sl_future *sl_shield(sl_future *future);

/* Wait for all of `futures`. With rc == NULL the first error, in time, ends the
 * wait and is returned; else every outcome is stored in rc[] and 0 is returned
 * (where their group spares the others, see group.h: otherwise a task that
 * fails stops those and this wait).
 *
 * A gather owns the tasks that it waits for: when it ends early (an error, a
 * request to stop, -ENOMEM) it cancels those whose futures it was given, and
 * returns once they have ended. Plain futures and shields are left alone; rc[]
 * says SL_ENOTREADY for those that are not settled. Returns SL_EDEADLOCK if one
 * of the tasks is the caller. */
SL_API SL_WAITS int sl_gather(int n, sl_future *const futures[], int rc[]);

/* Wait until all, one, or one failed. Owns nothing: a cancelled wait leaves the
 * futures alone. Returns how many are settled, SL_ECANCELED or -ENOMEM. */
enum { SL_ALL, SL_FIRST_DONE, SL_FIRST_ERROR };
SL_API SL_WAITS int sl_wait(int n, sl_future *const futures[], int until);

/* Futures in the order in which they are settled:
 *
 *     sl_completions *each = sl_completions_new(n, futures);
 *     while ((rc = sl_completions_next(each, &future)) > 0)
 *         ...
 *     sl_completions_free(each);
 *
 * Those that are settled already come first, in the order given. NULL without
 * memory; free it when no task waits at it. */
typedef struct sl_completions sl_completions;
SL_API sl_completions *sl_completions_new(int n, sl_future *const futures[]);
SL_API void sl_completions_free(sl_completions *completions);

/* Wait for the next one: 1 and the future, lent until the free; 0 when all have
 * been given out; or SL_ECANCELED, which loses none. */
SL_API SL_WAITS int sl_completions_next(sl_completions *completions,
                                        sl_future **future);

SL_END

#endif
