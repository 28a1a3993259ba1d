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
        { 0, 0 }, (n)                                                          \
    }

/* Take a permit, first come, first served. Returns 0 or SL_ECANCELED, and
 * then no permit is held. */
SL_API SL_WAITS int sl_semaphore_acquire(sl_semaphore *semaphore);

/* Take `n` (at least 1) permits at once. Who waits for many is not overtaken
 * by those behind who want few. Returns as above, or -EINVAL for n < 1. */
SL_API SL_WAITS int sl_semaphore_acquire_many(sl_semaphore *semaphore, long n);

/* 0, or -EAGAIN where the plain names would have waited. */
SL_API int sl_semaphore_try_acquire(sl_semaphore *semaphore);
SL_API int sl_semaphore_try_acquire_many(sl_semaphore *semaphore, long n);

/* Give a permit, or `n`, back: to the tasks that wait longest, if any do. */
SL_API void sl_semaphore_release(sl_semaphore *semaphore);
SL_API void sl_semaphore_release_many(sl_semaphore *semaphore, long n);

/* Permits that are neither held nor promised to a waiter. */
SL_API long sl_semaphore_available(const sl_semaphore *semaphore);

/* The same with a bound: it never has more permits than in the beginning, so
 * that one release too many is an error where it happens instead of a limit
 * that is quietly wrong. SL_BOUNDED_SEMAPHORE_INIT(4) has four. */
typedef struct sl_bounded_semaphore {
    /* private */
    sl_semaphore semaphore;
    long bound;
} sl_bounded_semaphore;

#define SL_BOUNDED_SEMAPHORE_INIT(n)                                           \
    {                                                                          \
        SL_SEMAPHORE_INIT(n), (n)                                              \
    }

/* As above; also -EINVAL for more permits than there can ever be. */
SL_API SL_WAITS int
sl_bounded_semaphore_acquire(sl_bounded_semaphore *semaphore);
SL_API SL_WAITS int
sl_bounded_semaphore_acquire_many(sl_bounded_semaphore *semaphore, long n);
SL_API int sl_bounded_semaphore_try_acquire(sl_bounded_semaphore *semaphore);

/* 0, or -EOVERFLOW if more would be given back than were taken; nothing has
 * been given back then. */
SL_API int sl_bounded_semaphore_release(sl_bounded_semaphore *semaphore);
SL_API int sl_bounded_semaphore_release_many(sl_bounded_semaphore *semaphore,
                                             long n);

SL_END

#endif
