/* Waiting for a signal. The watcher lives on the heap until libuv has closed
 * it; the waiter on the task's stack is unhooked before the task goes on. */
#include <starling/signal.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <starling/error.h>

#include "io/signal.h"
#include "sched/park.h"
#include "sched/uv.h"

/* Loops do not share threads, so a thread's count is its loop's. */
static __thread unsigned awaited[NSIG];

typedef struct signal_watch {
    uv_signal_t handle;
    sl__waiter *waiter;
} signal_watch;

static void on_signal(uv_signal_t *handle, int signo)
{
    signal_watch *watch = handle->data;

    if (watch->waiter != NULL)
        sl__complete(watch->waiter, signo);
}

static void free_watch(uv_handle_t *handle)
{
    free(handle->data);
}

bool sl__signal_is_awaited(int signo)
{
    return awaited[signo] > 0;
}

void sl__signal_await(int signo, int more)
{
    awaited[signo] += (unsigned)more;
}

int sl__signal_refuse(int signo, int rc)
{
    if (rc != -EINVAL)
        return rc;
    return sl_fail(rc, "signal %d (%s) cannot be waited for", signo,
                   signo > 0 && signo < NSIG ? strsignal(signo) : "none");
}

int sl_signal_wait(int signo)
{
    sl__waiter waiter = { .what = "a signal" };
    signal_watch *watch;
    int rc = sl__wait_begin();

    if (rc < 0)
        return rc;
    if (signo <= 0 || signo >= NSIG)
        return sl__signal_refuse(signo, -EINVAL);
    watch = calloc(1, sizeof *watch);
    if (watch == NULL)
        return -ENOMEM;
    rc = uv_signal_init(sl__loop_uv(sl_loop_current()), &watch->handle);
    if (rc < 0) {
        free(watch);
        return rc;
    }
    watch->handle.data = watch;
    watch->waiter = &waiter;
    rc = uv_signal_start_oneshot(&watch->handle, on_signal, signo);
    if (rc == 0) {
        sl__signal_await(signo, 1);
        rc = sl__park(&waiter);
        sl__signal_await(signo, -1);
    } else {
        rc = sl__signal_refuse(signo, rc);
    }
    watch->waiter = NULL;
    uv_close((uv_handle_t *)&watch->handle, free_watch);
    return rc;
}
