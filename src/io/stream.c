/* What all streams have in common, whatever moves their bytes: who may be
 * inside, writing, and the end. Reading and its buffer are in stream_read.c.
 */
#include "io/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <starling/error.h>

#include "base/given.h"
#include "sched/park.h"

void sl__stream_init(sl_stream *stream, const sl_stream_ops *ops, void *state)
{
    memset(stream, 0, sizeof *stream);
    stream->ops = ops;
    stream->state = state;
    stream->fd = -1;
    stream->refs = 1;
}

void sl__stream_unref(sl_stream *stream)
{
    if (--stream->refs > 0)
        return;
    free(stream->inbox);
    /* A native stream is its own state. */
    if (stream->state != stream)
        stream->ops->free(stream->state);
    sl__release(stream);
}

int sl_stream_new(const sl_stream_ops *ops, void *state, sl_stream *below,
                  sl_stream **out)
{
    sl_given(ops);
    sl_given(out);

    sl_stream *stream = malloc(sizeof *stream);

    if (stream == NULL)
        return -ENOMEM;
    sl__stream_init(stream, ops, state);
    stream->below = below;
    *out = stream;
    return 0;
}

int sl_stream_write(sl_stream *stream, const void *data, size_t size)
{
    sl_given(stream);
    sl_given_bytes(data, size);

    size_t sent = 0;
    int rc = sl__wait_begin();

    if (rc < 0)
        return rc;
    if (stream->writing)
        return -EBUSY;
    if (stream->cut)
        return -EPIPE;
    if (size == 0)
        return 0;
    stream->writing = true;
    stream->refs++;
    rc = stream->ops->write(stream->state, data, size, &sent);
    stream->writing = false;
    if (rc < 0 && (rc != SL_ECANCELED || sent > 0))
        stream->cut = true;
    sl__stream_unref(stream);
    return rc;
}

ssize_t sl_stream_try_write(sl_stream *stream, const void *data, size_t size)
{
    sl_given(stream);
    sl_given_bytes(data, size);

    ssize_t n;

    if (stream->writing)
        return -EBUSY;
    if (stream->cut)
        return -EPIPE;
    if (stream->ops->try_write == NULL)
        return -ENOTSUP;
    if (size == 0)
        return 0;
    n = stream->ops->try_write(stream->state, data, size);
    if (n < 0 && n != -EAGAIN)
        stream->cut = true;
    return n;
}

int sl_stream_shutdown_write(sl_stream *stream)
{
    sl_given(stream);

    int rc = sl__wait_begin();

    if (rc < 0)
        return rc;
    if (stream->writing)
        return -EBUSY;
    if (stream->ops->shutdown_write == NULL)
        return -ENOTSUP;
    stream->writing = true;
    stream->refs++;
    rc = stream->ops->shutdown_write(stream->state);
    stream->writing = false;
    if (rc == 0)
        stream->cut = true;
    sl__stream_unref(stream);
    return rc;
}

static void end(sl_stream *stream, bool abort)
{
    if (stream->closed)
        return;
    sl__retire(stream);
    stream->closed = true;
    stream->cut = true;
    if (stream->error == 0)
        stream->error = SL_ECLOSED;
    stream->ops->close(stream->state, abort);
    sl__stream_unref(stream);
}

void sl_stream_close(sl_stream *stream)
{
    if (stream == NULL)
        return;
    sl_given(stream);
    end(stream, false);
}

void sl_stream_abort(sl_stream *stream)
{
    if (stream == NULL)
        return;
    sl_given(stream);
    end(stream, true);
}
