/* lock.h: what a condition needs of a lock. */
#ifndef SL_SYNC_LOCK_H
#define SL_SYNC_LOCK_H

#include <starling/lock.h>

#include "sched/park.h"

/* Complete `waiter`, which is on no list and whose task is known, with 0 as
 * soon as that task has the lock: now, or in its turn. Its `arg` is where in
 * the program that is. */
void sl__lock_enqueue(sl_lock *lock, sl__waiter *waiter);

#endif
