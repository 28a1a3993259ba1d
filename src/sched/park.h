/* park.h: how a task waits. Everything that waits is built on this.
 *
 * A task fills in a waiter on its stack, makes it known to whoever will
 * complete it (usually by putting it on a waitlist), and parks. Exactly one
 * party completes the waiter: the other side with a result, or a cancellation.
 * Whoever comes first wins; the other finds the waiter done. The task then
 * runs again from the ready queue, never directly.
 *
 *     sl__waiter w = { .what = "door", .on = door };
 *     rc = sl__wait_begin();            cancelled already? then do not even try
 *     if (rc < 0) return rc;
 *     sl__waitlist_append(&door->waiters, &w);
 *     return sl__park(&w);              0 or SL_ECANCELED
 */
#ifndef SL_SCHED_PARK_H
#define SL_SCHED_PARK_H

#include <stdbool.h>

#include <starling/scope.h>
#include <starling/task.h>
#include <starling/waitlist.h>

typedef struct sl__waiter sl__waiter;
struct sl__waiter {
    union {
        struct {
            sl__waiter *next, *prev;
            void *arg; /* for the functions below and who completes it */
        };
        sl__timer timer; /* of one that is on no list, but in the heap */
    };
    sl__waitlist *list; /* the list it is on; NULL for none */
    sl_task *task;      /* set by sl__park() */
    /* A request to stop arrived. NULL: leave the list and wake with
     * SL_ECANCELED. A function may instead only ask somebody else to hurry and
     * let the normal completion wake the task: that is how a wait whose buffer
     * is in use by libuv or a thread gets its buffer back first. */
    void (*cancel)(sl__waiter *waiter);
    /* Nobody parks here: call this on completion instead of waking a task. It
     * runs in the middle of whatever completes the waiter, and must not wait.
     */
    void (*notify)(sl__waiter *waiter);
    const char *what; /* for the task tree: "semaphore", "sleep" ... */
    const void *on;   /* the object waited for; may be NULL */
    int rc;
    bool done, parked;
};

/* Line up in `list` and park with the task's own waiter. */
int sl__wait_in_line(sl__waitlist *list, const char *what, const void *on);

/* Every waiting function calls this first: 0, or SL_ECANCELED after having let
 * other tasks run once. */
int sl__wait_begin(void);

/* Suspend until the waiter is completed; returns the result it was given. If a
 * request to stop is in force at the call, it is applied at once. */
int sl__park(sl__waiter *waiter);

/* Suspend until the waiter is completed; requests to stop do not reach it. */
int sl__park_uncancelled(sl__waiter *waiter);

/* Give the waiter its result, take it off its list and make its task ready.
 * False if it was completed before. May be called before the waiter is parked:
 * sl__park() then returns at once. Only on the loop's thread. */
bool sl__complete(sl__waiter *waiter, int rc);

/* Be told of a task's end by waiter->notify, with its result in waiter->rc; at
 * once if it has ended. Take it back with sl__waitlist_remove(). */
void sl__task_watch(sl_task *task, sl__waiter *waiter);

void sl__waitlist_append(sl__waitlist *list, sl__waiter *waiter);
void sl__waitlist_remove(sl__waiter *waiter);

/* Complete the oldest waiter of the list; false if there is none. */
bool sl__waitlist_wake_one(sl__waitlist *list, int rc);
void sl__waitlist_wake_all(sl__waitlist *list, int rc);

#endif
