/* stream.h: TCP connections and the listeners that accept them. */
#ifndef STARLING_STREAM_H
#define STARLING_STREAM_H

#include <stddef.h>
#include <sys/types.h>

#include <starling/api.h>

SL_BEGIN

typedef struct sl_stream sl_stream;
typedef struct sl_listener sl_listener;

/* Listen on a numeric address ("127.0.0.1", "::1"); port 0 takes a free one.
 * Returns 0 or -EADDRINUSE, -EADDRNOTAVAIL, -EACCES, -EINVAL, -ENOMEM. */
SL_API int sl_tcp_listen(const char *address, int port, sl_listener **out);
SL_API int sl_listener_port(const sl_listener *listener);

/* Wait for the next connection. The caller closes *out. */
SL_API SL_WAITS int sl_listener_accept(sl_listener *listener, sl_stream **out);

/* Stop listening; tasks in sl_listener_accept() get SL_ECLOSED. Never waits. */
SL_API void sl_listener_close(sl_listener *listener);

/* Connect to a numeric address. */
SL_API SL_WAITS int sl_tcp_connect(const char *address, int port,
                                   sl_stream **out);

/* Read what is there, at least 1 and at most `size` bytes. 0 at the end of the
 * stream. Cancelling loses no byte. One reader at a time (else -EBUSY). */
SL_API SL_WAITS ssize_t sl_stream_read(sl_stream *stream, void *data,
                                       size_t size);

/* Write all of `data`; it may be reused on return. One writer at a time (else
 * -EBUSY). Cancelled, an unknown part was written, and later writes fail with
 * -EPIPE. Returns 0 or a negative error. */
SL_API SL_WAITS int sl_stream_write(sl_stream *stream, const void *data,
                                    size_t size);

/* Close and free it. What was written is still sent. Never waits; tasks in a
 * read or write of it get SL_ECLOSED. */
SL_API void sl_stream_close(sl_stream *stream);

SL_END

#endif
