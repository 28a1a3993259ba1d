/* desk.h: where a thread hands a job to the pool of another thread's loop and
 * stands still until it is done. */
#ifndef TOOL_COMPARE_DESK_H
#define TOOL_COMPARE_DESK_H

#include <starling/loop.h>
#include <starling/pool.h>

typedef struct desk {
    sl_loop *loop; /* the pool's; it must run */
    sl_pool *pool;
} desk;

enum { DESK_WORD_MAX = 40 };

/* sl_pool_run() for another thread than the pool's. Blocks the whole thread,
 * its loop and all that waits there: that is the point. A failure leaves
 * sl_pool_error()'s word in `word`. */
int desk_run(const desk *desk, const sl_job_request *request,
             char word[DESK_WORD_MAX]);

#endif
