/* Futures: the first outcome stays, everybody hears of it later.
 *
 * Settling only stores the outcome and wakes; callbacks run from the loop, in
 * the order in which they were added, so that whoever settles a future never
 * runs somebody else's code.
 */
#include <starling/future.h>

#include <errno.h>
#include <stdlib.h>

#include <starling/error.h>
#include <starling/loop.h>

#include "base/assert.h"
#include "base/list.h"
#include "sched/park.h"

typedef struct done_callback {
    sl__node node;
    void (*call)(sl_future *, void *);
    void *arg;
} done_callback;

/* One sl_gather() or sl_wait() that looks at this future. */
typedef struct watcher {
    sl__node node;
    struct gathering *gathering;
} watcher;

struct sl_future {
    unsigned refs;
    int rc;
    bool done, collected;
    void *value;
    void (*drop)(void *);
    sl__waitlist waiters;
    sl__list callbacks; /* done_callback */
    sl__list watchers;
};

sl_future *sl_future_new(void)
{
    sl_future *future = calloc(1, sizeof *future);

    if (future == NULL)
        return NULL;
    future->refs = 1;
    sl__list_init(&future->callbacks);
    sl__list_init(&future->watchers);
    return future;
}

sl_future *sl_future_ref(sl_future *future)
{
    future->refs++;
    return future;
}

void sl_future_drop(sl_future *future)
{
    sl__node *node;

    if (future == NULL || --future->refs > 0)
        return;
    if (future->done && !future->collected && future->drop != NULL)
        future->drop(future->value);
    while ((node = sl__list_take(&future->callbacks)) != NULL)
        free(sl__container_of(node, done_callback, node));
    free(future);
}

/* Runs on the loop; owns a reference to the future. */
static void run_callbacks(void *arg)
{
    sl_future *future = arg;
    sl__node *node;

    while ((node = sl__list_take(&future->callbacks)) != NULL) {
        done_callback *callback = sl__container_of(node, done_callback, node);

        callback->call(future, callback->arg);
        free(callback);
    }
    sl_future_drop(future);
}

static int schedule_callbacks(sl_future *future)
{
    if (sl_call_soon(sl_loop_current(), run_callbacks, future) == NULL)
        return -ENOMEM;
    sl_future_ref(future);
    return 0;
}

static void tell_watchers(sl_future *future);

int sl_future_resolve(sl_future *future, int rc, void *value,
                      void (*drop)(void *))
{
    if (future->done) {
        if (drop != NULL)
            drop(value);
        return SL_EREUSED;
    }
    future->done = true;
    future->rc = rc;
    future->value = value;
    future->drop = drop;
    sl__waitlist_wake_all(&future->waiters, 0);
    tell_watchers(future);
    /* Without memory the callbacks run with the next one that is added. */
    if (!sl__list_is_empty(&future->callbacks))
        return schedule_callbacks(future);
    return 0;
}

int sl_future_is_done(const sl_future *future)
{
    return future->done;
}

int sl_future_wait(sl_future *future)
{
    sl__waiter waiter = { .what = "future", .on = future };
    int rc = sl__wait_begin();

    if (rc < 0)
        return rc;
    if (!future->done) {
        sl__waitlist_append(&future->waiters, &waiter);
        rc = sl__park(&waiter);
        if (rc < 0)
            return rc;
    }
    return future->rc;
}

int sl_future_result(sl_future *future, void **value)
{
    if (!future->done)
        return SL_ENOTREADY;
    if (value != NULL) {
        *value = future->value;
        future->collected = true;
    }
    return future->rc;
}

int sl_future_on_done(sl_future *future, void (*call)(sl_future *, void *),
                      void *arg)
{
    done_callback *callback = malloc(sizeof *callback);
    bool first = sl__list_is_empty(&future->callbacks);

    if (callback == NULL)
        return -ENOMEM;
    *callback = (done_callback){ .call = call, .arg = arg };
    sl__list_append(&future->callbacks, &callback->node);
    if (future->done && first && schedule_callbacks(future) < 0) {
        sl__node_unlink(&callback->node);
        free(callback);
        return -ENOMEM;
    }
    return 0;
}

/* Many at once: a watcher on each future, one waiter for all of them. */

typedef struct gathering {
    sl__waiter waiter;
    int until; /* SL_ALL ... */
    int left;  /* futures that are not settled */
} gathering;

static void note(gathering *gathering, const sl_future *future)
{
    gathering->left--;
    if (gathering->left == 0 || gathering->until == SL_FIRST_DONE ||
        (gathering->until == SL_FIRST_ERROR && future->rc < 0))
        sl__complete(&gathering->waiter, 0);
}

static void tell_watchers(sl_future *future)
{
    sl__node *node;

    while ((node = sl__list_take(&future->watchers)) != NULL)
        note(sl__container_of(node, watcher, node)->gathering, future);
}

/* Watch all, park, stop watching. 0, SL_ECANCELED or -ENOMEM. */
static int watch(int n, sl_future *const futures[], int until)
{
    gathering all = { .waiter = { .what = "futures" },
                      .until = until,
                      .left = n };
    watcher *watchers;
    int rc = sl__wait_begin();

    if (rc < 0 || n <= 0)
        return rc;
    watchers = calloc((size_t)n, sizeof *watchers);
    if (watchers == NULL)
        return -ENOMEM;
    for (int i = 0; i < n; i++) {
        watchers[i].gathering = &all;
        if (futures[i]->done)
            note(&all, futures[i]);
        else
            sl__list_append(&futures[i]->watchers, &watchers[i].node);
    }
    rc = sl__park(&all.waiter);
    for (int i = 0; i < n; i++)
        if (sl__node_is_linked(&watchers[i].node))
            sl__node_unlink(&watchers[i].node);
    free(watchers);
    return rc;
}

int sl_wait(int n, sl_future *const futures[], int until)
{
    int rc = watch(n, futures, until), done = 0;

    if (rc < 0)
        return rc;
    for (int i = 0; i < n; i++)
        done += futures[i]->done;
    return done;
}

int sl_gather(int n, sl_future *const futures[], int rcs[])
{
    int rc = watch(n, futures, rcs != NULL ? SL_ALL : SL_FIRST_ERROR);

    if (rc < 0)
        return rc;
    for (int i = 0; i < n; i++) {
        if (rcs != NULL)
            rcs[i] = futures[i]->rc;
        else if (futures[i]->done && futures[i]->rc < 0)
            return futures[i]->rc;
    }
    return 0;
}
