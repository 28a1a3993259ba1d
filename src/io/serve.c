/* Serving a listener: one task a connection, in one group. */
#include <starling/stream.h>

#include <errno.h>
#include <limits.h>

#include <starling/error.h>
#include <starling/group.h>
#include <starling/semaphore.h>

#include "base/given.h"

/* Without descriptors or memory: connections that end give some back. */
#define SHORTAGE_PAUSE SL_MS(20)

typedef struct server {
    sl_listener *listener;
    sl_serve_fn *handler;
    void *arg;
    size_t stack;
    sl_semaphore places;
    sl_group group;
} server;

struct serve_one_args {
    server *server;
    sl_stream *stream;
};

static int serve_one(void *arg)
{
    struct serve_one_args *a = arg;

    /* Its result is its own business: see stream.h. */
    (void)a->server->handler(a->stream, a->server->arg);
    sl_stream_close(a->stream);
    sl_semaphore_release(&a->server->places);
    return 0;
}

static int start(server *server, sl_stream *stream)
{
    struct serve_one_args args = { server, stream };
    sl_spawn_options options = { .name = "connection", .stack = server->stack };
    sl_task *task = sl_group_spawn_with(&server->group, &options, serve_one,
                                        &args, sizeof args);

    if (!sl_task_is_done(task))
        return 0;
    /* A task that could not be started; its group has failed. */
    sl_stream_close(stream);
    return -ENOMEM;
}

static int accept_next(server *server)
{
    sl_stream *stream;
    int rc = sl_semaphore_acquire(&server->places);

    if (rc < 0)
        return rc;
    rc = sl_listener_accept(server->listener, &stream);
    if (rc == 0)
        return start(server, stream);
    sl_semaphore_release(&server->places);
    if (rc == SL_ECANCELED || rc == SL_ECLOSED)
        return rc;
    return sl_sleep(SHORTAGE_PAUSE);
}

int sl_serve(sl_listener *listener, sl_serve_fn *handler, void *arg,
             const sl_serve_options *options)
{
    sl_given(listener);
    sl_given(handler);

    int max = options != NULL ? options->max_connections : 0, rc, end;
    server server = {
        .listener = listener,
        .handler = handler,
        .arg = arg,
        .stack = options != NULL ? options->stack : 0,
        .places = SL_SEMAPHORE_INIT(max > 0 ? max : INT_MAX),
    };

    sl_group_open_with(&server.group,
                       &(sl_group_options){ .forget_ended = true });
    do {
        rc = accept_next(&server);
    } while (rc == 0);
    end = sl_group_close(&server.group);
    if (end < 0)
        return end;
    return rc == SL_ECLOSED ? 0 : rc;
}
