/* patience.h: whether to look for a while before going to sleep.
 *
 * Waking a core that sleeps takes some 25 us each way. A loop whose waits are
 * shorter than that is better off looking again and again; every other loop
 * would only burn time that belongs to somebody else. So a loop polls after a
 * run of short waits, for at most SL__LOOK_NS at a time, and as long as that
 * pays: what it finds buys further looks, looks in vain cost several of them,
 * and each time the account is overdrawn the run that must come first is
 * longer.
 */
#ifndef SL_SCHED_PATIENCE_H
#define SL_SCHED_PATIENCE_H

#include <stdbool.h>

#include <starling/clock.h>

enum {
    SL__LOOK_NS = 20000,
    SL__SHORT_WAIT_NS = 60000, /* asleep, both wake-ups included */
    SL__CROWDED_NS = 10000,    /* giving way takes less if nobody waits */
    SL__CROWDED_PAUSE_NS = 100000000, /* then nothing is tried for 0.1 s */
};

typedef struct sl__patience {
    int credit;     /* looks in vain that are still paid for, times four */
    int short_run;  /* short waits one after another, asleep */
    int wanted_run; /* so many before polling is tried; 0: never tried yet */
    sl_time not_before;
} sl__patience;

/* How long to look before the wait that begins now; 0: sleep at once. */
sl_time sl__patience_look(const sl__patience *patience, sl_time now);

/* What came of it: something was found while looking, or not. */
void sl__patience_found(sl__patience *patience);
void sl__patience_in_vain(sl__patience *patience);

/* A wait asleep has taken so long. */
void sl__patience_slept(sl__patience *patience, sl_time duration);

/* Somebody else wants this core. */
void sl__patience_crowded(sl__patience *patience, sl_time now);

#endif
