/* request.h: one HTTP/1.1 request as it comes in, piece by piece. */
#ifndef TOOL_ORIGIN_REQUEST_H
#define TOOL_ORIGIN_REQUEST_H

#include <http_parser.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    ORIGIN_TARGET_MAX = 2048, /* bytes of path and query as sent */
    ORIGIN_HEAD_MAX = 16384,  /* bytes of the request line and all headers */
    ORIGIN_BODY_MAX = 65536   /* bytes of a body, which is read and ignored */
};

typedef struct origin_request {
    char target[ORIGIN_TARGET_MAX + 1]; /* as sent: path and query */
    char path[ORIGIN_TARGET_MAX + 1];   /* decoded, without the query */
    const char *query;                  /* inside `target`; "" if none */
    bool head_only;                     /* HEAD: no body wanted */
    bool keep_alive;
    bool has_range;       /* Range: bytes=first-last, one range only */
    uint64_t range_first; /* UINT64_MAX with a range of the last bytes */
    uint64_t range_last;  /* UINT64_MAX when open; else inclusive */
    bool complete;        /* all of it has been fed */
    int refusal; /* HTTP status to answer with before closing; 0: none */

    /* private */
    http_parser parser;
    size_t head_size, body_size, target_size;
    char field[16], value[64];
    size_t field_size, value_size;
    bool in_value;
} origin_request;

void origin_request_init(origin_request *request);

/* Take in bytes until the request is complete or refused. Returns how many of
 * them belong to it; the rest is the next request's. */
size_t origin_request_feed(origin_request *request, const char *data,
                           size_t size);

#endif
