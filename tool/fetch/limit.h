/* limit.h: a time limit whose clock can be stopped, as for the wait for a turn
 * that is not the item's doing.
 */
#ifndef TOOL_FETCH_LIMIT_H
#define TOOL_FETCH_LIMIT_H

#include <stdbool.h>

#include <starling/loop.h>
#include <starling/scope.h>

typedef struct limit {
    sl_scope scope;
    sl_timer *timer; /* NULL: the clock stands */
    sl_time since;   /* it has been running */
    sl_time left, spent;
    bool is_over;
} limit;

/* Opened and closed in one frame, like the scope in it. */
void limit_open(limit *limit, sl_time length);
/* SL_ETIMEDOUT if it was over; else `rc`. */
int limit_close(limit *limit, int rc);

void limit_stop(limit *limit);
void limit_go_on(limit *limit);

#endif
