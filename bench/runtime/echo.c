/* An echo server: prints its port, then sends everything back. */
#include <stdio.h>
#include <sys/resource.h>

#include "workload.h"

static int echo(void *arg)
{
    sl_stream *stream = arg;
    char data[4096];
    ssize_t n;

    while ((n = sl_stream_read(stream, data, sizeof data)) > 0)
        if (sl_stream_write(stream, data, (size_t)n) < 0)
            break;
    sl_stream_close(stream);
    return 0; /* a client that goes away is no failure */
}

static int accept_all(sl_listener *listener)
{
    const sl_group_options options = { .forget_ended = true };
    sl_stream *stream;
    sl_group group;
    int rc, closed;

    sl_group_open_with(&group, &options);
    while ((rc = sl_listener_accept(listener, &stream)) == 0)
        sl_group_spawn(&group, echo, stream);
    sl_group_cancel(&group);
    closed = sl_group_close(&group);
    return rc < 0 ? rc : closed;
}

static void allow_many_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    /* Refused, the server does with what it has. */
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

int serve_echo(void *unused)
{
    sl_listener *listener;
    int rc;

    (void)unused;
    allow_many_descriptors();
    rc = sl_tcp_listen("127.0.0.1", 0, &listener);
    if (rc < 0)
        return rc;
    printf("%d\n", sl_listener_port(listener));
    fflush(stdout);
    rc = accept_all(listener);
    sl_listener_close(listener);
    return rc;
}
