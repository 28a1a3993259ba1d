/* What an answer's header lines tell.
 *
 * libcurl frames the body by its own reading of the headers. This second
 * reading is stricter and decides only whether the answer is to be believed:
 * two lengths that differ, a length that is no number, or an encoding nobody
 * asked for mean that somebody on the way sees another message than we do.
 * Headers are bounded in all, because a server may send them without end.
 */
#include "http/headers.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum {
    BYTES_MAX = 256 * 1024,
    RETRY_AFTER_MAX_S = 10 * 366 * 24 * 3600, /* ten years: more is no wish */
};

static int refuse(const char **why, const char *words)
{
    *why = words;
    return -EPROTO;
}

static void forget_block(sl__headers *headers)
{
    size_t bytes = headers->bytes;

    sl__headers_fini(headers);
    headers->bytes = bytes;
}

/* "HTTP/1.1 200 OK": a new block begins, and what the one before it said (an
 * informational answer) is void. */
static int begin_block(sl__headers *headers, const char *line, size_t size,
                       const char **why)
{
    const char *space = memchr(line, ' ', size);
    const char *end = line + size;

    if (space == NULL || end - space < 4)
        return refuse(why, "a status line that cannot be read");
    for (int i = 1; i <= 3; i++)
        if (space[i] < '0' || space[i] > '9')
            return refuse(why, "a status line that cannot be read");
    forget_block(headers);
    headers->status =
        (space[1] - '0') * 100 + (space[2] - '0') * 10 + (space[3] - '0');
    return 0;
}

/* Digits only. A number too large to count is UINT64_MAX, which is over every
 * limit. */
static bool parse_count(const char *text, uint64_t *out)
{
    uint64_t n = 0;

    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9')
            return false;
        if (__builtin_mul_overflow(n, 10, &n) ||
            __builtin_add_overflow(n, (uint64_t)(*text - '0'), &n))
            n = UINT64_MAX;
    }
    *out = n;
    return true;
}

static int take_length(sl__headers *headers, const char *value,
                       const char **why)
{
    uint64_t length;

    if (!parse_count(value, &length))
        return refuse(why, "a Content-Length that is no number");
    if (headers->has_length && headers->length != length)
        return refuse(why, "two different Content-Lengths");
    headers->has_length = true;
    headers->length = length;
    return 0;
}

/* The first value stays: a later line cannot override it. */
static int keep(char **field, const char *value)
{
    if (*field == NULL && (*field = strdup(value)) == NULL)
        return -ENOMEM;
    return 0;
}

/* All values, a line each. */
static int keep_all(char **field, const char *value)
{
    char *longer;

    if (*field == NULL)
        return keep(field, value);
    if (asprintf(&longer, "%s\n%s", *field, value) < 0)
        return -ENOMEM;
    free(*field);
    *field = longer;
    return 0;
}

static int take_field(sl__headers *headers, const char *name, const char *value,
                      const char **why)
{
    if (strcasecmp(name, "content-length") == 0)
        return take_length(headers, value, why);
    if (strcasecmp(name, "retry-after") == 0)
        return keep(&headers->retry_after, value);
    if (strcasecmp(name, "location") == 0)
        return keep(&headers->location, value);
    if (strcasecmp(name, "content-type") == 0)
        return keep(&headers->content_type, value);
    if (strcasecmp(name, "etag") == 0)
        return keep(&headers->etag, value);
    if (strcasecmp(name, "last-modified") == 0)
        return keep(&headers->last_modified, value);
    if (strcasecmp(name, "content-range") == 0)
        return keep(&headers->content_range, value);
    if (strcasecmp(name, "x-robots-tag") == 0)
        return keep_all(&headers->robots_tag, value);
    if (strcasecmp(name, "date") == 0)
        return keep(&headers->date, value);
    if (strcasecmp(name, "content-encoding") == 0)
        return strcasecmp(value, "identity") != 0 && value[0] != '\0'
                   ? keep_all(&headers->encoding, value)
                   : 0;
    if (strcasecmp(name, "transfer-encoding") == 0) {
        headers->is_chunked |= strcasecmp(value, "chunked") == 0;
        headers->is_strange |= strcasecmp(value, "chunked") != 0;
    }
    return 0;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Most lines are of no interest here, and cost no memory. */
static bool is_known(const char *name, size_t size)
{
    static const char *const known[] = {
        "content-length",   "content-type",
        "content-encoding", "transfer-encoding",
        "content-range",    "retry-after",
        "location",         "etag",
        "last-modified",    "date",
        "x-robots-tag",
    };

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strncasecmp(name, known[i], size) == 0 && known[i][size] == '\0')
            return true;
    return false;
}

