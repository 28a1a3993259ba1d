/* Retries: exponential bounds, full jitter.
 *
 * A pause that is exactly the bound keeps those in step who failed in step; a
 * uniformly random part of it spreads them over the whole of it, at half the
 * time on average. */
#include <starling/retry.h>

#include <stddef.h>

#include <starling/error.h>
#include <starling/scope.h>

#include "base/given.h"
#include "sched/park.h"

enum { ATTEMPTS = 4, FACTOR = 2 };

/* splitmix64: one step of a counter, well mixed. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t x = *state += 0x9e3779b97f4a7c15u;

    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

/* Sleep. Our floor has no clock of its own, but a limit on a wait for nothing
 * is one. */
static int pause_for(sl_time duration)
{
    sl__waiter waiter = { .what = "the next attempt" };
    sl_scope limit;
    int rc;

    sl_timeout_open(&limit, duration);
    rc = sl__wait_begin();
    if (rc == 0)
        rc = sl__park(&waiter);
    rc = sl_scope_close(&limit, rc);
    return rc == SL_ETIMEDOUT ? 0 : rc;
}

/* Filled in where the caller left zeros. */
static sl_backoff with_defaults(const sl_backoff *from, const void *arg)
{
    sl_backoff b = from != NULL ? *from : (sl_backoff){ 0 };

    if (b.attempts <= 0)
        b.attempts = ATTEMPTS;
    if (b.first <= 0)
        b.first = SL_MS(100);
    if (b.longest <= 0)
        b.longest = SL_S(10);
    if (b.factor <= 0)
        b.factor = FACTOR;
    if (b.seed == 0)
        b.seed = (uint64_t)sl_now() ^ (uint64_t)(uintptr_t)arg;
    return b;
}

static sl_time next_bound(const sl_backoff *b, sl_time bound)
{
    if (__builtin_mul_overflow(bound, b->factor, &bound) || bound > b->longest)
        return b->longest;
    return bound;
}

int sl_retry(const sl_backoff *backoff, sl_fn *fn, void *arg)
{
    sl_given(fn);

    sl_backoff b = with_defaults(backoff, arg);
    sl_time bound = b.first < b.longest ? b.first : b.longest;
    int rc = sl__wait_begin();

    if (rc < 0)
        return rc;
    for (int attempt = 1;; attempt++) {
        int stopped;

        rc = fn(arg);
        if (rc >= 0 || rc == SL_ECANCELED || attempt == b.attempts ||
            (b.is_transient != NULL && !b.is_transient(rc, arg)))
            return rc;
        stopped =
            pause_for((sl_time)(next_random(&b.seed) % ((uint64_t)bound + 1)));
        if (stopped < 0)
            return stopped;
        bound = next_bound(&b, bound);
    }
}
