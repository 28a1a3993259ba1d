/* response.h: one HTTP answer on its way out. */
#ifndef TOOL_ORIGIN_RESPONSE_H
#define TOOL_ORIGIN_RESPONSE_H

#include <starling/stream.h>

#include "origin/faults.h"
#include "origin/request.h"

typedef struct origin_response {
    int status;
    const char *content_type;
    /* The body: in memory, or, with fd >= 0, in a file. */
    const void *body;
    int fd;
    uint64_t size;
    void *owned;          /* freed with the response; may be NULL */
    int64_t retry_after;  /* seconds; -1: none */
    const char *location; /* NULL: none */
    int64_t rate_limit, rate_remaining; /* -1: none */
} origin_response;

/* An answer that consists of a line of text, made of the status. */
void origin_response_text(origin_response *response, int status);
void origin_response_fini(origin_response *response);

/* Send the answer to `request`, with what the faults make of it. Returns 1 if
 * the connection may serve another request, 0 if it is to be closed, or an
 * error. */
SL_WAITS int origin_response_send(const origin_response *response,
                                  const origin_request *request,
                                  const origin_faults *faults,
                                  sl_stream *stream);

#endif
