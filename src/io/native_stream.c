/* Streams on descriptors: sockets, pipes, terminals.
 *
 * Every operation is an attempt (descriptor.h), so the caller's memory is used
 * only while a system call runs, and a write that was cancelled knows how much
 * has left.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <starling/error.h>

#include "base/given.h"
#include "base/list.h"
#include "io/descriptor.h"
#include "io/stream.h"

typedef struct native_stream {
    sl_stream stream;
    sl__descriptor descriptor;
    bool is_socket;
} native_stream;

typedef struct transfer {
    sl__attempt attempt;
    char *data;
    size_t size, sent;
    bool is_socket;
} transfer;

static int run_read(sl__attempt *attempt, int fd)
{
    transfer *in = sl__container_of(attempt, transfer, attempt);
    ssize_t n;

    do {
        n = in->is_socket ? recv(fd, in->data, in->size, MSG_DONTWAIT)
                          : read(fd, in->data, in->size);
    } while (n < 0 && errno == EINTR);
    if (n < 0)
        return -errno;
    in->attempt.drained = (size_t)n < in->size;
    return (int)n;
}

static ssize_t native_read(void *state, void *data, size_t size)
{
    native_stream *native = state;
    transfer in = {
        .attempt = { .waiter = { .what = "data from a stream", .on = native },
                     .run = run_read },
        .data = data,
        .size = size,
        .is_socket = native->is_socket,
    };

    return sl__descriptor_do(&native->descriptor, SL__IN, &in.attempt);
}

/* A pipe whose reader is gone answers with a signal, which by default ends the
 * program. Have it wait, and take it back: it is for this thread alone. One
 * that was pending before is somebody else's and stays. */
static ssize_t write_without_signal(int fd, const void *data, size_t size)
{
    const struct timespec now = { 0 };
    sigset_t pipe_signal, before, pending;
    ssize_t n;
    int error;

    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    sigpending(&pending);
    pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
    n = write(fd, data, size);
    error = errno;
    if (n < 0 && error == EPIPE && !sigismember(&pending, SIGPIPE))
        while (sigtimedwait(&pipe_signal, NULL, &now) < 0 && errno == EINTR) {
        }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = error;
    return n;
}

/* In one go at most: against a reader that is as fast, a big write would else
 * keep the loop. Then it is as if there were no room, until the next pass. */
enum { WRITTEN_AT_ONCE = 1 << 20 };

static ssize_t write_once(const transfer *out, int fd)
{
    const char *from = out->data + out->sent;
    size_t size = out->size - out->sent;
    ssize_t n;

    if (size > WRITTEN_AT_ONCE)
        size = WRITTEN_AT_ONCE;
    do {
        n = out->is_socket ? send(fd, from, size, MSG_DONTWAIT | MSG_NOSIGNAL)
                           : write_without_signal(fd, from, size);
    } while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : n;
}

static int run_write(sl__attempt *attempt, int fd)
{
    transfer *out = sl__container_of(attempt, transfer, attempt);
    size_t before = out->sent;

    while (out->sent < out->size) {
        if (out->sent - before >= WRITTEN_AT_ONCE)
            return -EAGAIN;
        ssize_t n = write_once(out, fd);

        if (n < 0)
            return (int)n;
        out->sent += (size_t)n;
    }
    return 0;
}

static int native_write(void *state, const void *data, size_t size,
                        size_t *sent)
{
    native_stream *native = state;
    transfer out = {
        .attempt = { .waiter = { .what = "room in a stream", .on = native },
                     .run = run_write },
        .data = (char *)(uintptr_t)data, /* only read */
        .size = size,
        .is_socket = native->is_socket,
    };
    int rc = sl__descriptor_do(&native->descriptor, SL__OUT, &out.attempt);

    *sent = out.sent;
    return rc;
}

static ssize_t native_try_write(void *state, const void *data, size_t size)
{
    native_stream *native = state;
    transfer out = { .data = (char *)(uintptr_t)data,
                     .size = size,
                     .is_socket = native->is_socket };

    return write_once(&out, native->descriptor.fd);
}

static int native_shutdown_write(void *state)
{
    native_stream *native = state;

    if (!native->is_socket)
        return -ENOTSUP;
    return shutdown(native->descriptor.fd, SHUT_WR) < 0 ? -errno : 0;
}

/* A socket that is closed with data unread is reset, and what was just written
 * may never arrive. What comes after the close cannot be helped. */
static void throw_input_away(int fd)
{
    enum { PIECE = 4096, PIECES_MAX = 64 };
    char bytes[PIECE];

    for (int i = 0; i < PIECES_MAX; i++)
        if (recv(fd, bytes, sizeof bytes, MSG_DONTWAIT) <= 0)
            return;
}