/* Split "Name: value" and hand it on without the blanks around the value. */
static int take_line(sl__headers *headers, const char *line, size_t size,
                     const char **why)
{
    const char *colon = memchr(line, ':', size), *value;
    char *name, *copy;
    int rc;

    if (colon == NULL || !is_known(line, (size_t)(colon - line)))
        return 0; /* a folded or broken line tells us nothing */
    value = colon + 1;
    while (size > 0 && is_blank(line[size - 1]))
        size--;
    while (value < line + size && is_blank(*value))
        value++;

    name = strndup(line, (size_t)(colon - line));
    copy = value < line + size ? strndup(value, (size_t)(line + size - value))
                               : strdup("");
    rc = name != NULL && copy != NULL ? take_field(headers, name, copy, why)
                                      : -ENOMEM;
    free(name);
    free(copy);
    return rc;
}

int sl__headers_add(sl__headers *headers, const char *line, size_t size,
                    const char **why)
{
    headers->bytes += size;
    if (headers->bytes > BYTES_MAX)
        return refuse(why, "more than 256 KiB of headers");
    if (headers->complete)
        return 0;
    if (size >= 5 && memcmp(line, "HTTP/", 5) == 0)
        return begin_block(headers, line, size, why);
    if (size == 0 || line[0] == '\r' || line[0] == '\n') {
        headers->complete = headers->status >= 200;
        return 0;
    }
    return take_line(headers, line, size, why);
}

void sl__headers_fini(sl__headers *headers)
{
    free(headers->retry_after);
    free(headers->location);
    free(headers->content_type);
    free(headers->etag);
    free(headers->last_modified);
    free(headers->content_range);
    free(headers->robots_tag);
    free(headers->date);
    free(headers->encoding);
    *headers = (sl__headers){ 0 };
}

/* By the server's clock, if it says what that shows: ours may be wrong. */
static int64_t time_at(const char *date)
{
    int64_t then_s = date != NULL ? (int64_t)curl_getdate(date, NULL) : -1;

    return then_s >= 0 ? then_s : (int64_t)time(NULL);
}

/* Whole seconds are what the rule knows; "1.5" means two all the same. */
static bool parse_seconds(const char *text, uint64_t *out)
{
    size_t digits = strspn(text, "0123456789");
    char whole[24];

    if (text[digits] != '.' || digits >= sizeof whole ||
        text[digits + 1 + strspn(text + digits + 1, "0123456789")] != '\0')
        return parse_count(text, out);
    memcpy(whole, text, digits);
    whole[digits] = '\0';
    if (!parse_count(whole, out))
        return false;
    *out += *out < UINT64_MAX;
    return true;
}

sl_time sl__retry_after(const char *value, const char *date)
{
    uint64_t seconds;
    int64_t when_s, now_s;

    if (value == NULL)
        return -1;
    if (!parse_seconds(value, &seconds)) {
        when_s = (int64_t)curl_getdate(value, NULL);
        if (when_s < 0)
            return -1;
        now_s = time_at(date);
        seconds = when_s > now_s ? (uint64_t)(when_s - now_s) : 0;
    }
    if (seconds > RETRY_AFTER_MAX_S)
        seconds = RETRY_AFTER_MAX_S;
    return SL_S((sl_time)seconds);
}
