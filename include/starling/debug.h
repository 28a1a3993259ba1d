/* debug.h: see what tasks do.
 *
 * Debug mode is on in every loop of a program that was started with SL_DEBUG=1,
 * or in one loop after sl_loop_debug(). It writes to stderr:
 *
 * - a task or callback that runs for longer than 100 ms (SL_DEBUG_SLOW_MS)
 *   without giving way, with its stack while it still runs;
 * - a cancelled task that has called waiting functions 1 000 times since,
 *   ignoring their results;
 * - a group that has 10 000 tasks at once, the first time;
 * - errors that nobody will see: of further tasks of a failed group, when
 *   sl_group_errors() was not asked; groups that were left to their guard;
 * - streams, processes and pools that are still open when the loop ends;
 * - an object that is released a second time, or used after its release, or a
 *   task whose handle is no longer valid: the program ends there, before it
 *   does harm elsewhere, with the names of the function and of the parameter.
 *   The last thousand objects are known, of all threads, and 256 tasks of each
 *   loop; not what lies in the program's own memory (of that, groups and scopes
 *   that were closed are told from open ones, always);
 * - the task tree, on SIGUSR1;
 * - with SL_DEBUG=stacks also how much of its stack each function has used.
 */
#ifndef STARLING_DEBUG_H
#define STARLING_DEBUG_H

#include <stdint.h>

#include <starling/api.h>
#include <starling/loop.h>
#include <starling/task.h>

SL_BEGIN

/* Turn debug mode on for a loop, before it runs. Returns 0, -ENOMEM or -EAGAIN
 * (no thread for the watch). */
SL_API int sl_loop_debug(sl_loop *loop);

/* Whether it is on. */
SL_API int sl_loop_is_debugged(const sl_loop *loop);

/* Run ready tasks in an order drawn from `seed` instead of first come, first
 * served: a program that is right only in one order shows it. The same seed
 * gives the same order as long as no I/O is waited for. 0 turns it off. */
SL_API void sl_loop_use_random_schedule(sl_loop *loop, uint64_t seed);

/* What to call when tasks come and go. Members may be NULL. They run on the
 * loop's thread, in the middle of things, and must not wait or spawn. */
typedef struct sl_trace_hooks {
    void (*spawned)(void *context, sl_task *task);
    void (*started)(void *context, sl_task *task); /* first step */
    void (*ended)(void *context, sl_task *task, int rc);
    void *context;
} sl_trace_hooks;

/* Install hooks for a loop; lent until replaced; NULL takes them away. */
SL_API void sl_trace_install(sl_loop *loop, const sl_trace_hooks *hooks);

/* The function that a task runs, and its argument. A copied argument moves to
 * the task's stack when it begins. */
SL_API sl_fn *sl_task_fn(const sl_task *task);
SL_API void *sl_task_arg(const sl_task *task);

SL_END

#endif
