/* Looking is an idle handle of libuv: the loop then passes through its I/O
 * without sleeping, and this looks a few times in each pass. Sleeping is
 * libuv's own sleep, which the other side ends.
 *
 *     OFF --something is out--> LOOKING --in vain--> ASLEEP --woken--> LOOKING
 *
 * The last look is after the other side knows that we sleep: news that comes
 * between the two is then either seen or wakes us.
 */
#include "exec/lookout.h"

#include <errno.h>
#include <stdlib.h>

#include "exec/patience.h"
#include "sched/uv.h"

/* Looks in one pass of the loop: about as long as the pass itself takes. */
enum { LOOKS = 12 };

enum lookout_state { OFF, LOOKING, ASLEEP };

struct lookout {
    uv_idle_t idle;
    uv_async_t async;
    unsigned open_handles;
    const lookout_duties *duties;
    void *arg;
    enum lookout_state state;
    patience patience;
    bool is_fresh;   /* something was sent out since the last look */
    int64_t news_at; /* when something last was, or came back */
};

static void on_idle(uv_idle_t *idle);

static void go(lookout *lookout, enum lookout_state state)
{
    enum lookout_state before = lookout->state;

    if (state == before)
        return;
    lookout->state = state;
    if (before == ASLEEP)
        lookout->duties->ask_to_be_woken(lookout->arg, false);
    if (state == LOOKING)
        uv_idle_start(&lookout->idle, on_idle);
    else if (before == LOOKING)
        uv_idle_stop(&lookout->idle);
    if (state == ASLEEP)
        lookout->duties->ask_to_be_woken(lookout->arg, true);
}

/* Whether there was news, or there is nothing to wait for. */
static bool look(lookout *lookout)
{
    if (lookout->duties->look(lookout->arg) == 0)
        return false;
    lookout->is_fresh = true;
    return true;
}

static void look_or_sleep(lookout *lookout)
{
    if (!lookout->duties->expects(lookout->arg)) {
        go(lookout, OFF);
        return;
    }
    if (lookout->patience.window > 0) {
        go(lookout, LOOKING);
        return;
    }
    go(lookout, ASLEEP);
    while (look(lookout)) {
    }
    if (!lookout->duties->expects(lookout->arg))
        go(lookout, OFF);
}

static void on_idle(uv_idle_t *idle)
{
    lookout *lookout = idle->data;
    int64_t now;
    bool news = false;

    for (int i = 0; i < LOOKS && !news; i++) {
        news = look(lookout);
        if (!news)
            patience_pause();
    }
    if (news && lookout->duties->expects(lookout->arg))
        return;
    if (news) {
        go(lookout, OFF);
        return;
    }
    now = patience_now();
    if (lookout->is_fresh) {
        lookout->is_fresh = false;
        lookout->news_at = now;
    } else if (now - lookout->news_at > lookout->patience.window) {
        patience_in_vain(&lookout->patience);
        go(lookout, ASLEEP);
        if (look(lookout))
            look_or_sleep(lookout);
    }
}

void sl__lookout_expect(lookout *lookout)
{
    lookout->is_fresh = true;
    if (lookout->state != OFF)
        return;
    lookout->news_at = patience_now();
    if (lookout->patience.window > 0)
        go(lookout, LOOKING);
    else
        go(lookout, ASLEEP);
}

void sl__lookout_woken(lookout *lookout)
{
    int64_t now = patience_now();

    if (lookout->state == ASLEEP)
        patience_slept(&lookout->patience, now - lookout->news_at);
    lookout->news_at = now;
    (void)look(lookout);
    if (lookout->state == ASLEEP)
        go(lookout, OFF); /* and anew, with what it has learned */
    look_or_sleep(lookout);
}

static void on_async(uv_async_t *async)
{
    sl__lookout_woken(async->data);
}

void sl__lookout_wake(lookout *lookout)
{
    uv_async_send(&lookout->async);
}

int sl__lookout_open(sl_loop *loop, const lookout_duties *duties, void *arg,
                     bool may_poll, lookout **out)
{
    lookout *lookout = calloc(1, sizeof *lookout);
    int rc;

    if (lookout == NULL)
        return -ENOMEM;
    rc = uv_async_init(sl__loop_uv(loop), &lookout->async, on_async);
    if (rc < 0) {
        free(lookout);
        return rc;
    }
    uv_idle_init(sl__loop_uv(loop), &lookout->idle);
    lookout->async.data = lookout->idle.data = lookout;
    /* Whoever waits for a job holds the loop. */
    uv_unref((uv_handle_t *)&lookout->async);
    uv_unref((uv_handle_t *)&lookout->idle);
    lookout->open_handles = 2;
    lookout->duties = duties;
    lookout->arg = arg;
    lookout->patience.is_allowed = may_poll;
    lookout->patience.window = may_poll ? PATIENCE_MAX_NS : 0;
    *out = lookout;
    return 0;
}

static void on_closed(uv_handle_t *handle)
{
    lookout *lookout = handle->data;

    if (--lookout->open_handles == 0)
        free(lookout);
}

void sl__lookout_close(lookout *lookout)
{
    if (lookout == NULL)
        return;
    lookout->state = OFF;
    uv_close((uv_handle_t *)&lookout->idle, on_closed);
    uv_close((uv_handle_t *)&lookout->async, on_closed);
}
