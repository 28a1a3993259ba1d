/* loop.h: the loop and its tasks from the inside, for this room only.
 *
 * Everything here belongs to the loop's thread, except what `posted_lock`
 * guards.
 */
#ifndef SL_SCHED_LOOP_H
#define SL_SCHED_LOOP_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include <starling/debug.h>
#include <starling/group.h>
#include <starling/loop.h>

#include "base/assert.h"
#include "base/list.h"
#include "context/context.h"
#include "context/stack.h"
#include "sched/awake.h"
#include "sched/park.h"
#include "sched/patience.h"
#include "sched/timers.h"
#include "sched/uv.h"

enum { NAME_MAX_BYTES = 32, TEXT_MAX_BYTES = 256, WHY_MAX_BYTES = 64 };

/* What an sl_scope is. */
enum scope_kind { SCOPE_LIMIT, SCOPE_SHIELD, SCOPE_GROUP };

enum task_state { TASK_READY, TASK_PARKED, TASK_ENDED };

/* An error in words. */
typedef struct error_text {
    int rc; /* which */
    char words[TEXT_MAX_BYTES];
} error_text;

/* What few tasks have; made when first wanted, see extra.c. */
typedef struct task_extra {
    char name[NAME_MAX_BYTES];
    char why[WHY_MAX_BYTES]; /* of the first request to stop */
    error_text *text;        /* of the last error; or NULL */
    void *value;             /* beside the result, see sl_return() */
    void (*value_drop)(void *value);
    struct local_value *locals; /* see local.c */
    sl__waiter *starter;        /* waits for sl_started() */
} task_extra;

/* What a task begins with, kept where its waiter will be. */
typedef struct task_start {
    sl__float_modes modes; /* the spawner's */
    size_t args_size;      /* 0: the argument is only a pointer */
    char args[64];         /* what is larger goes to the stack at once */
} task_start;

/* Kept at 224 bytes, so that a parked task costs one page and this. Records
 * lie side by side, and what others do with a task that waits (wake it, cancel
 * it, let its timer fire) touches nothing else: its stack, which is in another
 * page and another page table for each task, is touched when it runs.
 *
 * They are type-stable: a freed record is reused only as a task. */
struct sl_task {
    sl__context context;
    sl__waiter *waiter; /* what it is parked at */
    sl_loop *loop;
    int saved_errno;
    uint8_t state;
    uint8_t scope_kind; /* of `scope`: told where its frame is gone */
    bool cancelled;     /* waits return SL_ECANCELED */
    bool is_watched;    /* sl__watch_leave() sees each switch away from it */
    sl_scope *scope;    /* innermost open scope; NULL if none */
    sl__stack *stack;   /* NULL before its first step, and once ended */
    union {
        sl__waiter own;   /* for waits that need no more, see park.h */
        task_start start; /* until it begins: context.sp is NULL */
    };
    sl_fn *fn;
    void *arg;
    sl_group *group;
    sl_task *next, *prev; /* among the group's children */
    sl_task *chain;       /* while a cancellation spreads; once it has ended,
                             the child of the group that has ended next */
    sl__waitlist joiners;
    task_extra *extra;
    sl_task *canceller; /* who asked first; a reference; NULL: no task */
    int rc;
    uint32_t refs;      /* the group's, and others' */
    uint32_t cancels;   /* requests to stop */
    uint16_t refusals;  /* waits refused in a row, for debug mode */
    uint8_t stack_kind; /* an sl__stack_kind */
    uint8_t holds;      /* locks, see held.h; of 256 as good as none */
};

/* The tasks that can run, oldest first: a ring of which each slot always names
 * some task. It has a slot for every record, so that waking cannot fail, and
 * tells beforehand whose stack will be wanted soon. */
typedef struct ready_ring {
    sl_task **slots;
    uint32_t head, tail; /* the ring is empty when they are equal */
    uint32_t mask;       /* slots less one */
} ready_ring;

/* What a task holds; see held.h. */
typedef struct sl__held {
    const sl_task *task; /* NULL: a free place */
    const void *lock;
    union {
        const void *where; /* it was taken: an address in the caller */
        uint32_t next;     /* free place; 0: the last */
    };
} sl__held;

typedef struct sl__held_table {
    sl__held *all;
    uint32_t room, free; /* the first free place; 0: none */
} sl__held_table;

struct sl_timer {
    sl__timer timer; /* armed, or */
    sl__node node;   /* in the list of callbacks for the next round */
    sl_loop *loop;
    sl_callback *callback;
    void *arg;
};

typedef struct posted_call {
    struct posted_call *next;
    sl_callback *callback;
    void *arg;
} posted_call;

struct sl_loop {
    sl__context native; /* the stack that sl_loop_run() was called on */
    sl_task *current;   /* NULL while the native stack runs */
    ready_ring ready;
    int *errno_at;  /* this thread's errno */
    int chunk_left; /* switches until the clock is read */
    int slice_left; /* chunks until the loop polls */
    int chunk;      /* switches a chunk; small where tasks run long */
    sl_time slice_end;

