/* coro.h: a call that is prepared now and made later, once.
 *
 *     sl_coro *coro = sl_coro_new(fetch, &args, sizeof args);
 *     rc = sl_coro_wait(coro);               runs fetch() here
 *     sl_coro_free(coro);
 *
 * Calling the function is simpler where that will do. Objects are for code that
 * takes work from one place and decides in another when, or in which group, it
 * is done.
 */
#ifndef STARLING_CORO_H
#define STARLING_CORO_H

#include <stddef.h>

#include <starling/api.h>
#include <starling/future.h>
#include <starling/group.h>

SL_BEGIN

typedef struct sl_coro sl_coro;

/* Prepare fn(args) with a copy of the `size` bytes at `args`, which lives until
 * fn has returned; `size` 0 borrows `args`. NULL without memory.
 *
 * Made inside a loop, it belongs to that: what is left when the loop closes is
 * freed. In debug mode (debug.h), one that is freed without having been used is
 * reported with the place where it was made. */
#define sl_coro_new(fn, args, size)                                            \
    sl_coro_new_at((fn), (args), (size), __FILE__, __LINE__)
SL_API sl_coro *sl_coro_new_at(sl_fn *fn, const void *args, size_t size,
                               const char *file, int line);

/* Allowed while a task that came from it still runs. */
SL_API void sl_coro_free(sl_coro *coro);

/* Make the call in this task. Returns its result; SL_ECANCELED if this task was
 * asked to stop before (the object is not used up then); or SL_EREUSED. */
SL_API SL_WAITS int sl_coro_wait(sl_coro *coro);

/* Make the call in a new task of `group`; as sl_group_spawn(). A second use is
 * a task that fails with SL_EREUSED. */
SL_API sl_task *sl_coro_spawn(sl_group *group, sl_coro *coro);

/* The same, and the task's result as a future, which sl_gather() owns (see
 * future.h). The group owns the task as ever. NULL without memory: then the
 * object has not been used. */
SL_API sl_future *sl_coro_future(sl_group *group, sl_coro *coro);

SL_END

#endif
