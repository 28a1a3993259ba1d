/* Sends answers: head, then the body from memory or from a file, whole or as
 * badly as ordered.
 *
 * A body from memory without a limit on bandwidth is one write: the stream
 * copies nothing. All else goes out in pieces, and files are read by a thread,
 * since reading blocks.
 */
#include "origin/response.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <starling/error.h>
#include <starling/thread.h>

enum {
    HEAD_ROOM = 2048,
    PIECE_SIZE = 256 << 10,
    PIECES_PER_SECOND = 20 /* under a limit on bandwidth */
};

static const struct {
    int status;
    const char *reason;
} reasons[] = {
    { 200, "OK" },
    { 206, "Partial Content" },
    { 301, "Moved Permanently" },
    { 302, "Found" },
    { 400, "Bad Request" },
    { 403, "Forbidden" },
    { 404, "Not Found" },
    { 405, "Method Not Allowed" },
    { 408, "Request Timeout" },
    { 413, "Content Too Large" },
    { 414, "URI Too Long" },
    { 416, "Range Not Satisfiable" },
    { 429, "Too Many Requests" },
    { 431, "Request Header Fields Too Large" },
    { 500, "Internal Server Error" },
    { 502, "Bad Gateway" },
    { 503, "Service Unavailable" },
    { 504, "Gateway Timeout" },
};

static const char *reason_of(int status)
{
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (reasons[i].status == status)
            return reasons[i].reason;
    return "Status";
}

void origin_response_text(origin_response *response, int status)
{
    const char *reason = reason_of(status);

    *response = (origin_response){ .status = status,
                                   .content_type = "text/plain",
                                   .body = reason,
                                   .size = strlen(reason),
                                   .fd = -1,
                                   .retry_after = -1,
                                   .rate_limit = -1,
                                   .rate_remaining = -1 };
}

void origin_response_fini(origin_response *response)
{
    if (response->fd >= 0)
        close(response->fd);
    free(response->owned);
}

/* A head under construction; too long is noticed at the end. */
typedef struct head {
    char *text;
    size_t room, length;
} head;

