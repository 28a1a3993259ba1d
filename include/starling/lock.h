/* lock.h: a lock that one task holds at a time.
 *
 * Tasks of one loop never run at once, so a lock is needed only around code
 * that waits in the middle. It knows its owner: what would hang or break
 * another task's turn is an error instead. A task that returns and still holds
 * one, say after an error in the middle, ends the program: the message names
 * the task and the function that took the lock. Otherwise all who want it would
 * wait for ever. */
#ifndef STARLING_LOCK_H
#define STARLING_LOCK_H

#include <stdbool.h>
#include <stdint.h>

#include <starling/api.h>
#include <starling/task.h>
#include <starling/waitlist.h>

SL_BEGIN

/* Zero-initialised: free. */
typedef struct sl_lock {
    /* private */
    sl__waitlist waiters;
    sl_task *owner;
    uint32_t place; /* among all that is held */
} sl_lock;

/* Take the lock, first come, first served. Returns 0, SL_ECANCELED (the lock
 * is not held then), or SL_EDEADLOCK if this task holds it already. Give it
 * back before the task ends, and before the lock's memory goes. */
SL_API SL_WAITS int sl_lock_acquire(sl_lock *lock);

/* 0, SL_EDEADLOCK, or -EAGAIN where sl_lock_acquire() would have waited. */
SL_API int sl_lock_try_acquire(sl_lock *lock);

/* Give it back: to the task that waits longest, if one does. Returns 0, or
 * -EPERM if this task does not hold it. */
SL_API int sl_lock_release(sl_lock *lock);

/* Whether any task holds it. */
SL_API bool sl_lock_is_held(const sl_lock *lock);

SL_END

#endif
