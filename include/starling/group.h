/* group.h: groups of tasks. A group lives in the frame that opened it and owns
 * the tasks spawned into it: the frame is not left before all of them ended.
 *
 *     sl_group group;
 *     sl_group_open(&group);
 *     sl_go(&group, fetch, .url = first);    arguments are copied
 *     sl_go(&group, fetch, .url = second);
 *     rc = sl_group_close(&group);           0, or the first error
 *
 * The first task that fails cancels its siblings, and the owner's waits inside
 * the group too, until it is closed; unless the group is told to spare them.
 */
#ifndef STARLING_GROUP_H
#define STARLING_GROUP_H

#include <stddef.h>

#include <starling/scope.h>
#include <starling/task.h>

SL_BEGIN

typedef struct sl_group sl_group;
struct sl_group {
    /* private */
    sl_scope scope;
    sl_task *first, *last;       /* children in the order of their spawns */
    sl_task *ended, *ended_last; /* those that have, in that of their ends */
    sl_task *told;               /* the last one of these given out */
    void *waiter;                /* the owner, while it waits for children */
    size_t running;
    int rc; /* the first error */
    bool failed, forgets, spares, closing;
    bool errors_seen, by_guard;
    bool interrupted; /* a child ended with SL_ECANCELED */
};

typedef struct sl_group_options {
    /* Release each task as it ends, so that a group which lives as long as
     * the program stays small. A handle is then valid only until its task's
     * end (a join that is already waiting gets its result). */
    bool forget_ended;
    /* A task that fails leaves the others alone and is no failure of the group:
     * its error is for whoever joins it or waits for its future, and for
     * sl_group_errors() (unless ended tasks are released). The close returns 0,
     * or SL_ECANCELED as ever. */
    bool spare_others;
} sl_group_options;

typedef struct sl_spawn_options {
    const char *name; /* for reports; copied */
    /* Bytes of stack; 0: 256 KiB. Up to 16 KiB give a small one, guarded like
     * all: for many tasks at once that mostly wait. These lie close together,
     * which makes a hundred thousand a fifth faster and spares the kernel
     * 450 bytes of page tables each. SL_DEBUG=stacks tells what a function
     * needs; a printf() may take 9 KiB. */
    size_t stack;
    /* Run the task at once, until it first waits or ends; the caller goes on
     * after those that are ready, as after sl_yield(). Cheaper, and it keeps
     * many short tasks from being alive at once. */
    bool eager;
} sl_spawn_options;

typedef struct sl_error {
    int rc;
    const char *task; /* name of the task that failed */
    const char *text; /* what it said with sl_fail(); "" if nothing */
} sl_error;

/* Open a group in the calling task. */
SL_API void sl_group_open(sl_group *group);
SL_API void sl_group_open_with(sl_group *group,
                               const sl_group_options *options);

/* Start a task that calls fn(arg), from the next turn of the loop on. `arg`
 * is borrowed. It is called whatever happens, so that it may own what it is
 * given: a task that is cancelled before learns of it at its first wait. Never
 * NULL: where there is no memory, the group is failed with
 * -ENOMEM, and a task that ended with it is returned. */
SL_API sl_task *sl_group_spawn(sl_group *group, sl_fn *fn, void *arg);

/* The same with a copy of the `size` bytes (at most 64 KiB) at `args`, which
 * lives as long as the task. */
SL_API sl_task *sl_group_spawn_copy(sl_group *group, sl_fn *fn,
                                    const void *args, size_t size);

/* The same with options; `size` 0 borrows `arg`. */
SL_API sl_task *sl_group_spawn_with(sl_group *group,
                                    const sl_spawn_options *options, sl_fn *fn,
                                    const void *arg, size_t size);

/* Like sl_group_spawn(), for an argument that the task owns and releases: if
 * it cannot be started, drop(arg) is called. */
SL_API sl_task *sl_group_spawn_owned(sl_group *group, sl_fn *fn, void *arg,
                                     void (*drop)(void *arg));

/* Start a task and wait until it says that it is ready, with sl_started(), or
 * has ended. `options` may be NULL. Returns 0 in the first case, and *task (may
 * be NULL) is running; else the error that the task returned, which then does
 * not count as a failure of the group: whoever starts it gets to know. One that
 * ends well without having said so is SL_EINCOMPLETE. Cancelled, the task is
 * cancelled. */
SL_API SL_WAITS int sl_group_start(sl_group *group,
                                   const sl_spawn_options *options, sl_fn *fn,
                                   const void *arg, size_t size,
                                   sl_task **task);
SL_API void sl_started(void);

/* sl_go(&group, fetch, .url = u): spawn fetch with a struct fetch_args, whose
 * name is the function's and "_args". (Asked for its size first, so that the
 * compiler says first that there is no such struct.) */
#define sl_go(group, fn, ...)                                                  \
    ((void)sizeof(struct fn##_args),                                           \
     sl_group_spawn_copy((group), (fn), &(struct fn##_args){ __VA_ARGS__ },    \
                         sizeof(struct fn##_args)))

/* End the group early and normally: its tasks are cancelled, and the close
 * returns 0 unless one of them failed with something else. */
SL_API void sl_group_cancel(sl_group *group);

/* For the owner: wait until a child has ended that this has not reported yet,
 * in the order of their ends. Returns 1 and the child, or 0 when none is left.
 */
SL_API SL_WAITS int sl_group_next(sl_group *group, sl_task **done);

/* Wait for all children and close the group. A request to stop that comes
 * meanwhile is passed on to the children; the close still waits for them.
 * Returns 0, the first error, or SL_ECANCELED if it came from outside. */
SL_API SL_WAITS int sl_group_close(sl_group *group);

/* The guard of SL_AUTO(sl_group): cancel, wait, close. A closed group is left
 * alone. */
SL_API void sl_group_drop(sl_group *group);

/* Open a group, call body(group, arg), close the group: for one-liners. A
 * failing body cancels the group. Returns the body's error, or the group's. */
SL_API SL_WAITS int sl_with_group(int (*body)(sl_group *group, void *arg),
                                  void *arg);

/* All errors of the group in the order in which they came, at most `max`.
 * Before the close. The texts live until the close. Returns how many there
 * are. */
SL_API int sl_group_errors(sl_group *group, sl_error errors[], int max);

SL_END

#ifdef __cplusplus
/* C++ has no address of a temporary. */
#undef sl_go
#define sl_go(group, fn, ...)                                                  \
    sl__go<struct fn##_args>((group), (fn), { __VA_ARGS__ })

template <typename args>
sl_task *sl__go(sl_group *group, sl_fn *fn, const args &copied)
{
    static_assert(__is_trivially_copyable(args), "arguments are plain data");
    return sl_group_spawn_copy(group, fn, &copied, sizeof copied);
}
#endif

#endif
