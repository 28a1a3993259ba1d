/* thread.h: calls that block, made on threads, waited for by tasks. */
#ifndef STARLING_THREAD_H
#define STARLING_THREAD_H

#include <starling/api.h>
#include <starling/task.h>

SL_BEGIN

/* A fixed number of threads that work through one queue of calls, first come,
 * first served. Threads start with the first call that needs them. */
typedef struct sl_crew sl_crew;

/* `threads` from 1 to 1 024; what is less or more counts as that. NULL without
 * memory. `name` shows in process listings, 15 bytes at most. */
SL_API sl_crew *sl_crew_new(int threads, const char *name);

/* Run fn(arg) on a thread of the crew and wait for its result. Cancelled
 * before a thread has taken the call, it does not run (SL_ECANCELED); after
 * that the call is waited for and its result returned, since `arg` is in use,
 * with the words of an error (sl_fail()). Outside a task it blocks the calling
 * thread. fn must not call anything that waits. A program begun with sl_main()
 * does not let a call that never returns keep it from ending: five seconds
 * after Ctrl-C it ends without it. Errors: SL_ECANCELED, -ENOMEM, -EAGAIN (no
 * thread). */
SL_API SL_WAITS int sl_crew_call(sl_crew *crew, sl_fn *fn, void *arg);

/* Wait for the calls that run, end the threads, free the crew. No task may be
 * waiting in sl_crew_call(). Blocks. */
SL_API void sl_crew_free(sl_crew *crew);

/* sl_crew_call() on the process's default crew of min(32, cores + 4). */
SL_API SL_WAITS int sl_to_thread(sl_fn *fn, void *arg);

SL_END

#endif
