/* Futures as they complete. Each has a watcher, which hands the future to the
 * task that waits longest, or puts it at the end of those that nobody has asked
 * for yet. So a cancelled wait has taken none. */
#include <stdlib.h>

#include "base/assert.h"
#include "base/given.h"
#include "sync/future.h"

typedef struct completion {
    sl__watcher watcher; /* its node: on the future, then among `ready` */
    sl_completions *owner;
    sl_future *future;
} completion;

struct sl_completions {
    int left; /* futures that were not given out */
    sl__list ready;
    sl__waitlist waiters; /* waiter.arg: where its future goes */
    int n;
    completion all[];
};

static void give_out(sl_completions *completions, sl_future **to,
                     sl_future *future)
{
    *to = future;
    completions->left--;
}

static void settled(sl__watcher *watcher, sl_future *future)
{
    sl_completions *owner =
        sl__container_of(watcher, completion, watcher)->owner;
    sl__waiter *waiter = owner->waiters.first;

    if (waiter == NULL) {
        sl__list_append(&owner->ready, &watcher->node);
        return;
    }
    give_out(owner, waiter->arg, future);
    sl__complete(waiter, 1);
    if (owner->left == 0)
        sl__waitlist_wake_all(&owner->waiters, 0);
}

sl_completions *sl_completions_new(int n, sl_future *const futures[])
{
    size_t count = n > 0 ? (size_t)n : 0;
    sl_completions *completions =
        calloc(1, sizeof *completions + count * sizeof(completion));

    sl_given_bytes(futures, n);
    for (int i = 0; i < n; i++)
        sl_given(futures[i]);
    if (completions == NULL)
        return NULL;
    sl__list_init(&completions->ready);
    completions->n = completions->left = (int)count;
    for (size_t i = 0; i < count; i++) {
        completion *each = &completions->all[i];

        each->owner = completions;
        each->future = sl_future_ref(futures[i]);
        each->watcher.settled = settled;
        sl__future_watch(futures[i], &each->watcher);
    }
    return completions;
}

void sl_completions_free(sl_completions *completions)
{
    if (completions == NULL)
        return;
    sl_given(completions);
    sl_assert(completions->waiters.first == NULL &&
              "completions are freed when nobody waits for them");
    for (int i = 0; i < completions->n; i++) {
        sl__future_unwatch(&completions->all[i].watcher);
        sl_future_drop(completions->all[i].future);
    }
    sl__release(completions);
}

int sl_completions_next(sl_completions *completions, sl_future **future)
{
    sl_given(completions);
    sl_given(future);

    sl__waiter waiter = { .what = "any of several futures", .arg = future };
    sl__node *node;
    int rc = sl__wait_begin();

    if (rc < 0 || completions->left == 0)
        return rc;
    node = sl__list_take(&completions->ready);
    if (node != NULL) {
        give_out(completions, future,
                 sl__container_of(node, completion, watcher.node)->future);
        return 1;
    }
    sl__waitlist_append(&completions->waiters, &waiter);
    return sl__park(&waiter);
}