    sl__stack_pool stacks[SL__STACK_POOLS];
    sl_task *free_tasks;
    struct task_block *task_blocks;
    size_t records; /* in the blocks */
    sl__held_table held;
    sl_task dead;     /* stands for tasks that could not be started */
    sl__context junk; /* where a task that has ended saves itself */

    sl__timers timers;
    sl__list soon;   /* sl_timer: callbacks for the next round */
    bool is_virtual; /* the clock stands still while anything can run */
    sl_time virtual_now;
    sl__awake awake;

    uv_loop_t uv;
    uv_timer_t alarm; /* one for all our timers */
    uv_prepare_t before_sleep;
    uv_async_t wake; /* somebody posted a call */
    unsigned holds;  /* see uv.h */
    sl__patience patience;
    sl__loop_exit *at_exit;
    struct debug *debug;         /* NULL: debug mode is off */
    const sl_trace_hooks *hooks; /* NULL: nobody wants to know */
    uint64_t shuffle;            /* state of the random schedule; 0: off */

    pthread_mutex_t posted_lock;
    posted_call *posted, **posted_end;
    bool closed; /* under posted_lock */

    sl_group root; /* the main task's group; has no owner */
    sl_task *main;
    bool running, stopping, deadlocked;
    bool is_forked;    /* this is its copy in the child of a fork() */
    bool expects_stop; /* see uv.h */
    size_t endless;    /* tasks that sleep for ever */
};

extern __thread sl_loop *sl__current_loop
    __attribute__((tls_model("initial-exec")));

/* Whether this is the thread that the loop belongs to, as far as that can be
 * told: while it runs. */
static inline bool sl__is_at_home(const sl_loop *loop)
{
    return loop == sl__current_loop || !loop->running;
}

/* task.c */
static inline sl_task *sl__self(void)
{
    return sl__current_loop != NULL ? sl__current_loop->current : NULL;
}

sl_task *sl__task_new(sl_loop *loop, const sl_spawn_options *options, sl_fn *fn,
                      const void *arg, size_t size);
void sl__task_unref(sl_task *task);
/* Give a task that is about to run for the first time its stack. */
void sl__task_begin(sl_loop *loop, sl_task *task);
/* Go on with such a task in place of the running one, which is in the ready
 * queue. */
void sl__task_run_first(sl_loop *loop, sl_task *task);
/* Take back one that has not been put into a group. */
void sl__task_discard(sl_task *task);
void sl__tasks_free_all(sl_loop *loop);

/* ready.c: have slots for `count` tasks; 0 or -ENOMEM. */
int sl__ready_reserve(sl_loop *loop, size_t count);

/* extra.c */
/* The task's extras, made if need be; NULL without memory. */
task_extra *sl__task_extra(sl_task *task);
/* Once nobody can ask for them any more. */
void sl__extra_drop(sl_task *task);

/* cancel.c: the task has ended, and nobody stops it any more. */
void sl__canceller_drop(sl_task *task);

/* group.c: a child has ended; called on its stack as its last act but one. */
void sl__group_child_ended(sl_task *task);
/* Give up what the group still keeps of ended children. */
void sl__group_release(sl_group *group);

/* scope.c */
/* Put a cancellation in force in a scope or a task and everything inside. */
void sl__cancel_scope(sl_scope *scope, const char *why);
void sl__cancel_task_inside(sl_task *task);
/* Work out anew whether the task's waits are cancelled. */
void sl__cancel_recompute(sl_task *task);
/* Where the chain of the task's open scopes begins; NULL: none is open. */
sl_scope *sl__scope_outermost(const sl_task *task);
void sl__scope_enter(sl_scope *scope, sl_task *task);
void sl__scope_leave(sl_scope *scope);

/* local.c: drop what the task has set. */
void sl__locals_drop(sl_task *task);

/* park.c: a cancellation has reached a task that may be parked. */
void sl__park_interrupt(sl_task *task);

/* error.c */
/* What an ended task said about its result; "" if nothing. */
const char *sl__task_text(const sl_task *task);
/* Have `to` (NULL: the thread) receive the error of a task that has ended. */
void sl__text_take_over(sl_task *to, const sl_task *from);

/* callbacks.c: call back, then free. The timer is in no list any more. */
void sl__timer_run(sl_timer *timer);

/* loop.c */
sl_time sl__clock_now(void); /* the real one */
sl_time sl__loop_now(sl_loop *loop);
/* The same on the clock of sl_now_awake(). */
sl_time sl__loop_now_awake(sl_loop *loop);
bool sl__loop_slice_over(sl_loop *loop);
/* Once in a process: know the children of forks. */
void sl__loop_watch_forks(void);
static inline bool sl__loop_can_run(const sl_loop *loop)
{
    return loop->ready.head != loop->ready.tail ||
           !sl__list_is_empty(&loop->soon);
}

#endif
