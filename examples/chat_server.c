/* A small chat on 127.0.0.1: talk to it with `nc 127.0.0.1 PORT`.
 *
 *     chat_server [PORT]
 *
 * The first line that a client sends is its name; each further one goes to all
 * others. Every client has a bounded queue of lines and a task that writes
 * them: one that does not read fills its queue and is sent away, and nobody
 * else waits for it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <starling.h>

enum { LINE_SIZE = 512, NAME_SIZE = 32, QUEUE_LINES = 64 };

typedef struct line {
    char text[LINE_SIZE + NAME_SIZE + 4];
} line;

typedef struct client {
    struct client *next;
    sl_stream *stream;
    sl_queue *lines; /* to be written */
    sl_group group;  /* its reader, here, and its writer */
    char name[NAME_SIZE];
} client;

typedef struct room {
    client *first;
} room;

static void tell(client *client, const line *line)
{
    /* Full or shut down: it does not read. Ending its group ends both tasks. */
    if (sl_queue_try_put(client->lines, line) < 0)
        sl_group_cancel(&client->group);
}

static void tell_others(room *room, const client *from, const char *what)
{
    line line;

    snprintf(line.text, sizeof line.text, "%s %s\n", from->name, what);
    for (client *other = room->first; other != NULL; other = other->next)
        if (other != from)
            tell(other, &line);
}

static int write_lines(void *arg)
{
    client *client = arg;
    line line;
    int rc;

    while ((rc = sl_queue_get(client->lines, &line)) == 0) {
        rc = sl_stream_write(client->stream, line.text, strlen(line.text));
        if (rc < 0)
            return rc;
    }
    return rc == SL_ECLOSED ? 0 : rc;
}

static int read_lines(room *room, client *client)
{
    char text[LINE_SIZE], said[LINE_SIZE + 2];
    ssize_t n;

    while ((n = sl_stream_read_line(client->stream, text, sizeof text)) >= 0) {
        snprintf(said, sizeof said, "> %s", text);
        tell_others(room, client, said);
    }
    return (int)n;
}

static void enter(room *room, client *client)
{
    client->next = room->first;
    room->first = client;
    tell_others(room, client, "is here");
}

static void leave(room *room, client *client)
{
    struct client **at = &room->first;

    while (*at != client)
        at = &(*at)->next;
    *at = client->next;
    tell_others(room, client, "has left");
}

/* One client, from its name to its end. */
static int attend(sl_stream *stream, void *arg)
{
    client client = { .stream = stream };
    room *room = arg;
    ssize_t n = sl_stream_read_line(stream, client.name, sizeof client.name);
    int rc;

    if (n <= 0)
        return (int)n;
    client.lines = sl_queue_new(SL_FIFO, sizeof(line), QUEUE_LINES);
    if (client.lines == NULL)
        return -ENOMEM;
    sl_group_open(&client.group);
    sl_group_spawn(&client.group, write_lines, &client);
    enter(room, &client);
    rc = read_lines(room, &client);
    leave(room, &client);
    sl_queue_shutdown(client.lines, false); /* what is in it is still written */
    if (rc != SL_ECLOSED)
        sl_group_cancel(&client.group);
    rc = sl_group_close(&client.group);
    sl_queue_free(client.lines);
    return rc;
}

static int app(void *arg)
{
    room room = { NULL };
    sl_listener *listener;
    int rc = sl_tcp_listen("127.0.0.1", *(int *)arg, &listener);

    if (rc < 0)
        return sl_fail(rc, "port %d: %s", *(int *)arg, sl_strerror(rc));
    printf("%d\n", sl_listener_port(listener));
    fflush(stdout);
    rc = sl_serve(listener, attend, &room, NULL);
    sl_listener_close(listener);
    return rc;
}

int main(int argc, char **argv)
{
    int port = argc > 1 ? atoi(argv[1]) : 0;

    return sl_main(argc, argv, app, &port);
}
