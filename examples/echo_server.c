/* A server that sends back what it is sent, on 127.0.0.1.
 *
 *     echo_server [PORT]
 *
 * It prints the port that it listens on: the one asked for, else a free one.
 * Ctrl-C ends it in order: sl_main() cancels the main task, sl_serve() cancels
 * the connections and waits for them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <starling.h>

/* One connection, in a task of its own. The stream is closed for us. */
static int echo(sl_stream *stream, void *unused)
{
    char data[16 * 1024];
    ssize_t n;
    int rc = 0;

    (void)unused;
    while (rc == 0 && (n = sl_stream_read(stream, data, sizeof data)) > 0)
        rc = sl_stream_write(stream, data, (size_t)n);
    return rc;
}

static int app(void *arg)
{
    sl_listener *listener;
    int rc = sl_tcp_listen("127.0.0.1", *(int *)arg, &listener);

    if (rc < 0)
        return sl_fail(rc, "port %d: %s", *(int *)arg, sl_strerror(rc));
    printf("%d\n", sl_listener_port(listener));
    fflush(stdout);
    rc = sl_serve(listener, echo, NULL, NULL);
    sl_listener_close(listener);
    return rc;
}

/* A connection is a descriptor: what is granted is 1 024, allowed are more. */
static void allow_many(void)
{
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
}

int main(int argc, char **argv)
{
    int port = argc > 1 ? atoi(argv[1]) : 0;

    allow_many();
    return sl_main(argc, argv, app, &port);
}
