/* Futures: the first outcome stays, everybody hears of it later.
 *
 * Settling only stores the outcome and wakes; callbacks run from the loop, in
 * the order in which they were added, so that whoever settles a future never
 * runs somebody else's code. Watchers are our own and are told at once.
 */
#include "sync/future.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <starling/error.h>
#include <starling/loop.h>

#include "base/assert.h"
#include "base/given.h"

enum { TEXT_SIZE = 256 };

typedef struct done_callback {
    sl__node node;
    void (*call)(sl_future *, void *);
    void *arg;
} done_callback;

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
    sl_given(future);
    future->refs++;
    return future;
}

void sl_future_drop(sl_future *future)
{
    sl__node *node;

    if (future == NULL)
        return;
    sl_given(future);
    if (--future->refs > 0)
        return;
    sl_assert(future->waiters.first == NULL &&
              sl__list_is_empty(&future->watchers) &&
              "whoever waits for a future holds a reference");
    if (future->done && !future->collected && future->drop != NULL)
        future->drop(future->value);
    while ((node = sl__list_take(&future->callbacks)) != NULL)
        free(sl__container_of(node, done_callback, node));
    sl__future_unwatch(&future->of_inner);
    sl_future_drop(future->shielded);
    sl__waitlist_remove(&future->of_task);
    if (future->task != NULL)
        sl_task_unref(future->task);
    free(future->text);
    sl__release(future);
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

static void tell_watchers(sl_future *future)
{
    sl__node *node;

    while ((node = sl__list_take(&future->watchers)) != NULL) {
        sl__watcher *watcher = sl__container_of(node, sl__watcher, node);

        watcher->settled(watcher, future);
    }
}

int sl__future_settle(sl_future *future, int rc, const char *text, void *value,
                      void (*drop)(void *value))
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
    /* Without memory for the text the code has to do. */
    if (rc < 0 && text != NULL && text[0] != '\0')
        future->text = strdup(text);
    sl__waitlist_wake_all(&future->waiters, 0);
    tell_watchers(future);
    /* Without memory the callbacks run with the next one that is added. */
    if (!sl__list_is_empty(&future->callbacks))
        return schedule_callbacks(future);
    return 0;
}

int sl_future_resolve(sl_future *future, int rc, void *value,
                      void (*drop)(void *))
{
    sl_given(future);
    sl_assert(future->shielded == NULL && future->task == NULL &&
              "shields and the futures of tasks are not settled by hand");
    return sl__future_settle(future, rc, NULL, value, drop);
}

int sl_future_fail(sl_future *future, int rc, const char *format, ...)
{
    sl_given(future);
    sl_given(format);

    char text[TEXT_SIZE];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return sl__future_settle(future, rc, text, NULL, NULL);
}

int sl_future_is_done(const sl_future *future)
{
    sl_given(future);
    return future->done;
}

int sl__future_tell(const sl_future *future)
{
    const char *text = future->text ? future->text : "";

    if (future->rc >= 0)
        return future->rc;
    if (text[0] == '\0' && sl_errmsg()[0] == '\0')
        return future->rc;
    return sl_fail(future->rc, "%s", text);
}

int sl_future_wait(sl_future *future)
{
    sl_given(future);

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
    return sl__future_tell(future);
}

void sl__future_wait_uncancelled(sl_future *future)
{
    sl__waiter waiter = { .what = "future", .on = future };

    if (future->done)
        return;
    sl__waitlist_append(&future->waiters, &waiter);
    (void)sl__park_uncancelled(&waiter); /* the future has the outcome */
}

int sl_future_result(sl_future *future, void **value)
{
    sl_given(future);
    if (!future->done)
        return SL_ENOTREADY;
    if (future->shielded != NULL)
        return sl_future_result(future->shielded, value);
    if (value != NULL) {
        *value = future->task ? sl_task_value(future->task) : future->value;
        future->collected = true;
    }
    return future->rc;
}

int sl_future_on_done(sl_future *future, void (*cb)(sl_future *, void *),
                      void *arg)
{
    sl_given(future);
    sl_given(cb);

    done_callback *callback = malloc(sizeof *callback);
    bool first = sl__list_is_empty(&future->callbacks);

    if (callback == NULL)
        return -ENOMEM;
    *callback = (done_callback){ .call = cb, .arg = arg };
    sl__list_append(&future->callbacks, &callback->node);
    if (future->done && first && schedule_callbacks(future) < 0) {
        sl__node_unlink(&callback->node);
        free(callback);
        return -ENOMEM;
    }
    return 0;
}

int sl_future_remove_done(sl_future *future, void (*cb)(sl_future *, void *),
                          void *arg)
{
    sl_given(future);

    sl__node *head = &future->callbacks.head, *next;
    int removed = 0;

    for (sl__node *node = head->next; node != head; node = next) {
        done_callback *callback = sl__container_of(node, done_callback, node);

        next = node->next;
        if (callback->call != cb || callback->arg != arg)
            continue;
        sl__node_unlink(node);
        free(callback);
        removed++;
    }
    return removed;
}

void sl__future_watch(sl_future *future, sl__watcher *watcher)
{
    if (future->done)
        watcher->settled(watcher, future);
    else
        sl__list_append(&future->watchers, &watcher->node);
}

void sl__future_unwatch(sl__watcher *watcher)
{
    if (sl__node_is_linked(&watcher->node))
        sl__node_unlink(&watcher->node);
}
