/* timers.h: deadlines in order: earliest first, equal ones in arming order. */
#ifndef SL_SCHED_TIMERS_H
#define SL_SCHED_TIMERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <starling/scope.h>

typedef struct sl__timers {
    struct sl__timer_entry *heap;
    union sl__timer_place *places; /* of a number: whose it is */
    uint32_t free_number;
    size_t count, dead, capacity; /* entries, those of disarmed ones included */
    uint64_t armed;               /* place in the order of the next one */
} sl__timers;

/* From so many on, the order is counted anew at the next round. */
#define SL__TIMERS_COUNTED ((uint64_t)1 << 39)

/* Add a timer that is not armed, with its `when` and `fire` set; 0 or -ENOMEM.
 * The memory is the caller's and must stay until it fires or is disarmed. */
int sl__timers_arm(sl__timers *timers, sl__timer *timer);

/* Remove it; one that is not armed is left alone. */
void sl__timers_disarm(sl__timers *timers, sl__timer *timer);

/* The earliest deadline, SL_FOREVER if there is none. */
sl_time sl__timers_next(sl__timers *timers);

/* A round begins: what is armed from now on is not of it. Returns its end. */
uint64_t sl__timers_round(sl__timers *timers);

/* Remove and return the earliest if its deadline is not after `now` and it was
 * armed before `end`, see above; else NULL. */
sl__timer *sl__timers_take(sl__timers *timers, sl_time now, uint64_t end);

void sl__timers_fini(sl__timers *timers);

static inline bool sl__timer_is_armed(const sl__timer *timer)
{
    return timer->slot != 0;
}

#endif
