/* Lists come out of pipes as often as out of files, and some never end. So
 * nothing here waits for a buffer to fill up: what one read() brings is handed
 * on, unpacked as far as it goes, and before the next read() waits, whoever
 * gathers what was read is told. zlib's own gzread() fills its buffer first,
 * and stdio would not let itself be woken.
 */
#include "source/text_stream.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const unsigned char gzip_magic[] = { 0x1f, 0x8b };
static const unsigned char byte_order_mark[] = { 0xef, 0xbb, 0xbf };

/* Wait until there is something. 0, or -ECANCELED when woken. */
static int wait_for_bytes(text_stream *s)
{
    struct pollfd fds[] = { { .fd = s->fd, .events = POLLIN },
                            { .fd = s->wake, .events = POLLIN } };

    if (poll(fds, 2, 0) == 0 && s->idle != NULL)
        s->idle(s->context);
    while (poll(fds, 2, -1) < 0)
        if (errno != EINTR)
            return -errno;
    return fds[1].revents != 0 ? -ECANCELED : 0;
}

/* What one read() brings: a count, 0 at the end. */
static size_t read_some(text_stream *s, unsigned char *out, size_t size)
{
    for (;;) {
        int rc = wait_for_bytes(s);
        ssize_t n = rc < 0 ? -1 : read(s->fd, out, size);

        if (n >= 0)
            return (size_t)n;
        if (rc == 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        s->error = rc < 0 ? rc : -errno;
        return 0;
    }
}

/* Several gzip files behind each other are one, as gzip itself has it. */
static int begin_member(text_stream *s)
{
    s->in_member = true;
    return inflateReset(&s->inflater);
}

/* Unpack what is there into s->plain; the count, 0 when all was used up. */
static size_t unpack(text_stream *s)
{
    z_stream *z = &s->inflater;
    int code = Z_OK;

    z->next_out = s->plain;
    z->avail_out = TEXT_STREAM_SIZE;
    if (!s->in_member && z->avail_in > 0)
        code = begin_member(s);
    if (code == Z_OK && s->in_member)
        code = inflate(z, Z_NO_FLUSH);
    if (code == Z_STREAM_END)
        s->in_member = false;
    else if (code != Z_OK && code != Z_BUF_ERROR)
        s->error = code == Z_MEM_ERROR ? -ENOMEM : -EBADMSG;
    return s->error < 0 ? 0 : TEXT_STREAM_SIZE - z->avail_out;
}

static size_t more_unpacked(text_stream *s)
{
    for (;;) {
        size_t n = unpack(s);

        if (n > 0 || s->error < 0)
            return n;
        if (s->inflater.avail_in > 0)
            continue; /* a further member begins */
        s->inflater.next_in = s->packed;
        s->inflater.avail_in = (uInt)read_some(s, s->packed, TEXT_STREAM_SIZE);
        if (s->inflater.avail_in > 0)
            continue;
        if (s->in_member && s->error == 0)
            s->error = -EBADMSG; /* it was cut off */
        return 0;
    }
}

int text_stream_more(text_stream *s)
{
    size_t n = 0;

    if (s->behind < s->behind_end) {
        s->at = s->behind;
        s->end = s->behind_end;
        s->behind = s->behind_end;
        return *s->at++;
    }
    if (!s->is_over)
        n = s->is_packed ? more_unpacked(s)
                         : read_some(s, s->plain, TEXT_STREAM_SIZE);
    if (n == 0) {
        s->is_over = true;
        s->at = s->end;
        return TEXT_END;
    }
    s->at = s->plain;
    s->end = s->plain + n;
    return *s->at++;
}

/* The first bytes tell whether it is packed; a pipe may bring them one by one.
 */
static size_t read_beginning(text_stream *s, size_t wanted)
{
    size_t have = 0, n = 1;

    while (have < wanted && n > 0) {
        n = read_some(s, s->plain + have, TEXT_STREAM_SIZE - have);
        have += n;
    }
    return have;
}

static int begin_unpacking(text_stream *s, size_t have)
{
    unsigned char *plain = s->plain;

    if (inflateInit2(&s->inflater, 16 + MAX_WBITS) != Z_OK)
        return -ENOMEM;
    s->is_packed = s->in_member = true;
    s->packed = plain;
    s->plain = malloc(TEXT_STREAM_SIZE);
    if (s->plain == NULL)
        return -ENOMEM;
    s->inflater.next_in = s->packed;
    s->inflater.avail_in = (uInt)have;
    s->at = s->end = s->plain;
    return 0;
}

/* Only in what is ready: nobody splits a mark between two packed blocks. */
static void drop_byte_order_mark(text_stream *s)
{
    int c = text_getc(s);

    text_ungetc(s, c);
    if (s->end - s->at >= (ptrdiff_t)sizeof byte_order_mark &&
        memcmp(s->at, byte_order_mark, sizeof byte_order_mark) == 0)
        s->at += sizeof byte_order_mark;
}

int text_stream_open(text_stream *s, const text_stream_options *options)
{
    size_t have;
    int rc = 0;

    *s = (text_stream){ .fd = options->fd,
                        .wake = options->wake,
                        .idle = options->idle,
                        .context = options->context };
    s->plain = malloc(TEXT_STREAM_SIZE);
    if (s->plain == NULL)
        return -ENOMEM;
    have = read_beginning(s, sizeof byte_order_mark);
    s->at = s->plain;
    s->end = s->plain + have;
    s->is_over = have == 0;
    if (have >= sizeof gzip_magic &&
        memcmp(s->plain, gzip_magic, sizeof gzip_magic) == 0)
        rc = begin_unpacking(s, have);
    if (rc < 0)
        text_stream_close(s);
    else
        drop_byte_order_mark(s);
    return rc;
}

void text_stream_close(text_stream *s)
{
    if (s->is_packed)
        inflateEnd(&s->inflater);
    free(s->plain);
    free(s->packed);
    free(s->pushed);
    *s = (text_stream){ .fd = -1 };
}

/* Room for `more` bytes and a NUL behind `length`. */
static int make_room(char **line, size_t *capacity, size_t length, size_t more)
{
    size_t wanted = length + more + 1;
    char *grown;

    if (wanted > TEXT_LINE_MAX)
        return -EFBIG;
    if (wanted <= *capacity)
        return 0;
    wanted = wanted < 256 ? 256 : 2 * wanted;
    grown = realloc(*line, wanted);
    if (grown == NULL)
        return -ENOMEM;
    *line = grown;
    *capacity = wanted;
    return 0;
}

int text_stream_line(text_stream *s, char **line, size_t *capacity)
{
    size_t length = 0;
    int c = s->error < 0 ? TEXT_END : text_getc(s);

    if (c == TEXT_END)
        return s->error;
    text_ungetc(s, c);
    for (;;) {
        size_t ready = (size_t)(s->end - s->at);
        const unsigned char *newline = memchr(s->at, '\n', ready);
        size_t n = newline != NULL ? (size_t)(newline - s->at) : ready;
        int rc = make_room(line, capacity, length, n);

        if (rc < 0)
            return rc;
        memcpy(*line + length, s->at, n);
        length += n;
        s->at += n + (newline != NULL);
        if (newline != NULL || text_getc(s) == TEXT_END)
            break;
        s->at--;
    }
    (*line)[length] = '\0';
    if (s->error < 0)
        return s->error;
    return memchr(*line, '\0', length) == NULL ? 1 : -EILSEQ;
}

int text_stream_peek_line(text_stream *s, const char **line, size_t *length)
{
    size_t capacity = 0;
    int rc = text_stream_line(s, &s->pushed, &capacity);

    if (rc < 0)
        s->error = rc; /* half of it is gone */
    if (rc <= 0)
        return rc;
    *line = s->pushed;
    *length = strlen(s->pushed);
    s->pushed[*length] = '\n'; /* which a last line may have lacked: no harm */
    s->behind = s->at;
    s->behind_end = s->end;
    s->at = (const unsigned char *)s->pushed;
    s->end = s->at + *length + 1;
    return 1;
}
