/* Many futures at once: a watcher on each, one waiter for all of them.
 *
 * A gather that ends early must not leave tasks behind that it was trusted
 * with: it asks them to stop and stays until they have, without being
 * cancellable itself, just as a group's close does. A wait only looks on.
 */
#include <errno.h>
#include <stdlib.h>

#include <starling/error.h>

#include "base/given.h"
#include "sync/future.h"

enum { FEW = 8 }; /* futures whose watchers need no heap */

typedef struct gathering {
    sl__waiter waiter;
    int until;         /* SL_ALL ... */
    int left;          /* futures that are not settled */
    sl_future *failed; /* the first that did */
} gathering;

typedef struct gather_watcher {
    sl__watcher watcher;
    gathering *gathering;
} gather_watcher;

static void count_down(sl__watcher *watcher, sl_future *future)
{
    gathering *all =
        sl__container_of(watcher, gather_watcher, watcher)->gathering;

    all->left--;
    if (future->rc < 0 && all->failed == NULL)
        all->failed = future;
    if (all->left == 0 || all->until == SL_FIRST_DONE ||
        (all->until == SL_FIRST_ERROR && all->failed != NULL))
        sl__complete(&all->waiter, 0);
}

static int park_with(gathering *all, gather_watcher *watchers, int n,
                     sl_future *const futures[])
{
    int rc;

    for (int i = 0; i < n; i++) {
        watchers[i] =
            (gather_watcher){ .watcher.settled = count_down, .gathering = all };
        sl__future_watch(futures[i], &watchers[i].watcher);
    }
    rc = sl__park(&all->waiter);
    for (int i = 0; i < n; i++)
        sl__future_unwatch(&watchers[i].watcher);
    return rc;
}

/* 0 when it is as `until` says, SL_ECANCELED or -ENOMEM. */
static int watch(gathering *all, int n, sl_future *const futures[])
{
    gather_watcher few[FEW], *many;
    int rc = sl__wait_begin();

    if (rc < 0 || n <= 0)
        return rc;
    all->left = n;
    if (n <= FEW)
        return park_with(all, few, n, futures);
    many = calloc((size_t)n, sizeof *many);
    if (many == NULL)
        return -ENOMEM;
    rc = park_with(all, many, n, futures);
    free(many);
    return rc;
}

int sl_wait(int n, sl_future *const futures[], int until)
{
    gathering all = { .waiter.what = "futures", .until = until };
    int rc, done = 0;

    sl_given_bytes(futures, n);
    for (int i = 0; i < n; i++)
        sl_given(futures[i]);
    rc = watch(&all, n, futures);
    if (rc < 0)
        return rc;
    for (int i = 0; i < n; i++)
        done += futures[i]->done;
    return done;
}

/* All are asked before any is waited for, so that they stop side by side. */
static void stop_tasks(int n, sl_future *const futures[])
{
    for (int i = 0; i < n; i++)
        if (!futures[i]->done && futures[i]->task != NULL)
            sl_task_cancel(futures[i]->task, "what gathered it has ended");
    for (int i = 0; i < n; i++)
        if (futures[i]->task != NULL)
            sl__future_wait_uncancelled(futures[i]);
}

static bool waits_for_itself(int n, sl_future *const futures[])
{
    sl_task *me = sl_self();

    for (int i = 0; i < n; i++)
        if (futures[i]->task == me && !futures[i]->done)
            return true;
    return false;
}

int sl_gather(int n, sl_future *const futures[], int rcs[])
{
    gathering all = { .waiter.what = "futures",
                      .until = rcs != NULL ? SL_ALL : SL_FIRST_ERROR };
    int rc;

    sl_given_bytes(futures, n);
    for (int i = 0; i < n; i++)
        sl_given(futures[i]);
    if (waits_for_itself(n, futures))
        return SL_EDEADLOCK;
    rc = watch(&all, n, futures);
    if (rc < 0 || (rcs == NULL && all.failed != NULL))
        stop_tasks(n, futures);
    for (int i = 0; i < n && rcs != NULL; i++)
        rcs[i] = futures[i]->done ? futures[i]->rc : SL_ENOTREADY;
    if (rc == 0 && rcs == NULL && all.failed != NULL)
        return sl__future_tell(all.failed);
    return rc;
}
