/* retry.h: try again what failed, after a pause that grows. */
#ifndef STARLING_RETRY_H
#define STARLING_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include <starling/api.h>
#include <starling/clock.h>
#include <starling/task.h>

SL_BEGIN

typedef struct sl_backoff {
    int attempts;    /* in all; 0: 4 */
    sl_time first;   /* the longest pause after the first; 0: 100 ms */
    sl_time longest; /* no pause is longer; 0: 10 s */
    int factor;      /* from one pause's bound to the next; 0: 2 */
    /* Whether the error is worth another attempt; NULL: every one is. */
    bool (*is_transient)(int rc, void *arg);
    uint64_t seed; /* of the pauses, for repeatable runs; 0: from the clock */
} sl_backoff;

/* Call fn(arg) until it returns 0 or more, or fails for good. Each pause is a
 * random part of its bound, anything from none to all of it, so that many who
 * failed together do not come back together. Returns the last result of fn. A
 * request to stop is never retried: SL_ECANCELED from fn is returned at once,
 * and so is one that comes during a pause. `backoff` may be NULL. */
SL_API SL_WAITS int sl_retry(const sl_backoff *backoff, sl_fn *fn, void *arg);

SL_END

#endif
