/* condition.h: wait, with a lock given up meanwhile, for what another task will
 * make true.
 *
 *     rc = sl_lock_acquire(&lock);
 *     while (rc == 0 && !ready)
 *         rc = sl_condition_wait(&condition, &lock);
 *     ...                                   the lock is held, whatever rc is,
 *     sl_lock_release(&lock);               unless acquiring it failed
 */
#ifndef STARLING_CONDITION_H
#define STARLING_CONDITION_H

#include <starling/api.h>
#include <starling/lock.h>
#include <starling/waitlist.h>

SL_BEGIN

/* Zero-initialised: nobody waits. */
typedef struct sl_condition {
    /* private */
    sl__waitlist waiters;
} sl_condition;

/* Give the lock up, wait for a notification, take the lock again in its turn.
 * Returns 0, SL_ECANCELED, or -EPERM if this task does not hold the lock. The
 * lock is held again also after SL_ECANCELED: taking it back is not cut short,
 * so whoever holds it must not wait for this task. No wake-up without a
 * notification; still check what was waited for, as another task may have come
 * in between. */
SL_API SL_WAITS int sl_condition_wait(sl_condition *condition, sl_lock *lock);

/* Wake the `n` tasks that wait longest, or all. Each runs once it has its lock.
 * A notification never goes to a task that was cancelled before it. Usually
 * called with the lock held, so that nobody comes in between. */
SL_API void sl_condition_notify(sl_condition *condition, int n);
SL_API void sl_condition_notify_all(sl_condition *condition);

SL_END

#endif
