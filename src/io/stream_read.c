/* Reading: as bytes come, in fixed amounts, up to a delimiter, by lines.
 *
 * All of these share the stream's inbox, which exists only where somebody looks
 * ahead: plain reads of a stream without one go straight into the caller's
 * memory. An amount or a line is handed out whole or not at all, so that a
 * reader whose time is up has lost nothing and may come back. Its memory is
 * bounded by what the callers ask for.
 */
#include "io/stream.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <starling/error.h>

#include "base/given.h"
#include "sched/park.h"

enum {
    INBOX_SIZE = 4096,
    AHEAD_MIN = 1024,     /* worth a system call */
    INBOX_KEPT = 1 << 16, /* a bigger one is given back once it is empty */
    READ_MAX = 1 << 30,   /* counts travel as int */
};

static size_t buffered(const sl_stream *stream)
{
    return stream->end - stream->begin;
}

size_t sl_stream_buffered(const sl_stream *stream)
{
    sl_given(stream);
    return buffered(stream);
}

static int begin_reading(sl_stream *stream)
{
    int rc = sl__wait_begin();

    if (rc < 0)
        return rc;
    if (stream->reading)
        return -EBUSY;
    stream->reading = true;
    stream->refs++;
    return 0;
}

static void end_reading(sl_stream *stream)
{
    stream->reading = false;
    sl__stream_unref(stream);
}

/* From whatever moves the bytes. An end or an error stays. */
static ssize_t receive(sl_stream *stream, void *data, size_t size)
{
    ssize_t n;

    if (stream->error < 0)
        return stream->error;
    if (stream->ended)
        return 0;
    n = stream->ops->read(stream->state, data,
                          size < READ_MAX ? size : READ_MAX);
    if (n == 0)
        stream->ended = true;
    else if (n < 0 && n != SL_ECANCELED && stream->error == 0)
        stream->error = (int)n;
    return n;
}

static void drop(sl_stream *stream, size_t size)
{
    stream->begin += size;
    if (stream->begin < stream->end)
        return;
    stream->begin = stream->end = 0;
    if (stream->room > INBOX_KEPT) {
        free(stream->inbox);
        stream->inbox = NULL;
        stream->room = 0;
    }
}

static size_t take(sl_stream *stream, void *data, size_t size)
{
    size_t n = buffered(stream) < size ? buffered(stream) : size;

    if (n == 0)
        return 0;
    memcpy(data, stream->inbox + stream->begin, n);
    drop(stream, n);
    return n;
}

/* Have room for `more` bytes behind what is buffered. */
static int make_room(sl_stream *stream, size_t more)
{
    size_t need = buffered(stream) + more, room;
    char *inbox;

    if (more <= stream->room - stream->end)
        return 0;
    if (need <= stream->room && stream->begin > 0) {
        memmove(stream->inbox, stream->inbox + stream->begin, buffered(stream));
        stream->end -= stream->begin;
        stream->begin = 0;
        return 0;
    }
    room = stream->room < INBOX_SIZE ? INBOX_SIZE : 2 * stream->room;
    if (room < need)
        room = need;
    inbox = malloc(room);
    if (inbox == NULL)
        return -ENOMEM;
    if (stream->end > 0)
        memcpy(inbox, stream->inbox + stream->begin, buffered(stream));
    free(stream->inbox);
    stream->end -= stream->begin;
    stream->begin = 0;
    stream->inbox = inbox;
    stream->room = room;
    return 0;
}

/* Receive more into the inbox. Returns how much; 0 at the end. */
static ssize_t look_ahead(sl_stream *stream)
{
    ssize_t n = make_room(stream, AHEAD_MIN);

    if (n < 0)
        return n;
    n = receive(stream, stream->inbox + stream->end,
                stream->room - stream->end);
    if (n > 0)
        stream->end += (size_t)n;
    return n;
}

ssize_t sl_stream_read(sl_stream *stream, void *data, size_t size)
{
    sl_given(stream);
    sl_given_bytes(data, size);

    ssize_t n = begin_reading(stream);

    if (n < 0)
        return n;
    if (buffered(stream) > 0)
        n = (ssize_t)take(stream, data, size);
    else if (size > 0)
        n = receive(stream, data, size);
    end_reading(stream);
    return n;
}

