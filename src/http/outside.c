/* The scheduler as libstarling-http.so sees it: in another library.
 *
 * Each function here has the name that the scheduler gives it and passes the
 * call on, so that the rest of this room is the same in the shared library and
 * in the static one. A call costs a jump more, beside a transfer's worth of
 * system calls. Only the shared library contains this file.
 */
#include <stdio.h>
#include <stdlib.h>

#include "sched/inside.h"

static const sl__inside *inside;

/* When the library is loaded, before anybody can call it. */
static __attribute__((constructor)) void look_inside(void)
{
    inside = sl_inside(SL_VERSION);
    if (inside != NULL)
        return;
    fputs("libstarling-http " SL_VERSION
          " needs libstarling of the same version\n",
          stderr);
    abort();
}

int sl__wait_begin(void)
{
    return inside->wait_begin();
}

int sl__park(sl__waiter *waiter)
{
    return inside->park(waiter);
}

bool sl__complete(sl__waiter *waiter, int rc)
{
    return inside->complete(waiter, rc);
}

uv_loop_t *sl__loop_uv(sl_loop *loop)
{
    return inside->loop_uv(loop);
}

void sl__loop_at_exit(sl_loop *loop, sl__loop_exit *entry)
{
    inside->loop_at_exit(loop, entry);
}
