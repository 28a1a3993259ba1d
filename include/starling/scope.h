/* scope.h: deadlines, cancellation and shields for a stretch of code.
 *
 *     sl_scope limit;
 *     sl_timeout_open(&limit, SL_S(5));
 *     rc = talk_to_server();                 every wait in here is bounded
 *     rc = sl_scope_close(&limit, rc);       SL_ETIMEDOUT if the 5 s were over
 *
 * A scope lives in the frame that opened it and is closed there; scopes nest.
 * Cancellation is level-triggered: once a scope is cancelled, every wait in it
 * returns SL_ECANCELED until it is closed. An operation that has completed is
 * never un-completed; the cancellation shows at the next wait.
 */
#ifndef STARLING_SCOPE_H
#define STARLING_SCOPE_H

#include <stdbool.h>
#include <stdint.h>

#include <starling/clock.h>
#include <starling/task.h>

SL_BEGIN

/* A deadline in a loop's heap; private, here only because scopes embed it. */
typedef struct sl__timer {
    sl_time when;
    uint64_t slot; /* its number in the heap plus one; 0 when not armed */
    void (*fire)(struct sl__timer *timer);
} sl__timer;

typedef struct sl_scope sl_scope;
struct sl_scope {
    /* private */
    sl__timer timer;
    sl_time end; /* on the clock of sl_now_awake(); 0: that one is not asked */
    sl_scope *outer, *inner; /* in the chain of the task that opened it */
    sl_task *task;
    const char *why;
    uint8_t kind;
    bool cancelled; /* by its own deadline or by sl_scope_cancel() */
    bool expired;   /* its deadline has passed */
    bool caught;
    bool in_effect; /* waits inside are cancelled, by it or from outside */
};

/* Bound everything until the close: by a duration, or by a point in time.
 * SL_FOREVER bounds nothing; a deadline that has passed cancels at once. Of a
 * duration counts the time in which the process was not stopped, see
 * sl_now_awake(): whoever goes on after Ctrl-Z finds no limit passed. */
SL_API void sl_timeout_open(sl_scope *scope, sl_time after);
SL_API void sl_deadline_open(sl_scope *scope, sl_time when);

/* Keep requests from outside away until the close, for `grace` at most: for
 * clean-up that must wait. Afterwards they are in force again. */
SL_API void sl_shield_open(sl_scope *scope, sl_time grace);

/* Cancel what happens inside the scope; nothing, once it is closed. `why` must
 * live as long as the scope. Only from the thread of its loop. */
SL_API void sl_scope_cancel(sl_scope *scope, const char *why);

/* Close the innermost open scope of this task, which must be `scope`, and
 * translate `rc`: SL_ECANCELED caused by this scope's deadline becomes
 * SL_ETIMEDOUT, by its sl_scope_cancel() 0 (see sl_scope_caught). Everything
 * else passes through. Never waits. */
SL_API int sl_scope_close(sl_scope *scope, int rc);

/* After the close: whether it turned an SL_ECANCELED into something else. */
SL_API bool sl_scope_caught(const sl_scope *scope);

/* Run fn(arg) inside a time limit. Returns its result or SL_ETIMEDOUT. */
SL_API SL_WAITS int sl_with_timeout(sl_time after, sl_fn *fn, void *arg);

SL_END

#endif
