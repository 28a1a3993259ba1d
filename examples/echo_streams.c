/* A server and its clients in one program: each connection is a task, and a
 * task may wait in the middle of a line. The clients talk at the same time;
 * when the last one has left the listener is closed, and with it the server.
 */
#include <stdio.h>
#include <string.h>

#include <starling.h>

#include "shared/program.h"

enum { CLIENTS = 3 };

/* Send back, line by line, what comes. The stream is closed for us. */
static int echo(sl_stream *stream, void *unused)
{
    char line[256];
    ssize_t n;
    int rc = 0;

    (void)unused;
    while (rc == 0 &&
           (n = sl_stream_read_line(stream, line, sizeof line - 1)) >= 0) {
        line[n] = '\n';
        rc = sl_stream_write(stream, line, (size_t)n + 1);
    }
    return rc;
}

struct talk_args {
    int number, port;
};

static int say(sl_stream *stream, int number, const char *words)
{
    char line[256];
    ssize_t n;
    int rc;

    snprintf(line, sizeof line, "%s from client %d\n", words, number);
    rc = sl_stream_write(stream, line, strlen(line));
    if (rc < 0)
        return rc;
    n = sl_stream_read_line(stream, line, sizeof line);
    if (n >= 0)
        printf("client %d heard: %s\n", number, line);
    return n < 0 ? (int)n : 0;
}

static int talk(void *arg)
{
    struct talk_args *args = arg;
    sl_stream *stream;
    int rc = sl_tcp_connect("127.0.0.1", args->port, &stream);

    if (rc < 0)
        return sl_fail(rc, "client %d: %s", args->number, sl_strerror(rc));
    rc = say(stream, args->number, "hello");
    if (rc == 0)
        rc = sl_sleep(scaled(SL_MS(50 * args->number)));
    if (rc == 0)
        rc = say(stream, args->number, "goodbye");
    sl_stream_close(stream);
    return rc;
}

static int serve(void *listener)
{
    return sl_serve(listener, echo, NULL, NULL);
}

static int run_clients(int port)
{
    sl_group clients;

    sl_group_open(&clients);
    for (int i = 1; i <= CLIENTS; i++)
        sl_go(&clients, talk, .number = i, .port = port);
    return sl_group_close(&clients);
}

static int app(void *unused)
{
    sl_listener *listener;
    sl_group group;
    sl_task *server;
    int closed, rc = sl_tcp_listen("127.0.0.1", 0, &listener);

    (void)unused;
    if (rc < 0)
        return rc;
    sl_group_open(&group);
    server = sl_group_spawn(&group, serve, listener);
    rc = run_clients(sl_listener_port(listener));
    sl_task_cancel(server, "all clients have left");
    sl_group_cancel(&group);
    sl_listener_close(listener);
    closed = sl_group_close(&group);
    return rc < 0 ? rc : closed;
}

int main(int argc, char **argv)
{
    program_begin(&argc, argv);
    expect_arguments(argc, argv, 0, 0, "echo_streams");
    return sl_main(argc, argv, app, NULL);
}
