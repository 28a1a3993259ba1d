/* task.h: tasks. A task runs an ordinary C function on a stack of its own and
 * may call, at any depth, functions that wait; other tasks run meanwhile.
 *
 * Every task belongs to a group (group.h) and cannot outlive it. One thread
 * runs all tasks of a loop, one at a time: a task gives way only inside
 * functions marked SL_WAITS.
 */
#ifndef STARLING_TASK_H
#define STARLING_TASK_H

#include <starling/api.h>

SL_BEGIN

typedef struct sl_task sl_task;

/* What a task runs. Its result, negative for an error, goes to the group. */
typedef int sl_fn(void *arg);

/* The running task; NULL outside of tasks. */
SL_API sl_task *sl_self(void);

/* Let every other ready task run once. Returns 0 or SL_ECANCELED. */
SL_API SL_WAITS int sl_yield(void);

/* 0, or SL_ECANCELED if the task has been asked to stop; does not wait. */
SL_API int sl_checkpoint(void);

/* Wait for `task` to end and return its result. Any number of tasks may join
 * one, also after its end. A cancelled joiner leaves the joined task alone.
 * Returns SL_EDEADLOCK for the calling task itself. */
SL_API SL_WAITS int sl_task_join(sl_task *task);

/* Whether the task has ended. */
SL_API int sl_task_is_done(const sl_task *task);

/* Ask `task` to stop: from now on its waits return SL_ECANCELED. `why` (may be
 * NULL; copied, 63 bytes at most) is what sl_cancel_reason() tells. Requests
 * are counted; an ended task ignores them. */
SL_API void sl_task_cancel(sl_task *task, const char *why);

/* In the cancelled task itself: take one request back; at zero, waits work
 * again. Returns how many requests are left. */
SL_API int sl_uncancel(void);

/* How many requests to stop the current task has. */
SL_API int sl_cancelling(void);

/* Why the current task is being stopped: the text of the cancel, or "". */
SL_API const char *sl_cancel_reason(void);

/* Who asked the current task to stop: the name of the task that did, or "". */
SL_API const char *sl_cancel_source(void);

/* For the running task: leave a pointer beside its result and return 0, as in
 * `return sl_return(text, free);`. It is lent to whoever has the handle and
 * dropped with it; drop may be NULL. Without memory the pointer is dropped at
 * once and -ENOMEM returned. */
SL_API int sl_return(void *value, void (*drop)(void *));
SL_API void *sl_task_value(const sl_task *task);

/* Names show up in reports. A name is copied, 31 bytes at most. */
SL_API void sl_task_set_name(sl_task *task, const char *name);
SL_API const char *sl_task_name(const sl_task *task);

/* A handle is valid until its group closes. Holding a reference keeps it
 * valid for longer, though not longer than the loop; every sl_task_ref() wants
 * its sl_task_unref(). */
SL_API sl_task *sl_task_ref(sl_task *task);
SL_API void sl_task_unref(sl_task *task);

SL_END

#endif
