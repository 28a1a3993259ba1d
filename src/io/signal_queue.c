/* A queue of signals, so that none is missed between two waits.
 *
 * It is a ring with room for many. When it is full, which takes a flood that
 * nobody looks at, a signal that is in it already need not be added: what was
 * seen once after it came has been seen.
 */
#include <starling/signal.h>

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

#include <starling/error.h>

#include "base/given.h"
#include "io/signal.h"
#include "sched/park.h"
#include "sched/uv.h"

enum { RING = 256 }; /* more than there are signals */

struct sl_signal {
    sl__waitlist waiting;
    unsigned first, count; /* of the ring */
    unsigned char ring[RING];
    unsigned users;        /* tasks inside sl_signal_next() */
    int watches, unclosed; /* both 0 once libuv has let go of it */
    uv_signal_t watch[];
};

static bool is_queued(const sl_signal *signal, int signo)
{
    for (unsigned i = 0; i < signal->count; i++)
        if (signal->ring[(signal->first + i) % RING] == signo)
            return true;
    return false;
}

static void on_signal(uv_signal_t *watch, int signo)
{
    sl_signal *signal = watch->data;

    if (sl__waitlist_wake_one(&signal->waiting, signo))
        return;
    if (signal->count >= RING / 2 && is_queued(signal, signo))
        return;
    signal->ring[(signal->first + signal->count++) % RING] =
        (unsigned char)signo;
}

static void free_unused(sl_signal *signal)
{
    if (signal->users == 0 && signal->watches == 0)
        sl__release(signal);
}

static void on_closed(uv_handle_t *handle)
{
    sl_signal *signal = handle->data;

    if (--signal->unclosed > 0)
        return;
    signal->watches = 0;
    free_unused(signal);
}

static int watch_for(sl_signal *signal, int signo)
{
    uv_signal_t *watch = &signal->watch[signal->watches];
    int rc;

    if (signo <= 0 || signo >= NSIG)
        return sl__signal_refuse(signo, -EINVAL);
    rc = uv_signal_init(sl__loop_uv(sl_loop_current()), watch);
    if (rc < 0)
        return rc;
    watch->data = signal;
    signal->watches++;
    rc = uv_signal_start(watch, on_signal, signo);
    if (rc < 0)
        return sl__signal_refuse(signo, rc); /* SIGKILL; it watches nothing */
    sl__signal_await(signo, 1);
    /* A queue that nobody waits at is no reason to go on. */
    uv_unref((uv_handle_t *)watch);
    return 0;
}

int sl_signal_open(const int signos[], int count, sl_signal **out)
{
    sl_given_bytes(signos, count);
    sl_given(out);

    sl_signal *signal;
    int rc = count > 0 && count < NSIG ? 0 : -EINVAL;

    if (rc < 0)
        return rc;
    signal =
        calloc(1, sizeof *signal + (size_t)count * sizeof signal->watch[0]);
    if (signal == NULL)
        return -ENOMEM;
    for (int i = 0; i < count && rc == 0; i++)
        rc = watch_for(signal, signos[i]);
    if (rc < 0) {
        sl_signal_close(signal);
        return rc;
    }
    *out = signal;
    return 0;
}

/* Only while a task waits are signals a reason for the loop to go on. */
static void keep_loop(sl_signal *signal, bool waiting)
{
    uv_handle_t *watch = (uv_handle_t *)&signal->watch[0];

    if (waiting)
        uv_ref(watch);
    else if (signal->waiting.first == NULL)
        uv_unref(watch);
}

int sl_signal_next(sl_signal *signal)
{
    sl_given(signal);

    sl__waiter waiter = { .what = "a signal", .on = signal };
    int rc = sl__wait_begin();

    if (rc < 0)
        return rc;
    if (signal->count > 0) {
        rc = signal->ring[signal->first];
        signal->first = (signal->first + 1) % RING;
        signal->count--;
        return rc;
    }
    sl__waitlist_append(&signal->waiting, &waiter);
    keep_loop(signal, true);
    signal->users++;
    rc = sl__park(&waiter);
    signal->users--;
    keep_loop(signal, false);
    free_unused(signal); /* it may have been closed meanwhile */
    return rc;
}

void sl_signal_close(sl_signal *signal)
{
    int watches;

    if (signal == NULL)
        return;
    sl_given(signal);
    sl__retire(signal);
    watches = signal->watches;
    if (watches == 0) {
        sl__release(signal);
        return;
    }
    sl__waitlist_wake_all(&signal->waiting, SL_ECLOSED);
    signal->unclosed = watches;
    for (int i = 0; i < watches; i++) {
        if (signal->watch[i].signum != 0)
            sl__signal_await(signal->watch[i].signum, -1);
        sl__uv_close((uv_handle_t *)&signal->watch[i], on_closed);
    }
}
