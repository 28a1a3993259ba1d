/* text_stream.h: the bytes of a list as they come: from a file or a pipe,
 * packed with gzip or plain. */
#ifndef TOOL_SOURCE_TEXT_STREAM_H
#define TOOL_SOURCE_TEXT_STREAM_H

#include <stdbool.h>
#include <stddef.h>

#include <zlib.h>

enum {
    TEXT_END = -1,           /* no more, for whatever reason: see `error` */
    TEXT_LINE_MAX = 1 << 20, /* longer ones are no list */
    TEXT_STREAM_SIZE = 64 << 10,
};

typedef struct text_stream {
    int error; /* 0; -EBADMSG: broken gzip; -ECANCELED: woken; or read()'s */
    const unsigned char *at, *end; /* what is ready */
    /* private */
    int fd, wake;
    void (*idle)(void *context);
    void *context;
    bool is_over, is_packed, in_member;
    z_stream inflater;
    unsigned char *plain, *packed;
    char *pushed;                             /* a line that was looked at */
    const unsigned char *behind, *behind_end; /* what is ready after it */
} text_stream;

typedef struct text_stream_options {
    int fd;   /* lent */
    int wake; /* reading ends when this can be read from; -1: none */
    /* Called before waiting for more: what came so far is all for now. */
    void (*idle)(void *context);
    void *context;
} text_stream_options;

/* Begin, which waits for the first bytes; a byte order mark is dropped. Returns
 * 0 or -ENOMEM. Blocks, as all of this does. */
int text_stream_open(text_stream *stream, const text_stream_options *options);
void text_stream_close(text_stream *stream);

/* Make more ready; returns the first byte of it, or TEXT_END. */
int text_stream_more(text_stream *stream);

static inline int text_getc(text_stream *stream)
{
    return stream->at < stream->end ? *stream->at++ : text_stream_more(stream);
}

/* Give the last byte back; once. TEXT_END is taken back, too. */
static inline void text_ungetc(text_stream *stream, int c)
{
    stream->at -= c != TEXT_END;
}

/* Read up to the next newline into *line, a malloc'ed buffer that grows; the
 * newline is left out. Returns 1, 0 at the end, -ENOMEM, -EFBIG for a line over
 * TEXT_LINE_MAX, -EILSEQ for one that holds a zero byte (and is gone then), or
 * stream->error. */
int text_stream_line(text_stream *stream, char **line, size_t *capacity);

/* The first line without taking it; once, before anything is read. It is lent
 * until text_stream_close() and ends with a newline instead of a NUL. Returns
 * as text_stream_line() does. */
int text_stream_peek_line(text_stream *stream, const char **line,
                          size_t *length);

#endif