static void add(head *head, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void add(head *head, const char *format, ...)
{
    size_t left = head->length < head->room ? head->room - head->length : 0;
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(left > 0 ? head->text + head->length : NULL, left, format,
                  args);
    va_end(args);
    head->length += n > 0 ? (size_t)n : 0;
}

/* The names are HTTP's own, whatever the program's locale. */
static void add_date(head *head)
{
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    time_t now = time(NULL);
    struct tm tm;

    gmtime_r(&now, &tm);
    add(head, "Date: %.3s, %02d %.3s %04d %02d:%02d:%02d GMT\r\n",
        days + 3 * tm.tm_wday, tm.tm_mday, months + 3 * tm.tm_mon,
        tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

static bool stays_open(const origin_request *request,
                       const origin_faults *faults)
{
    return request->keep_alive && request->refusal == 0 && !faults->no_length &&
           !faults->stall && faults->cut < 0;
}

static void add_framing(head *head, const origin_response *response,
                        const origin_request *request,
                        const origin_faults *faults, uint64_t first,
                        uint64_t size)
{
    if (response->status == 206)
        add(head, "Content-Range: bytes %ju-%ju/%ju\r\n", (uintmax_t)first,
            (uintmax_t)(first + size - 1), (uintmax_t)response->size);
    if (response->status == 416)
        add(head, "Content-Range: bytes */%ju\r\n", (uintmax_t)response->size);
    if (faults->chunked)
        add(head, "Transfer-Encoding: chunked\r\n");
    else if (!faults->no_length)
        add(head, "Content-Length: %ju\r\n", (uintmax_t)size);
    add(head, "Connection: %s\r\n",
        stays_open(request, faults) ? "keep-alive" : "close");
}

/* Write the head of an answer to `request` into `head`: `first` and `size` are
 * the part of the body that follows. Returns its length or -ENOBUFS. */
static int write_head(const origin_response *response,
                      const origin_request *request,
                      const origin_faults *faults, uint64_t first,
                      uint64_t size, char *text, size_t room)
{
    head head = { .text = text, .room = room };

    add(&head, "HTTP/1.1 %d %s\r\nServer: starling\r\n", response->status,
        reason_of(response->status));
    add_date(&head);
    add(&head, "Content-Type: %s\r\n", response->content_type);
    if (response->retry_after >= 0)
        add(&head, "Retry-After: %jd\r\n", (intmax_t)response->retry_after);
    if (response->location != NULL)
        add(&head, "Location: %s\r\n", response->location);
    if (response->rate_limit >= 0)
        add(&head, "X-RateLimit-Limit: %jd\r\nX-RateLimit-Remaining: %jd\r\n",
            (intmax_t)response->rate_limit, (intmax_t)response->rate_remaining);
    if (response->status == 405)
        add(&head, "Allow: GET, HEAD\r\n");
    add_framing(&head, response, request, faults, first, size);
    add(&head, "\r\n");
    return head.length < room ? (int)head.length : -ENOBUFS;
}

typedef struct piece {
    int fd;
    void *data;
    size_t size;
    uint64_t offset;
} piece;

/* On a thread. A file that has become shorter ends the answer early, which the
 * client notices by the length. */
static int read_piece(void *arg)
{
    piece *piece = arg;
    ssize_t n =
        pread(piece->fd, piece->data, piece->size, (off_t)piece->offset);

    if (n < 0)
        return -errno;
    return n == 0 ? SL_EINCOMPLETE : (int)n;
}

static int write_chunk(sl_stream *stream, const void *data, size_t size)
{
    char line[24];
    int n = snprintf(line, sizeof line, "%zx\r\n", size);
    int rc = sl_stream_write(stream, line, (size_t)n);

    if (rc == 0)
        rc = sl_stream_write(stream, data, size);
    if (rc == 0)
        rc = sl_stream_write(stream, "\r\n", 2);
    return rc;
}

/* One piece of the body from `offset` on. Returns its size or an error. */
static int send_piece(const origin_response *response,
                      const origin_faults *faults, sl_stream *stream,
                      uint64_t offset, size_t size, void *buffer)
{
    const void *data = (const char *)response->body + offset;
    int rc;

    if (response->fd >= 0) {
        piece piece = { response->fd, buffer, size, offset };

        rc = sl_to_thread(read_piece, &piece);
        if (rc < 0)
            return rc;
        size = (size_t)rc;
        data = buffer;
    }
    rc = faults->chunked ? write_chunk(stream, data, size)
                         : sl_stream_write(stream, data, size);
    return rc < 0 ? rc : (int)size;
}

static int send_pieces(const origin_response *response,
                       const origin_faults *faults, sl_stream *stream,
                       uint64_t first, uint64_t size, void *buffer)
{
    size_t most = PIECE_SIZE;
    sl_time start = sl_now();
    int rc = 0;

    if (faults->bandwidth > 0 && faults->bandwidth / PIECES_PER_SECOND < most)
        most = faults->bandwidth / PIECES_PER_SECOND + 1;
    for (uint64_t sent = 0; sent < size;) {
        size_t n = size - sent < most ? (size_t)(size - sent) : most;

        rc = send_piece(response, faults, stream, first + sent, n, buffer);
        if (rc < 0)
            return rc;
        sent += (uint64_t)rc;
        if (faults->bandwidth > 0) {
            double due = (double)sent / (double)faults->bandwidth;

            rc = sl_sleep_until(start + (sl_time)(due * 1e9));
            if (rc < 0)
                return rc;
        }
    }
    return 0;
}

static int send_body(const origin_response *response,
                     const origin_faults *faults, sl_stream *stream,
                     uint64_t first, uint64_t size)
{
    void *buffer = NULL;
    int rc;

    if (size == 0)
        return 0;
    if (response->fd < 0 && faults->bandwidth == 0 && !faults->chunked)
        return sl_stream_write(stream, (const char *)response->body + first,
                               (size_t)size);
    if (response->fd >= 0) {
        buffer = malloc(PIECE_SIZE);
        if (buffer == NULL)
            return -ENOMEM;
    }
    rc = send_pieces(response, faults, stream, first, size, buffer);
    free(buffer);
    return rc;
}

/* Wait until the client gives up. */
static int wait_for_end(sl_stream *stream)
{
    char ignored[256];
    ssize_t n;

    do {
        n = sl_stream_read(stream, ignored, sizeof ignored);
    } while (n > 0);
    return (int)n;
}

/* The part of the body that was asked for; the status says if it is one. */
static origin_response choose_part(const origin_response *response,
                                   const origin_request *request,
                                   uint64_t *first, uint64_t *size)
{
    origin_response part = *response;
    uint64_t from = request->range_first, to = request->range_last;
    uint64_t whole = response->size;

    *first = 0;
    *size = whole;
    if (!request->has_range || response->status != 200)
        return part;
    if (from == UINT64_MAX) { /* the last `to` bytes */
        from = to < whole ? whole - to : 0;
        to = UINT64_MAX;
    }
    if (from >= whole) {
        part.status = 416;
        *size = 0;
        return part;
    }
    part.status = 206;
    *first = from;
    *size = (to < whole ? to + 1 : whole) - from;
    return part;
}

int origin_response_send(const origin_response *response,
                         const origin_request *request,
                         const origin_faults *faults, sl_stream *stream)
{
    char head[HEAD_ROOM];
    uint64_t first, size, limit;
    origin_response part = choose_part(response, request, &first, &size);
    int rc = write_head(&part, request, faults, first, size, head, sizeof head);

    if (rc >= 0)
        rc = sl_stream_write(stream, head, (size_t)rc);
    if (rc < 0 || request->head_only)
        return rc < 0 ? rc : stays_open(request, faults);
    limit = faults->stall ? size / 2 : size;
    if (faults->cut >= 0 && (uint64_t)faults->cut < limit)
        limit = (uint64_t)faults->cut;
    rc = send_body(&part, faults, stream, first, limit);
    if (rc == 0 && faults->chunked && limit == size)
        rc = sl_stream_write(stream, "0\r\n\r\n", 5);
    if (rc == 0 && faults->stall)
        rc = wait_for_end(stream);
    return rc < 0 ? rc : stays_open(request, faults);
}
