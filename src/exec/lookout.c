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

#include "base/assert.h"
#include "exec/patience.h"
#include "sched/uv.h"

enum {
    LOOKS = 12, /* in one pass of the loop: about as long as the pass takes */
    /* With that many jobs out, and few of them done at a look, the next look
     * waits a microsecond: a look takes the cache line away from whoever is
     * writing to it, and costs that one more than a small job. */
    MANY = 16,
    FEW = 8,
    RESPITE = 24, /* pauses */
};

enum lookout_state { OFF, LOOKING, ASLEEP };

struct lookout {
    uv_idle_t idle;
    uv_async_t async;
    unsigned open_handles;
    const lookout_duties *duties;
    void *arg;
    enum lookout_state state;
    patience patience;
    int cores;
    unsigned found;  /* at the last look */
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
    lookout->found = lookout->duties->look(lookout->arg);
    if (lookout->found == 0)
        return false;
    lookout->is_fresh = true;
    return true;
}

/* Whether to look before sleeping, if there is a core to do it on. */
static bool will_look(lookout *lookout)
{
    return patience_begin(&lookout->patience) &&
           lookout->duties->at_work(lookout->arg) < lookout->cores;
}

static void look_or_sleep(lookout *lookout)
{
    if (lookout->duties->expects(lookout->arg) == 0) {
        go(lookout, OFF);
        return;
    }
    if (will_look(lookout)) {
        go(lookout, LOOKING);
        return;
    }
    go(lookout, ASLEEP);
    while (look(lookout)) {
    }
    if (lookout->duties->expects(lookout->arg) == 0)
        go(lookout, OFF);
}

static void look_at_many(lookout *lookout)
{
    if (lookout->found < FEW)
        for (int i = 0; i < RESPITE; i++)
            patience_pause();
    (void)look(lookout);
}

static void look_at_few(lookout *lookout)
{
    for (int i = 0; i < LOOKS && !look(lookout); i++)
        patience_pause();
}

static void on_idle(uv_idle_t *idle)
{
    lookout *lookout = idle->data;
    unsigned out = lookout->duties->expects(lookout->arg);
    int64_t now;

    if (out >= MANY)
        look_at_many(lookout);
    else
        look_at_few(lookout);
    if (lookout->found > 0) {
        patience_paid(&lookout->patience);
        if (lookout->duties->expects(lookout->arg) == 0)
            go(lookout, OFF);
        else if (lookout->duties->at_work(lookout->arg) >= lookout->cores)
            look_or_sleep(lookout);
        return;
    }
    now = patience_now();
    if (lookout->is_fresh) {
        lookout->is_fresh = false;
        lookout->news_at = now;
    } else if (now - lookout->news_at > PATIENCE_NS) {
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
    sl_assert(!uv_is_closing((uv_handle_t *)&lookout->async) &&
              "a pool is used by the loop that made it");
    go(lookout, will_look(lookout) ? LOOKING : ASLEEP);
}

void sl__lookout_woken(lookout *lookout)
{
    lookout->is_fresh = true;
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
                     int cores, lookout **out)
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
    lookout->patience = patience_new(cores > 1);
    lookout->cores = cores;
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
    sl__uv_close((uv_handle_t *)&lookout->idle, on_closed);
    sl__uv_close((uv_handle_t *)&lookout->async, on_closed);
}
