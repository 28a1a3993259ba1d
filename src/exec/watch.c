/* libuv uses a handle until its close callback has run, longer than most of
 * what is watched here lives. So a watch is an object of its own on the heap,
 * which takes the descriptor with it: the number cannot be reused while libuv
 * still knows it.
 */
#include "exec/watch.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "sched/uv.h"

struct watch {
    uv_poll_t poll;
    watch_owner *owner;
    int fd;
    void (*ready)(void *arg);
    void *arg;
};

static void on_event(uv_poll_t *poll, int status, int events)
{
    watch *watch = poll->data;

    /* An error shows again at the next read, with its number. */
    (void)status;
    (void)events;
    watch->ready(watch->arg);
}

static void on_closed(uv_handle_t *handle)
{
    watch *watch = handle->data;
    watch_owner *owner = watch->owner;

    close(watch->fd);
    free(watch);
    owner->count--;
    owner->released(owner->arg);
}

int sl__watch_start(sl_loop *loop, watch_owner *owner, int fd,
                    void (*ready)(void *arg), void *arg, watch **out)
{
    watch *watch = calloc(1, sizeof *watch);
    int rc = watch == NULL ? -ENOMEM
                           : uv_poll_init(sl__loop_uv(loop), &watch->poll, fd);

    if (rc < 0) {
        close(fd);
        free(watch);
        return rc;
    }
    watch->poll.data = watch;
    watch->owner = owner;
    watch->fd = fd;
    watch->ready = ready;
    watch->arg = arg;
    owner->count++;
    uv_unref((uv_handle_t *)&watch->poll);
    rc = uv_poll_start(&watch->poll, UV_READABLE, on_event);
    if (rc < 0) {
        sl__watch_stop(watch);
        return rc;
    }
    *out = watch;
    return 0;
}

void sl__watch_stop(watch *watch)
{
    if (watch == NULL)
        return;
    uv_poll_stop(&watch->poll);
    sl__uv_close((uv_handle_t *)&watch->poll, on_closed);
}

int sl__watch_fd(const watch *watch)
{
    return watch->fd;
}
