/* Streams on libuv's TCP handles.
 *
 * The stream object is on the heap and outlives every task that uses it until
 * libuv has closed the handle. A reader's buffer is given to libuv only inside
 * one of libuv's own callbacks, while the reader is known to be parked; so a
 * reader that was cancelled leaves no pointer behind. What a write could not
 * send at once is copied, for the same reason.
 */
#include <starling/stream.h>

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <starling/error.h>

#include "base/list.h"
#include "sched/park.h"
#include "sched/uv.h"

struct sl_stream {
    uv_tcp_t tcp;
    sl__waiter *reader, *writer, *connector;
    void *data; /* the reader's buffer */
    size_t size;
    bool reading; /* libuv polls for data */
    bool cut;     /* a write was left in the middle */
    bool ended;   /* the other side has sent its end */
    int error;    /* of the connection, once there was one */
};

struct sl_listener {
    uv_tcp_t tcp;
    sl__waitlist acceptors;
    int pending; /* connections that nobody has accepted yet */
};

typedef struct write_rest {
    uv_write_t request;
    sl_stream *stream;
    char data[];
} write_rest;

static uv_stream_t *uv_of(sl_stream *stream)
{
    return (uv_stream_t *)&stream->tcp;
}

static void free_stream(uv_handle_t *handle)
{
    free(handle->data);
}

static int make_stream(sl_stream **out)
{
    sl_stream *stream = calloc(1, sizeof *stream);
    int rc;

    if (stream == NULL)
        return -ENOMEM;
    rc = uv_tcp_init(sl__loop_uv(sl_loop_current()), &stream->tcp);
    if (rc < 0) {
        free(stream);
        return rc;
    }
    stream->tcp.data = stream;
    *out = stream;
    return 0;
}

static int parse_address(const char *address, int port,
                         struct sockaddr_storage *out)
{
    if (port < 0 || port > 65535)
        return -EINVAL;
    if (uv_ip4_addr(address, port, (struct sockaddr_in *)out) == 0)
        return 0;
    return uv_ip6_addr(address, port, (struct sockaddr_in6 *)out) == 0
               ? 0
               : -EINVAL;
}

/* Listening. */

static void on_connection(uv_stream_t *server, int status)
{
    sl_listener *listener = server->data;

    if (status < 0)
        return; /* one that came and went; the next is announced anew */
    if (!sl__waitlist_wake_one(&listener->acceptors, 0))
        listener->pending++;
}

static void free_listener(uv_handle_t *handle)
{
    free(handle->data);
}

int sl_tcp_listen(const char *address, int port, sl_listener **out)
{
    struct sockaddr_storage where;
    sl_listener *listener;
    int rc = parse_address(address, port, &where);

    if (rc < 0)
        return rc;
    listener = calloc(1, sizeof *listener);
    if (listener == NULL)
        return -ENOMEM;
    rc = uv_tcp_init(sl__loop_uv(sl_loop_current()), &listener->tcp);
    if (rc < 0) {
        free(listener);
        return rc;
    }
    listener->tcp.data = listener;
    rc = uv_tcp_bind(&listener->tcp, (struct sockaddr *)&where, 0);
    if (rc == 0)
        rc = uv_listen((uv_stream_t *)&listener->tcp, 1024, on_connection);
    if (rc < 0) {
        uv_close((uv_handle_t *)&listener->tcp, free_listener);
        return rc;
    }
    *out = listener;
    return 0;
}

int sl_listener_port(const sl_listener *listener)
{
    struct sockaddr_storage where;
    int size = sizeof where;

    if (uv_tcp_getsockname(&listener->tcp, (struct sockaddr *)&where, &size) <
        0)
        return 0;
    if (where.ss_family == AF_INET6)
        return ntohs(((struct sockaddr_in6 *)&where)->sin6_port);
    return ntohs(((struct sockaddr_in *)&where)->sin_port);
}

static int wait_for_connection(sl_listener *listener)
{
    sl__waiter waiter = { .what = "a connection", .on = listener };
    int rc = sl__wait_begin();

    if (rc < 0)
        return rc;
    if (listener->pending > 0) {
        listener->pending--;
        return 0;
    }
    sl__waitlist_append(&listener->acceptors, &waiter);
    return sl__park(&waiter);
}

int sl_listener_accept(sl_listener *listener, sl_stream **out)
{
    sl_stream *stream;
    int rc = wait_for_connection(listener);

    if (rc < 0)
        return rc;
    rc = make_stream(&stream);
    if (rc < 0)
        return rc;
    rc = uv_accept((uv_stream_t *)&listener->tcp, uv_of(stream));
    if (rc < 0) {
        sl_stream_close(stream);
        return rc;
    }
    uv_tcp_nodelay(&stream->tcp, 1);
    *out = stream;
    return 0;
}

void sl_listener_close(sl_listener *listener)
{
    if (listener == NULL)
        return;
    sl__waitlist_wake_all(&listener->acceptors, SL_ECLOSED);
    uv_close((uv_handle_t *)&listener->tcp, free_listener);
}

/* Connecting. */

typedef struct connecting {
    uv_connect_t request;
    sl_stream *stream;
} connecting;

static void on_connect(uv_connect_t *request, int status)
{
    connecting *connecting = request->data;
    sl_stream *stream = connecting->stream;

    free(connecting);
    /* After a cancelled connect the stream is being closed, with no waiter. */
    if (stream->connector != NULL)
        sl__complete(stream->connector, status);
}

