/* rwlock.h: a lock that many readers or one writer hold.
 *
 * Fair: everybody enters in the order of the calls, and readers that come in a
 * row enter together. So neither side can starve the other; the price is that
 * a reader which asks a second time while a writer waits, waits for ever. */
#ifndef STARLING_RWLOCK_H
#define STARLING_RWLOCK_H

#include <stdint.h>

#include <starling/api.h>
#include <starling/task.h>
#include <starling/waitlist.h>

SL_BEGIN

/* Zero-initialised: free. */
typedef struct sl_rwlock {
    /* private */
    sl__waitlist waiters;
    sl_task *writer;
    long readers;   /* that are inside */
    uint32_t place; /* of the writer's, among all that is held */
} sl_rwlock;

/* Enter as a reader or as the writer. Returns 0, SL_ECANCELED (nothing is held
 * then), or SL_EDEADLOCK if this task is the writer already. A reader must
 * leave before it comes back as a writer. */
SL_API SL_WAITS int sl_rwlock_acquire_read(sl_rwlock *lock);
SL_API SL_WAITS int sl_rwlock_acquire_write(sl_rwlock *lock);

/* 0, SL_EDEADLOCK, or -EAGAIN where the plain name would have waited. */
SL_API int sl_rwlock_try_acquire_read(sl_rwlock *lock);
SL_API int sl_rwlock_try_acquire_write(sl_rwlock *lock);

/* Leave, at the latest before the task ends: for a writer see lock.h; readers
 * are only counted, and may leave for one another. Returns 0, or -EPERM if no
 * reader is inside, or if this task is not the writer. */
SL_API int sl_rwlock_release_read(sl_rwlock *lock);
SL_API int sl_rwlock_release_write(sl_rwlock *lock);

SL_END

#endif
