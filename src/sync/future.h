/* future.h: futures from the inside. */
#ifndef SL_SYNC_FUTURE_H
#define SL_SYNC_FUTURE_H

#include <stdbool.h>

#include <starling/future.h>
#include <starling/task.h>

#include "base/list.h"
#include "sched/park.h"

/* Somebody who must hear at once that a future is settled. */
typedef struct sl__watcher sl__watcher;
struct sl__watcher {
    sl__node node; /* unlinked before settled() is called */
    void (*settled)(sl__watcher *watcher, sl_future *future);
};

struct sl_future {
    unsigned refs;
    int rc;
    bool done, collected;
    void *value;
    void (*drop)(void *value);
    char *text; /* of the error; NULL for none */
    sl__waitlist waiters;
    sl__list callbacks; /* done_callback */
    sl__list watchers;
    sl_task *task;        /* whose end settles it; counted; NULL: plain */
    sl__waiter of_task;   /* for that end */
    sl_future *shielded;  /* whose outcome it shares; counted */
    sl__watcher of_inner; /* on `shielded` */
};

/* sl_future_resolve() with the text of an error, which is copied. */
int sl__future_settle(sl_future *future, int rc, const char *text, void *value,
                      void (*drop)(void *value));

/* Make a new future that of a task. */
void sl__future_follow(sl_future *future, sl_task *task);

/* The outcome of a settled future, with its text made the caller's. */
int sl__future_tell(const sl_future *future);

/* Wait for it, whatever is asked of the caller meanwhile. */
void sl__future_wait_uncancelled(sl_future *future);

/* Have the watcher told; at once if the future is settled. */
void sl__future_watch(sl_future *future, sl__watcher *watcher);
void sl__future_unwatch(sl__watcher *watcher);

#endif
