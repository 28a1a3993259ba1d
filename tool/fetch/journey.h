/* journey.h: one attempt, from the server that the list names to the one that
 * has the body. */
#ifndef TOOL_FETCH_JOURNEY_H
#define TOOL_FETCH_JOURNEY_H

#include "fetch/fetcher.h"
#include "fetch/limit.h"

typedef struct journey {
    fetcher *fetcher;
    host
        *first; /* that the list names: there the journey begins, with a turn */
    bool obeys_robots;
    host *at;           /* whose slot is held; NULL: none */
    limit limit;        /* does not run while a turn is waited for */
    sl_time not_before; /* when a server on the way may be asked that wants more
                           peace than anybody waits for, or cannot say now what
                           programs may have; 0: there is none */
} journey;

/* Go, for `length` at most. At the end no slot is held anywhere. Returns what
 * sl_http_get() does; SL_ETIMEDOUT with limit.is_over; -EACCES and -EREMOTEIO
 * for a server's rules; -EAGAIN and -EBUSY with `not_before`. */
SL_WAITS int journey_go(journey *journey, const char *url, sl_time length,
                        const sl_http_options *options,
                        sl_http_response *response);

#endif
