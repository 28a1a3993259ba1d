/* stream.h: bytes in both directions, over TCP, unix sockets, pipes, or
 * something of your own; and the listeners that accept connections.
 *
 *     rc = sl_tcp_connect("example.org", 7, &stream);
 *     rc = sl_stream_write(stream, "hello\n", 6);
 *     n = sl_stream_read_line(stream, line, sizeof line);
 *     sl_stream_close(stream);
 *
 * One task may read and another write at the same time; two readers or two
 * writers may not (-EBUSY). No function has a time limit of its own: open a
 * scope around it.
 */
#ifndef STARLING_STREAM_H
#define STARLING_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <starling/address.h>
#include <starling/api.h>
#include <starling/clock.h>

SL_BEGIN

typedef struct sl_stream sl_stream;
typedef struct sl_listener sl_listener;

/* Connecting. The caller closes *out. A cancelled connect leaves nothing. */

/* Connect to a numeric address or a name. A name's addresses are tried one
 * after another, the next when one has failed or has taken 250 ms, the first
 * that answers wins; IPv6 and IPv4 take turns. Errors: those of sl_lookup() and
 * of the first address tried, -ECONNREFUSED for example. */
SL_API SL_WAITS int sl_tcp_connect(const char *host, int port, sl_stream **out);

/* Connect to the unix socket at `path` ("@name": abstract, see address.h). Both
 * ends of a pair are yours. Errors: -ENOENT, -ECONNREFUSED (a file that nobody
 * listens at), -ENAMETOOLONG, ... */
SL_API SL_WAITS int sl_unix_connect(const char *path, sl_stream **out);
SL_API int sl_stream_pair(sl_stream **one, sl_stream **other);

/* Make a stream of an open socket, pipe or terminal; takes `fd` on success and
 * makes it non-blocking. -EPERM for a plain file, which is always ready. */
SL_API int sl_stream_adopt(int fd, sl_stream **out);

/* Reading. All readers share one buffer and may be mixed freely. What a
 * cancelled or failed read has received stays in the stream for the next. */

/* Read what is there, at least 1 and at most `size` bytes. 0 at the end. */
SL_API SL_WAITS ssize_t sl_stream_read(sl_stream *stream, void *data,
                                       size_t size);

/* Read `size` bytes, all of them. Returns 0; SL_ECLOSED at the end of the
 * stream, SL_EINCOMPLETE if it ends in between: sl_stream_buffered() then
 * tells how much came, and sl_stream_read() hands it out. */
SL_API SL_WAITS int sl_stream_read_exactly(sl_stream *stream, void *data,
                                           size_t size);

/* Read up to and with a delimiter of 1 or more bytes. Returns the number of
 * bytes; -EMSGSIZE if they do not fit into `size`, SL_ECLOSED at the end,
 * SL_EINCOMPLETE if it comes before the delimiter. Nothing is consumed then. */
SL_API SL_WAITS ssize_t sl_stream_read_until(sl_stream *stream,
                                             const void *delimiter,
                                             size_t delimiter_size, void *data,
                                             size_t size);

/* Read a line, leave out its "\n" or "\r\n", end it with a NUL. The last line
 * of a stream may lack its end. Returns its length; -EMSGSIZE if it does not
 * fit into `size` with the NUL (nothing is consumed), SL_ECLOSED at the end. */
SL_API SL_WAITS ssize_t sl_stream_read_line(sl_stream *stream, char *line,
                                            size_t size);

/* How many bytes have been received and not been read. */
SL_API size_t sl_stream_buffered(const sl_stream *stream);

/* Writing. */

/* Write all of `data`: wait until the kernel has taken it, and so no faster
 * than the other side reads. Cancelled before a byte has left, nothing has
 * happened. After any other failure an unknown part was written, and later
 * writes fail with -EPIPE. Returns 0 or a negative error. */
SL_API SL_WAITS int sl_stream_write(sl_stream *stream, const void *data,
                                    size_t size);

/* Write what can be written at once. Returns the number of bytes, at least 1,
 * or -EAGAIN; -ENOTSUP for a stream that cannot (TLS). */
SL_API ssize_t sl_stream_try_write(sl_stream *stream, const void *data,
                                   size_t size);

/* Tell the other side that nothing more comes; reading goes on. -ENOTSUP for
 * pipes and terminals, which only a close ends. */
SL_API SL_WAITS int sl_stream_shutdown_write(sl_stream *stream);

/* Close and free. Never waits; tasks that read or write get SL_ECLOSED. What
 * was written is still sent; what was received and not read is thrown away
 * first, since the kernel would else answer it with a reset. NULL is fine. */
SL_API void sl_stream_close(sl_stream *stream);

