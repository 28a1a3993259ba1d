/* Waiting at descriptors, by libuv's poll handles.
 *
 * libuv's own streams want buffers of us for as long as they please; a task
 * that is cancelled would have to wait until libuv gives its buffer back. Here
 * the system call is ours and is made when it will not block, so nobody keeps a
 * pointer and a cancelled write knows what it has sent.
 *
 * The kernel reports by level: a descriptor that is ready and not served is
 * reported again in every pass. Attempts are therefore run right in the
 * callback, not when the woken task gets its turn: with a thousand tasks ready
 * and a pass every 50 us, the reports would otherwise cost more than the work.
 *
 * Watching for input goes on between reads, because changing what is watched
 * costs three system calls. It ends when input comes that nobody waits for, and
 * then the next read need not ask whether there is some: it reads.
 */
#include "io/descriptor.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <starling/error.h>

#include "base/list.h"

/* A peer that is as fast as we are would keep a task from ever giving way. */
enum { UNBROKEN_MAX = 32 };

static const uint8_t event_of[2] = { UV_READABLE, UV_WRITABLE };

static void on_event(uv_poll_t *poll, int status, int events);

static int watch_for(sl__descriptor *d, uint8_t events)
{
    int rc;

    if (events == d->polled)
        return 0;
    rc = events != 0 ? uv_poll_start(&d->poll, events, on_event)
                     : uv_poll_stop(&d->poll);
    if (rc == 0)
        d->polled = events;
    return rc;
}

static int run(sl__descriptor *d, enum sl__direction direction,
               sl__attempt *attempt)
{
    int rc;

    attempt->drained = false;
    rc = attempt->run(attempt, d->fd);
    d->promising[direction] = rc != -EAGAIN && !attempt->drained;
    return rc;
}

/* The descriptor is ready: run what waits for that. */
static void serve(sl__descriptor *d, enum sl__direction direction)
{
    sl__waiter *first;

    d->promising[direction] = true;
    while (d->promising[direction] &&
           (first = d->waiting[direction].first) != NULL) {
        int rc =
            run(d, direction, sl__container_of(first, sl__attempt, waiter));

        if (rc != -EAGAIN)
            sl__complete(first, rc);
    }
}

static void on_event(uv_poll_t *poll, int status, int events)
{
    sl__descriptor *d = poll->data;
    bool wanted = d->waiting[SL__IN].first != NULL;
    uint8_t next = d->polled;

    if (status < 0) {
        /* An error of the connection. libuv has stopped watching; the attempts
         * learn the error from the kernel. */
        d->polled = next = 0;
        events = UV_READABLE | UV_WRITABLE;
    }
    if (events & UV_READABLE)
        serve(d, SL__IN);
    if (events & UV_WRITABLE)
        serve(d, SL__OUT);
    if (d->waiting[SL__IN].first != NULL)
        next |= UV_READABLE;
    else if ((events & UV_READABLE) && !wanted)
        next &= (uint8_t)~UV_READABLE;
    next &= (uint8_t)~UV_WRITABLE;
    if (d->waiting[SL__OUT].first != NULL)
        next |= UV_WRITABLE;
    /* It was watched before, so it can be: this does not fail. */
    (void)watch_for(d, next);
}

int sl__descriptor_open(sl__descriptor *d, int fd,
                        void (*released)(sl__descriptor *descriptor))
{
    int rc;

    memset(d, 0, sizeof *d);
    rc = uv_poll_init(sl__loop_uv(sl_loop_current()), &d->poll, fd);
    if (rc < 0)
        return rc;
    /* Only tasks that wait here are a reason for the loop to go on. */
    uv_unref((uv_handle_t *)&d->poll);
    d->poll.data = d;
    d->fd = fd;
    d->released = released;
    d->promising[SL__IN] = d->promising[SL__OUT] = true;
    return 0;
}

static void leave(sl__descriptor *d)
{
    if (d->waiting[SL__IN].first == NULL && d->waiting[SL__OUT].first == NULL)
        uv_unref((uv_handle_t *)&d->poll);
    if (--d->users == 0 && d->closed)
        d->released(d);
}

/* Let others run. Afterwards the descriptor may be closed. */
static int take_a_break(sl__descriptor *d)
{
    d->unbroken = 0;
    return sl_yield();
}

static int wait_for(sl__descriptor *d, enum sl__direction direction,
                    sl__attempt *attempt)
{
    int rc = watch_for(d, d->polled | event_of[direction]);

    if (rc < 0)
        return rc;
    d->unbroken = 0;
    uv_ref((uv_handle_t *)&d->poll);
    sl__waitlist_append(&d->waiting[direction], &attempt->waiter);
    return sl__park(&attempt->waiter);
}

int sl__descriptor_do(sl__descriptor *d, enum sl__direction direction,
                      sl__attempt *attempt)
{
    int rc = 0;

    d->users++;
    if (d->unbroken >= UNBROKEN_MAX)
        rc = take_a_break(d);
    if (rc == 0 && d->closing)
        rc = SL_ECLOSED;
    if (rc == 0) {
        rc = -EAGAIN;
        d->unbroken++;
        /* Who came first is served first, also in a busy moment. Room is
         * always asked for: the kernel reports it only when there is much. */
        if ((d->promising[direction] || direction == SL__OUT) &&
            d->waiting[direction].first == NULL)
            rc = run(d, direction, attempt);
        if (rc == -EAGAIN)
            rc = wait_for(d, direction, attempt);
    }
    leave(d);
    return rc;
}

static void on_closed(uv_handle_t *handle)
{
    sl__descriptor *d = handle->data;

    d->closed = true;
    if (d->users == 0)
        d->released(d);
}

void sl__descriptor_close(sl__descriptor *d)
{
    d->closing = true;
    sl__waitlist_wake_all(&d->waiting[SL__IN], SL_ECLOSED);
    sl__waitlist_wake_all(&d->waiting[SL__OUT], SL_ECLOSED);
    sl__uv_close((uv_handle_t *)&d->poll, on_closed);
    /* libuv has let go of the number by now, so it may be reused at once. */
    close(d->fd);
    d->fd = -1;
}
