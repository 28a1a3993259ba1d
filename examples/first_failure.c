/* One failure stops the others, and says what went wrong.
 *
 * Two servers are asked at once. One of them accepts and never answers, nobody
 * listens at the other's port: the failure there ends the endless wait here.
 */
#include <stdio.h>

#include <starling.h>

struct fetch_args {
    const char *name;
    int port;
};

static int read_answer(sl_stream *stream)
{
    static const char request[] = "GET / HTTP/1.0\r\n\r\n";
    char line[256];
    int rc = sl_stream_write(stream, request, sizeof request - 1);

    if (rc < 0)
        return rc;
    rc = (int)sl_stream_read_line(stream, line, sizeof line);
    return rc < 0 ? rc : 0;
}

static int fetch(void *arg)
{
    struct fetch_args *args = arg;
    sl_stream *stream;
    int rc = sl_tcp_connect("127.0.0.1", args->port, &stream);

    if (rc < 0)
        return sl_fail(rc, "%s: %s", args->name, sl_strerror(rc));
    rc = read_answer(stream);
    sl_stream_close(stream); /* after success, error and cancel alike */
    if (rc == SL_ECANCELED)
        printf("%s: given up, since %s\n", args->name, sl_cancel_reason());
    return rc;
}

static int ask_both(int silent_port, int closed_port)
{
    sl_group group;
    int rc;

    sl_group_open(&group);
    sl_go(&group, fetch, .name = "silent server", .port = silent_port);
    sl_go(&group, fetch, .name = "closed port", .port = closed_port);
    rc = sl_group_close(&group);
    if (rc < 0)
        printf("%s\n", sl_errmsg());
    return rc;
}

static int app(void *unused)
{
    sl_listener *silent, *closed;
    int closed_port;
    int rc = sl_tcp_listen("127.0.0.1", 0, &silent);

    (void)unused;
    if (rc < 0)
        return rc;
    rc = sl_tcp_listen("127.0.0.1", 0, &closed);
    if (rc == 0) {
        closed_port = sl_listener_port(closed);
        sl_listener_close(closed);
        rc = ask_both(sl_listener_port(silent), closed_port);
    }
    sl_listener_close(silent);
    return rc < 0 ? 0 : 1; /* this program is about the error */
}

int main(int argc, char **argv)
{
    return sl_main(argc, argv, app, NULL);
}
