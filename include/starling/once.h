/* once.h: something that must be done once, by whoever needs it first. */
#ifndef STARLING_ONCE_H
#define STARLING_ONCE_H

#include <stdbool.h>

#include <starling/api.h>
#include <starling/task.h>
#include <starling/waitlist.h>

SL_BEGIN

/* Zero-initialised: not done. */
typedef struct sl_once {
    /* private */
    sl__waitlist waiters;
    sl_task *runner;
    int rc;
    bool done;
} sl_once;

/* Run fn(arg) in this task, unless that was done before; while another task is
 * at it, wait for it. Returns what the successful run returned, to every
 * caller.
 *
 * A failure (a negative result, SL_ECANCELED among them) does not count: it is
 * returned to the caller whose run it was, and the task that waits longest
 * tries with its own fn and arg. So no caller fails because another one was
 * cancelled. Also returns SL_ECANCELED for a cancelled wait, and SL_EDEADLOCK
 * from inside fn. */
SL_API SL_WAITS int sl_once_run(sl_once *once, sl_fn *fn, void *arg);

/* Whether a run has succeeded. */
SL_API bool sl_once_is_done(const sl_once *once);

SL_END

#endif
