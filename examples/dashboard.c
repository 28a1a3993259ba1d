/* A live dashboard: one task makes figures, and every open connection shows
 * them as they come. A connection that waits costs a task's stack, a few
 * kilobytes, and no processor; so hundreds may stay open.
 *
 *     dashboard [--viewers 200]
 *
 * Nobody is sent what is old: a viewer that was slow gets the newest figure
 * next, and holds up nobody.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <starling.h>

#include "shared/program.h"

enum { FIGURES = 5 };

struct board {
    int newest;       /* the figure to show; FIGURES is the last */
    sl_event changed; /* set and cleared for each: wakes who waits just then */
};

static int show(sl_stream *stream, void *arg)
{
    struct board *board = arg;
    char line[32];
    int shown = 0, rc = 0;

    while (rc == 0 && shown < FIGURES) {
        while (rc == 0 && board->newest == shown)
            rc = sl_event_wait(&board->changed);
        if (rc < 0)
            break;
        shown = board->newest;
        rc = sl_stream_write(
            stream, line,
            (size_t)snprintf(line, sizeof line, "figure %d\n", shown));
    }
    return rc;
}

static int publish(struct board *board)
{
    int rc = 0;

    for (int i = 1; i <= FIGURES && rc == 0; i++) {
        rc = sl_sleep(scaled(SL_MS(200)));
        board->newest = i;
        sl_event_set(&board->changed);
        sl_event_clear(&board->changed);
    }
    return rc;
}

struct view_args {
    int port;
    int *lines, *finals; /* what all viewers together have seen */
};

static int view(void *arg)
{
    struct view_args *args = arg;
    char line[32] = "";
    sl_stream *stream;
    int rc = sl_tcp_connect("127.0.0.1", args->port, &stream);

    if (rc < 0)
        return sl_fail(rc, "viewer: %s", sl_strerror(rc));
    while ((rc = (int)sl_stream_read_line(stream, line, sizeof line)) >= 0) {
        ++*args->lines;
        *args->finals += atoi(line + sizeof "figure") == FIGURES;
    }
    sl_stream_close(stream);
    return rc == SL_ECLOSED ? 0 : rc;
}

struct serve_args {
    sl_listener *listener;
    struct board *board;
};

static int serve(void *arg)
{
    struct serve_args *args = arg;

    return sl_serve(args->listener, show, args->board, NULL);
}

static int run_viewers(int port, int viewers, struct board *board)
{
    int lines = 0, finals = 0, rc, closed;
    sl_group group;

    sl_group_open(&group);
    for (int i = 0; i < viewers; i++)
        sl_go(&group, view, .port = port, .lines = &lines, .finals = &finals);
    rc = publish(board);
    closed = sl_group_close(&group);
    if (rc == 0 && closed == 0)
        printf("%d viewers, %d lines, %d saw the last figure\n", viewers, lines,
               finals);
    return closed < 0 ? closed : rc;
}

static int app(void *arg)
{
    struct board board = { 0 };
    sl_listener *listener;
    sl_group group;
    int closed, rc = sl_tcp_listen("127.0.0.1", 0, &listener);

    if (rc < 0)
        return rc;
    sl_group_open(&group);
    sl_go(&group, serve, .listener = listener, .board = &board);
    rc = run_viewers(sl_listener_port(listener), *(int *)arg, &board);
    sl_listener_close(listener); /* the server ends when all have left */
    closed = sl_group_close(&group);
    return rc < 0 ? rc : closed;
}

int main(int argc, char **argv)
{
    int viewers;

    program_begin(&argc, argv);
    viewers = take_count(&argc, argv, "--viewers", 200);
    expect_arguments(argc, argv, 0, 0, "dashboard [--viewers N]");
    return sl_main(argc, argv, app, &viewers);
}
