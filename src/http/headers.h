/* headers.h: what an answer's header lines tell. */
#ifndef SL_HTTP_HEADERS_H
#define SL_HTTP_HEADERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <starling/clock.h>

typedef struct sl__headers {
    int status;      /* of the last block; 0 before the first */
    bool complete;   /* the final block has ended; what follows are trailers */
    bool has_length; /* `length` was given */
    bool is_chunked; /* the body says itself where it ends */
    bool is_strange; /* Transfer-Encoding other than chunked */
    uint64_t length; /* Content-Length; UINT64_MAX when past counting */
    char *retry_after, *location, *content_type, *etag, *last_modified;
    char *content_range, *robots_tag, *date;
    char *encoding; /* Content-Encoding other than identity, a line each */
    size_t bytes;   /* of all lines so far, informational answers included */
} sl__headers;

/* Take in a line (with or without its line end), the status line and the empty
 * one at the end included. Returns 0, -ENOMEM, or -EPROTO and says in *why
 * what is wrong. Zero-initialised to begin with. */
int sl__headers_add(sl__headers *headers, const char *line, size_t size,
                    const char **why);
void sl__headers_fini(sl__headers *headers);

/* What Retry-After asks for, counted from now on; -1 if it asks for nothing.
 * `date`: what the server takes the time to be; NULL: what we do. */
sl_time sl__retry_after(const char *value, const char *date);

#endif
