/* clock.h: times and durations. Both are nanoseconds on the monotonic clock. */
#ifndef STARLING_CLOCK_H
#define STARLING_CLOCK_H

#include <stdint.h>

#include <starling/api.h>

SL_BEGIN

typedef int64_t sl_time;

#define SL_US(n) ((sl_time)(n)*1000)
#define SL_MS(n) ((sl_time)(n)*1000000)
#define SL_S(n) ((sl_time)(n)*1000000000)
#define SL_FOREVER INT64_MAX

/* The time now, exact, never going back. Where the calling thread's loop has
 * a virtual clock (see loop.h) it is that clock's time. Any thread. */
SL_API sl_time sl_now(void);

/* The clock for time limits: like sl_now(), but it stands still while the
 * whole process does, by Ctrl-Z or SIGSTOP, in a paused container, under a
 * debugger. The loop notices by a sleep that ends more than a second late, or
 * is told, see below; what it slept before that is taken for a part of it.
 * Only the difference of two values of one loop's thread says something. */
SL_API sl_time sl_now_awake(void);

/* Have each stop noticed, and when it ended, by a handler for SIGCONT; if the
 * program has one already, that one stays. sl_main() does it. */
SL_API void sl_stops_watch(void);

/* Suspend the calling task for `duration`; 0 and less only let others run.
 * Never wakes early. Tasks with equal deadlines wake in the order in which
 * they went to sleep. SL_FOREVER sleeps until the task is asked to stop: in a
 * program of sl_main() by Ctrl-C, so that it is no deadlock there. Returns 0 or
 * SL_ECANCELED. */
SL_API SL_WAITS int sl_sleep(sl_time duration);

/* The same until a point on the clock; one that has passed lets others run. */
SL_API SL_WAITS int sl_sleep_until(sl_time when);

SL_END

#endif