/* The inbox is empty, or we would not have received more. */
static void put_back(sl_stream *stream, const char *data, size_t size)
{
    if (size == 0)
        return;
    if (make_room(stream, size) < 0) {
        /* A gap in the stream must not go unnoticed. */
        stream->error = -ENOMEM;
        return;
    }
    memcpy(stream->inbox, data, size);
    stream->end = size;
}

int sl_stream_read_exactly(sl_stream *stream, void *data, size_t size)
{
    sl_given(stream);
    sl_given_bytes(data, size);

    char *to = data;
    size_t have;
    ssize_t n = begin_reading(stream);

    if (n < 0)
        return (int)n;
    have = take(stream, to, size);
    while (have < size) {
        n = receive(stream, to + have, size - have);
        if (n <= 0)
            break;
        have += (size_t)n;
    }
    if (have < size) {
        put_back(stream, to, have);
        if (n == 0)
            n = have > 0 ? SL_EINCOMPLETE : SL_ECLOSED;
    }
    end_reading(stream);
    return have < size ? (int)n : 0;
}

/* Where the first delimiter in data[from, to) ends; -EAGAIN: nowhere yet. */
static ssize_t search(const char *data, size_t from, size_t to,
                      const void *delimiter, size_t size)
{
    const char *at = memmem(data + from, to - from, delimiter, size);

    return at != NULL ? at - data + (ssize_t)size : -EAGAIN;
}

/* Look ahead until the delimiter is among the first `limit` bytes. Returns the
 * number of bytes up to its end, -EMSGSIZE if it is not among them, 0 at the
 * end of the stream. */
static ssize_t find(sl_stream *stream, const void *delimiter, size_t size,
                    size_t limit)
{
    size_t seen = 0; /* no delimiter begins before this */

    for (;;) {
        size_t have = buffered(stream) < limit ? buffered(stream) : limit;
        ssize_t n = -EAGAIN;

        if (have - seen >= size)
            n = search(stream->inbox + stream->begin, seen, have, delimiter,
                       size);
        if (n >= 0)
            return n;
        if (have == limit)
            return -EMSGSIZE;
        seen = have >= size ? have - size + 1 : 0;
        n = look_ahead(stream);
        if (n <= 0)
            return n;
    }
}

ssize_t sl_stream_read_until(sl_stream *stream, const void *delimiter,
                             size_t delimiter_size, void *data, size_t size)
{
    sl_given(stream);
    sl_given_bytes(delimiter, delimiter_size);
    sl_given_bytes(data, size);

    ssize_t n = begin_reading(stream);

    if (n < 0)
        return n;
    n = delimiter_size > 0 ? find(stream, delimiter, delimiter_size, size)
                           : -EINVAL;
    if (n > 0)
        take(stream, data, (size_t)n);
    else if (n == 0)
        n = buffered(stream) > 0 ? SL_EINCOMPLETE : SL_ECLOSED;
    end_reading(stream);
    if (n == -EMSGSIZE)
        sl_fail(-EMSGSIZE, "no delimiter within %zu bytes", size);
    return n;
}

/* Hand out the line of `raw` bytes with its end that the inbox begins with. */
static ssize_t take_line(sl_stream *stream, char *line, size_t size, size_t raw)
{
    const char *from = stream->inbox + stream->begin;
    size_t length = raw;

    if (length > 0 && from[length - 1] == '\n')
        length--;
    if (length < raw && length > 0 && from[length - 1] == '\r')
        length--;
    if (length >= size)
        return -EMSGSIZE;
    memcpy(line, from, length);
    line[length] = '\0';
    drop(stream, raw);
    return (ssize_t)length;
}

ssize_t sl_stream_read_line(sl_stream *stream, char *line, size_t size)
{
    sl_given(stream);
    sl_given(line);
    /* As many bytes as fit, and what is left out. */
    size_t limit = size < SIZE_MAX - 1 ? size + 1 : SIZE_MAX;
    ssize_t n = begin_reading(stream);

    if (n < 0)
        return n;
    n = find(stream, "\n", 1, limit);
    if (n > 0)
        n = take_line(stream, line, size, (size_t)n);
    else if (n == 0 && buffered(stream) > 0)
        n = take_line(stream, line, size, buffered(stream));
    else if (n == 0)
        n = SL_ECLOSED;
    end_reading(stream);
    if (n == -EMSGSIZE)
        sl_fail(-EMSGSIZE, "a line does not fit into %zu bytes", size);
    return n;
}