static int start_connect(sl_stream *stream, const struct sockaddr *where)
{
    connecting *connecting = malloc(sizeof *connecting);
    int rc;

    if (connecting == NULL)
        return -ENOMEM;
    connecting->stream = stream;
    connecting->request.data = connecting;
    rc = uv_tcp_connect(&connecting->request, &stream->tcp, where, on_connect);
    if (rc < 0)
        free(connecting);
    return rc;
}

int sl_tcp_connect(const char *address, int port, sl_stream **out)
{
    sl__waiter waiter = { .what = "a connection" };
    struct sockaddr_storage where;
    sl_stream *stream;
    int rc = sl__wait_begin();

    if (rc < 0)
        return rc;
    rc = parse_address(address, port, &where);
    if (rc == 0)
        rc = make_stream(&stream);
    if (rc < 0)
        return rc;
    rc = start_connect(stream, (struct sockaddr *)&where);
    if (rc == 0) {
        stream->connector = &waiter;
        rc = sl__park(&waiter);
        stream->connector = NULL;
    }
    if (rc < 0) {
        sl_stream_close(stream);
        return rc;
    }
    uv_tcp_nodelay(&stream->tcp, 1);
    *out = stream;
    return 0;
}

/* Reading. */

static void stop_reading(sl_stream *stream)
{
    uv_read_stop(uv_of(stream));
    stream->reading = false;
}

/* Without a parked reader libuv gets no buffer and reports UV_ENOBUFS. */
static void give_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    sl_stream *stream = handle->data;
    bool wanted = stream->reader != NULL && !stream->reader->done;

    (void)suggested;
    *buffer = wanted ? uv_buf_init(stream->data, (unsigned)stream->size)
                     : uv_buf_init(NULL, 0);
}

static void on_read(uv_stream_t *handle, ssize_t n, const uv_buf_t *buffer)
{
    sl_stream *stream = handle->data;

    (void)buffer;
    if (n == 0)
        return; /* nothing was there after all */
    if (n == UV_ENOBUFS) {
        stop_reading(stream); /* the data stays in the kernel */
        return;
    }
    if (n < 0)
        stop_reading(stream);
    if (n == UV_EOF) {
        stream->ended = true;
        n = 0;
    } else if (n < 0) {
        stream->error = (int)n;
    }
    if (stream->reader != NULL)
        sl__complete(stream->reader, (int)n);
}

ssize_t sl_stream_read(sl_stream *stream, void *data, size_t size)
{
    sl__waiter waiter = { .what = "data from a stream", .on = stream };
    int rc = sl__wait_begin();

    if (rc < 0)
        return rc;
    if (stream->reader != NULL)
        return -EBUSY;
    if (stream->error < 0)
        return stream->error;
    if (stream->ended || size == 0)
        return 0;
    if (!stream->reading) {
        rc = uv_read_start(uv_of(stream), give_buffer, on_read);
        if (rc < 0)
            return rc;
        stream->reading = true;
    }
    stream->data = data;
    stream->size = size < INT32_MAX ? size : INT32_MAX;
    stream->reader = &waiter;
    rc = sl__park(&waiter);
    /* Closed meanwhile: the stream may be gone, do not look at it. */
    if (rc != SL_ECLOSED)
        stream->reader = NULL;
    return rc;
}

/* Writing. */

static void on_written(uv_write_t *request, int status)
{
    write_rest *rest = sl__container_of(request, write_rest, request);
    sl_stream *stream = rest->stream;

    free(rest);
    if (stream->writer != NULL)
        sl__complete(stream->writer, status);
}

static int write_rest_of(sl_stream *stream, const char *data, size_t size)
{
    sl__waiter waiter = { .what = "room in a stream", .on = stream };
    write_rest *rest = malloc(sizeof *rest + size);
    uv_buf_t buffer;
    int rc;

    if (rest == NULL)
        return -ENOMEM;
    memcpy(rest->data, data, size);
    rest->stream = stream;
    buffer = uv_buf_init(rest->data, (unsigned)size);
    rc = uv_write(&rest->request, uv_of(stream), &buffer, 1, on_written);
    if (rc < 0) {
        free(rest);
        return rc;
    }
    stream->writer = &waiter;
    rc = sl__park(&waiter);
    if (rc == SL_ECLOSED)
        return rc;
    stream->writer = NULL;
    if (rc < 0)
        stream->cut = true;
    return rc;
}

enum { WRITE_PIECE = 1 << 20 };

int sl_stream_write(sl_stream *stream, const void *data, size_t size)
{
    const char *at = data;
    int rc = sl__wait_begin();

    if (rc < 0)
        return rc;
    if (stream->writer != NULL)
        return -EBUSY;
    if (stream->cut)
        return -EPIPE;
    while (size > 0 && rc == 0) {
        size_t piece = size < WRITE_PIECE ? size : WRITE_PIECE;
        uv_buf_t buffer = uv_buf_init((char *)(uintptr_t)at, (unsigned)piece);
        int n = uv_try_write(uv_of(stream), &buffer, 1);

        if (n == UV_EAGAIN || n == 0) {
            rc = write_rest_of(stream, at, piece);
            n = (int)piece;
        } else if (n < 0) {
            return n;
        }
        at += n;
        size -= (size_t)n;
    }
    return rc;
}

/* What was handed to libuv and not sent yet would be dropped by uv_close(). The
 * writer has been told of every byte of it, so only a cancelled write can have
 * left some, and that one was declared lost. */
void sl_stream_close(sl_stream *stream)
{
    if (stream == NULL)
        return;
    if (stream->reader != NULL)
        sl__complete(stream->reader, SL_ECLOSED);
    if (stream->writer != NULL)
        sl__complete(stream->writer, SL_ECLOSED);
    stream->reader = stream->writer = stream->connector = NULL;
    uv_close((uv_handle_t *)&stream->tcp, free_stream);
}
