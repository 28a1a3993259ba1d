/* A scope's deadline stays where it is, so this is a scope without one, and a
 * timer that cancels it. */
#include "fetch/limit.h"

#include <starling/error.h>

static void end(void *arg)
{
    limit *limit = arg;

    limit->timer = NULL;
    limit->is_over = true;
    sl_scope_cancel(&limit->scope, "time limit");
}

void limit_go_on(limit *limit)
{
    if (limit->is_over)
        return;
    limit->since = sl_now();
    if (limit->left > 0)
        limit->timer =
            sl_call_later(sl_loop_current(), limit->left, end, limit);
    if (limit->timer == NULL) /* no time, or no memory to watch it */
        end(limit);
}

void limit_stop(limit *limit)
{
    sl_time ran = sl_now() - limit->since;

    if (limit->since == SL_FOREVER)
        return;
    if (limit->timer != NULL)
        sl_timer_cancel(limit->timer);
    limit->timer = NULL;
    limit->since = SL_FOREVER;
    limit->spent += ran;
    limit->left -= ran;
}

void limit_open(limit *limit, sl_time length)
{
    *limit = (struct limit){ .left = length, .since = SL_FOREVER };
    sl_timeout_open(&limit->scope, SL_FOREVER);
    limit_go_on(limit);
}

int limit_close(limit *limit, int rc)
{
    limit_stop(limit);
    rc = sl_scope_close(&limit->scope, rc);
    return sl_scope_caught(&limit->scope) && limit->is_over ? SL_ETIMEDOUT : rc;
}
