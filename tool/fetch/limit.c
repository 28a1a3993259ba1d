/* A scope's deadline stays where it is, so this is a scope without one, and a
 * timer that cancels it. All times are of the clock that stands still while the
 * process does. */
#include "fetch/limit.h"

#include <starling/error.h>

/* Come back when it may be over; it is where there is no time left, or no
 * memory to watch it. */
static void look(void *arg)
{
    limit *limit = arg;
    sl_time left = limit->left - (sl_now_awake() - limit->since);

    limit->timer =
        left > 0 ? sl_call_later(sl_loop_current(), left, look, limit) : NULL;
    if (limit->timer != NULL)
        return;
    limit->is_over = true;
    sl_scope_cancel(&limit->scope, "time limit");
}

void limit_go_on(limit *limit)
{
    if (limit->is_over)
        return;
    limit->since = sl_now_awake();
    look(limit);
}

void limit_stop(limit *limit)
{
    sl_time ran = sl_now_awake() - limit->since;

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
