/* awake.h: the time in which the process ran, for limits; see awake.c. */
#ifndef SL_SCHED_AWAKE_H
#define SL_SCHED_AWAKE_H

#include <stdbool.h>

#include <starling/clock.h>

typedef struct sl__awake {
    sl_time seen;       /* the latest look */
    sl_time asked;      /* asleep until then; 0: awake */
    sl_time lost;       /* stood still, in all */
    unsigned continued; /* of sl__awake_continued, at the latest look */
} sl__awake;

/* How often the process has been told to continue (SIGCONT). */
extern unsigned sl__awake_continued;

/* What sl__awake_look() found to be worth a second look. */
void sl__awake_find_gap(sl__awake *awake, sl_time now);

enum { SL__AWAKE_OVERSLEPT_NS = 1000000000 };

/* Look, at `now` on the monotonic clock, for time that was lost. Once a turn
 * of the loop: more often makes what is found more exact. */
static inline void sl__awake_look(sl__awake *awake, sl_time now)
{
    bool overslept =
        awake->asked != 0 && now - SL__AWAKE_OVERSLEPT_NS > awake->asked;

    if (__builtin_expect(overslept || awake->continued !=
                                          __atomic_load_n(&sl__awake_continued,
                                                          __ATOMIC_RELAXED),
                         0))
        sl__awake_find_gap(awake, now);
    awake->seen = now;
    awake->asked = 0;
}

#endif
