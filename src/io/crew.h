/* crew.h: calls on threads that nobody waits for. */
#ifndef SL_IO_CREW_H
#define SL_IO_CREW_H

#include <starling/thread.h>

/* Run fn(arg) on a thread of the crew some time; its result is dropped. Any
 * thread may call this. Returns 0, -ENOMEM or -EAGAIN (no thread). */
int sl__crew_post(sl_crew *crew, sl_fn *fn, void *arg);

/* The crew behind sl_to_thread(); NULL without memory. */
sl_crew *sl__default_crew(void);

#endif