/* The same, but drop what has not been sent: the other side of a TCP
 * connection sees a reset. */
SL_API void sl_stream_abort(sl_stream *stream);

/* Where the two ends are. -ENOTCONN, -ENOTSOCK. */
SL_API int sl_stream_peer(const sl_stream *stream, sl_address *out);
SL_API int sl_stream_local(const sl_stream *stream, sl_address *out);

/* Small writes leave at once (on in the streams made here), or wait to be
 * joined by others. */
SL_API int sl_stream_set_nodelay(sl_stream *stream, bool on);

/* Probe a connection that has been idle for so long, rounded up to seconds,
 * and break it when three probes remain unanswered; 0: do not. */
SL_API int sl_stream_set_keepalive(sl_stream *stream, sl_time idle);

/* Listening. */

typedef struct sl_listen_options {
    int backlog;     /* connections that may wait to be accepted; 0: 4096 */
    bool reuse_port; /* share the port with other listeners that say so */
    bool v6_only;    /* "::" does not take IPv4 connections, too */
} sl_listen_options;

/* Listen on a numeric address ("127.0.0.1", "::1"); port 0 takes a free one.
 * Returns 0 or -EADDRINUSE, -EADDRNOTAVAIL, -EACCES, -EINVAL, -ENOMEM. */
SL_API int sl_tcp_listen(const char *address, int port, sl_listener **out);
SL_API int sl_tcp_listen_with(const sl_listen_options *options,
                              const char *address, int port, sl_listener **out);

/* Listen on a unix socket. A socket file that nobody listens at any more, left
 * by a program that was killed, is replaced; two programs that start at the
 * same moment want a lock of their own around this. The close removes the file.
 * Returns 0, -EADDRINUSE (somebody listens, or it is no socket),
 * -ENAMETOOLONG, -ENOENT (no such folder), -EACCES. */
SL_API int sl_unix_listen(const char *path, sl_listener **out);

SL_API int sl_listener_port(const sl_listener *listener);
SL_API int sl_listener_address(const sl_listener *listener, sl_address *out);

/* Wait for the next connection. The caller closes *out. Errors: SL_ECANCELED,
 * SL_ECLOSED, and -EMFILE, -ENFILE, -ENOMEM, -ENOBUFS, which pass: the
 * connection waits, so pause before trying again. */
SL_API SL_WAITS int sl_listener_accept(sl_listener *listener, sl_stream **out);

/* Stop listening; tasks in sl_listener_accept() get SL_ECLOSED. Never waits. */
SL_API void sl_listener_close(sl_listener *listener);

/* Serving: a task for every connection. */

/* The stream is closed after the handler's return. Its result is dropped: one
 * bad client is no reason to stop. */
typedef int sl_serve_fn(sl_stream *stream, void *arg);

typedef struct sl_serve_options {
    int max_connections; /* at once; others wait in the backlog. 0: any */
    size_t stack;        /* bytes a task, as in sl_spawn_options */
} sl_serve_options;

/* Accept connections and run handler(stream, arg) in a task each. Cancelled, it
 * cancels them all and returns SL_ECANCELED once they have ended. When the
 * listener is closed, it waits for those that run and returns 0. Where there
 * are no descriptors left (see `ulimit -n`), new connections wait until others
 * have ended. `options` may be NULL. */
SL_API SL_WAITS int sl_serve(sl_listener *listener, sl_serve_fn *handler,
                             void *arg, const sl_serve_options *options);

/* Streams of your own: compression, a recording, TLS. */

/* The four that may wait are called by at most one task for each direction. */
typedef struct sl_stream_ops {
    /* At least 1 and at most `size` bytes, 0 at the end, or an error. */
    ssize_t (*read)(void *state, void *data, size_t size);
    /* All of it: 0 or an error. *sent: how much may have left, also then. */
    int (*write)(void *state, const void *data, size_t size, size_t *sent);
    /* As sl_stream_try_write(). NULL: -ENOTSUP. */
    ssize_t (*try_write)(void *state, const void *data, size_t size);
    /* As sl_stream_shutdown_write(). NULL: -ENOTSUP. */
    int (*shutdown_write)(void *state);
    /* Have whoever waits return SL_ECLOSED. Must not wait itself. */
    void (*close)(void *state, bool abort);
    /* After the close, when no task is inside any more. */
    void (*free)(void *state);
} sl_stream_ops;

/* Make a stream of `ops`, which must live as long, and `state`; takes `state`
 * on success. `below` (may be NULL) is asked for addresses and options; it is
 * not closed by the stream: that is the business of ops->close. */
SL_API int sl_stream_new(const sl_stream_ops *ops, void *state,
                         sl_stream *below, sl_stream **out);

SL_END

#endif
