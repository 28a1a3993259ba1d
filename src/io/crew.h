/* crew.h: calls on threads that nobody waits for, or that nobody can wait for
 * any longer. */
#ifndef SL_IO_CREW_H
#define SL_IO_CREW_H

#include <stdbool.h>
#include <stddef.h>

#include <starling/thread.h>

/* Run fn(arg) on a thread of the crew some time; its result is dropped. Any
 * thread may call this. Returns 0, -ENOMEM or -EAGAIN (no thread). */
int sl__crew_post(sl_crew *crew, sl_fn *fn, void *arg);

/* A crew that lasts as long as the process. NULL without memory. */
sl_crew *sl__crew_of_process(int threads, const char *name);

/* Remember which calls of this thread's tasks run now. */
void sl__crew_mark(void);

/* Name a function that has run ever since. False if there is none. */
bool sl__crew_name_marked(char *text, size_t size);

/* The crew for files and processes, apart from that of sl_to_thread(); NULL
 * without memory. And sl_crew_call() on it. */
sl_crew *sl__own_crew(void);
SL_WAITS int sl__on_own_thread(sl_fn *fn, void *arg);

#endif
