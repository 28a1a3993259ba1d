/* semaphore.h: a limit on how many tasks are somewhere at once. */
#ifndef STARLING_SEMAPHORE_H
#define STARLING_SEMAPHORE_H

#include <starling/api.h>
#include <starling/waitlist.h>

SL_BEGIN

/* Zero-initialised it has no permits; SL_SEMAPHORE_INIT(4) has four. */
typedef struct sl_semaphore {
    /* private */
    sl__waitlist waiters;
    long permits;
} sl_semaphore;

#define SL_SEMAPHORE_INIT(n)                                                   \
    {                                                                          \
        .permits = (n)                                                         \
    }

/* Take a permit, first come, first served. Returns 0 or SL_ECANCELED, and
 * then no permit is held. */
SL_API SL_WAITS int sl_semaphore_acquire(sl_semaphore *semaphore);

/* 0, or -EAGAIN where sl_semaphore_acquire() would have waited. */
SL_API int sl_semaphore_try_acquire(sl_semaphore *semaphore);

/* Give a permit back: to the task that waits longest, if one does. */
SL_API void sl_semaphore_release(sl_semaphore *semaphore);

SL_END

#endif
