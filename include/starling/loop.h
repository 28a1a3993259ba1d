/* loop.h: the loop that runs tasks, callbacks and timers of one thread.
 *
 * A program has one with sl_main() or sl_run(); sl_loop_new() and friends are
 * for callbacks without tasks and for loops on threads of your own.
 *
 * Loops, and what was made in one, do not go over to the child of a fork():
 * where a task or a callback has called that, the child may exec a program or
 * call _exit(), and is ended with words where it waits instead. A process that
 * runs no loop forks as it likes, and its child runs loops of its own.
 */
#ifndef STARLING_LOOP_H
#define STARLING_LOOP_H

#include <stdio.h>

#include <starling/clock.h>
#include <starling/task.h>

SL_BEGIN

typedef struct sl_loop sl_loop;
typedef struct sl_timer sl_timer;
typedef void sl_callback(void *arg);

/* Run fn(arg) as the main task of a new loop on this thread, wait for it,
 * close the loop. Returns its result, SL_EDEADLOCK when every task waits for
 * something that cannot come, -EBUSY inside a running loop. */
SL_API int sl_run(sl_fn *fn, void *arg);

/* sl_run() for a whole program: recognises re-executed worker helpers (see
 * pool.h), turns SIGINT and SIGTERM into cancellation of the main task (for
 * which `sl_sleep(SL_FOREVER)` waits), ignores SIGPIPE, hears of SIGCONT (see
 * sl_now_awake()), and prints an error that reaches the end. Returns an exit
 * status: 0, 1 for an error, 130 or 143 after a signal. */
SL_API int sl_main(int argc, char **argv, sl_fn *fn, void *arg);

/* The loop of the calling thread while it runs, else NULL. */
SL_API sl_loop *sl_loop_current(void);

/* A loop of this thread. Free it with sl_loop_close(). NULL without memory. */
SL_API sl_loop *sl_loop_new(void);

/* Run callbacks, timers and tasks until sl_loop_stop(). Returns 0, or
 * -EBUSY if this thread already runs a loop, or SL_EDEADLOCK. */
SL_API int sl_loop_run(sl_loop *loop);
SL_API int sl_loop_run_task(sl_loop *loop, sl_fn *fn, void *arg);
SL_API void sl_loop_stop(sl_loop *loop);

/* Free a loop that does not run; -EBUSY if it does. Callbacks that have not
 * run are dropped. */
SL_API int sl_loop_close(sl_loop *loop);

/* Replace the clock by one that stands still while anything can run and then
 * jumps to the next deadline: sleeps take no time, order is the same in every
 * run. I/O still works and is waited for first. Before the loop runs. */
SL_API void sl_loop_use_virtual_clock(sl_loop *loop);

/* Call callback(arg) on the loop's stack: in the next round, after `delay`, at
 * `when`. Callbacks of equal time run in the order of these calls. A callback
 * must not wait, and returns: it is not left by longjmp() or a C++ exception.
 * The timer is freed once the callback has returned or it was cancelled. NULL
 * without memory. Only from the loop's thread. */
SL_API sl_timer *sl_call_soon(sl_loop *loop, sl_callback *callback, void *arg);
SL_API sl_timer *sl_call_later(sl_loop *loop, sl_time delay,
                               sl_callback *callback, void *arg);
SL_API sl_timer *sl_call_at(sl_loop *loop, sl_time when, sl_callback *callback,
                            void *arg);
SL_API void sl_timer_cancel(sl_timer *timer);

/* Call callback(arg) on the loop's thread soon. Any thread may call this as
 * long as the loop has not been closed. Returns 0, -ENOMEM or SL_ECLOSED. */
SL_API int sl_call_threadsafe(sl_loop *loop, sl_callback *callback, void *arg);

/* Say that such a call will come, from a thread of the program's own or of a
 * library: while the loop is held, tasks that all wait are no deadlock. Let go
 * of it as often, usually in the callback. Only from the loop's thread. */
SL_API void sl_loop_hold(sl_loop *loop);
SL_API void sl_loop_release(sl_loop *loop);

/* Write the tree of groups and tasks of this thread's loop, each with what it
 * waits for. */
SL_API void sl_dump_tasks(FILE *file);

SL_END

#endif