static void native_close(void *state, bool abort)
{
    native_stream *native = state;
    const struct linger reset = { .l_onoff = 1, .l_linger = 0 };
    int fd = native->descriptor.fd;

    if (native->stream.fd >= 0 && native->is_socket) {
        if (abort)
            setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        else if (!native->stream.ended)
            throw_input_away(fd);
    }
    native->stream.fd = -1;
    sl__descriptor_close(&native->descriptor);
}

static const sl_stream_ops native_ops = {
    .read = native_read,
    .write = native_write,
    .try_write = native_try_write,
    .shutdown_write = native_shutdown_write,
    .close = native_close,
};

static void on_released(sl__descriptor *descriptor)
{
    sl__stream_unref(
        &sl__container_of(descriptor, native_stream, descriptor)->stream);
}

static int make(int fd, bool is_socket, sl_stream **out)
{
    native_stream *native = malloc(sizeof *native);
    int rc;

    if (native == NULL)
        return -ENOMEM;
    sl__stream_init(&native->stream, &native_ops, native);
    rc = sl__descriptor_open(&native->descriptor, fd, on_released);
    if (rc < 0) {
        free(native);
        return rc;
    }
    native->stream.refs++; /* the descriptor's */
    native->stream.fd = fd;
    native->is_socket = is_socket;
    *out = &native->stream;
    return 0;
}

int sl__stream_on_socket(int fd, sl_stream **out)
{
    return make(fd, true, out);
}

sl__descriptor *sl__stream_descriptor(sl_stream *stream)
{
    return &((native_stream *)stream->state)->descriptor;
}

int sl_stream_adopt(int fd, sl_stream **out)
{
    sl_given(out);

    struct stat info;

    if (fstat(fd, &info) < 0)
        return -errno;
    if (S_ISREG(info.st_mode) || S_ISDIR(info.st_mode))
        return sl_fail(-EPERM,
                       "descriptor %d is a plain file or a folder: no "
                       "stream; see sl_file_open()",
                       fd);
    /* libuv makes it non-blocking. */
    return make(fd, S_ISSOCK(info.st_mode), out);
}

int sl_stream_pair(sl_stream **one, sl_stream **other)
{
    sl_given(one);
    sl_given(other);

    sl_stream *first;
    int fds[2], rc;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
                   fds) < 0)
        return -errno;
    rc = make(fds[0], true, &first);
    if (rc < 0) {
        close(fds[0]);
        close(fds[1]);
        return rc;
    }
    rc = make(fds[1], true, other);
    if (rc < 0) {
        sl_stream_close(first);
        close(fds[1]);
        return rc;
    }
    *one = first;
    return 0;
}

/* The descriptor under a pile of streams; -1 if there is none. */
static int fd_below(const sl_stream *stream)
{
    while (stream->fd < 0 && stream->below != NULL)
        stream = stream->below;
    return stream->fd;
}

int sl_stream_peer(const sl_stream *stream, sl_address *out)
{
    sl_given(stream);
    sl_given(out);

    sl_address address = { .size = sizeof address.where };

    if (getpeername(fd_below(stream), (struct sockaddr *)&address.where,
                    &address.size) < 0)
        return errno == EBADF ? -ENOTSOCK : -errno;
    *out = address;
    return 0;
}

int sl_stream_local(const sl_stream *stream, sl_address *out)
{
    sl_given(stream);
    sl_given(out);

    sl_address address = { .size = sizeof address.where };

    if (getsockname(fd_below(stream), (struct sockaddr *)&address.where,
                    &address.size) < 0)
        return errno == EBADF ? -ENOTSOCK : -errno;
    *out = address;
    return 0;
}

static int set_option(const sl_stream *stream, int level, int name, int value)
{
    int rc = setsockopt(fd_below(stream), level, name, &value, sizeof value);

    if (rc == 0)
        return 0;
    return errno == EBADF ? -ENOTSOCK : -errno;
}

int sl_stream_set_nodelay(sl_stream *stream, bool on)
{
    sl_given(stream);
    return set_option(stream, IPPROTO_TCP, TCP_NODELAY, on);
}

int sl_stream_set_keepalive(sl_stream *stream, sl_time idle)
{
    sl_given(stream);

    sl_time s = idle > 0 ? (idle - 1) / SL_S(1) + 1 : 0;
    int seconds = s < 32767 ? (int)s : 32767, rc; /* the kernel's limit */

    if (seconds == 0)
        return set_option(stream, SOL_SOCKET, SO_KEEPALIVE, 0);
    rc = set_option(stream, IPPROTO_TCP, TCP_KEEPIDLE, seconds);
    if (rc == 0)
        rc = set_option(stream, IPPROTO_TCP, TCP_KEEPINTVL, seconds);
    if (rc == 0)
        rc = set_option(stream, IPPROTO_TCP, TCP_KEEPCNT, 3);
    return rc == 0 ? set_option(stream, SOL_SOCKET, SO_KEEPALIVE, 1) : rc;
}
