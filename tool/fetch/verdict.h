/* verdict.h: what a failed attempt means. */
#ifndef TOOL_FETCH_VERDICT_H
#define TOOL_FETCH_VERDICT_H

#include <stdbool.h>

#include <starling/http.h>

#include "fetch/fetch.h"

/* Whether the attempt gave what was wanted: `rc` of sl_http_get(). */
bool verdict_is_good(int rc, const sl_http_response *response);

/* Whether asking again may help. */
bool verdict_may_retry(int rc, const sl_http_response *response);

/* Whether the server wants peace, for response->retry_after. */
bool verdict_asks_for_time(int rc, const sl_http_response *response);

/* Whether the server says that it is asked for too much. */
bool verdict_is_overload(const sl_http_response *response);

/* Write class and reason; call it while sl_errmsg() still tells of it. Returns
 * the error that fetch_get() gives. */
int verdict_write(int rc, const sl_http_response *response,
                  fetch_result *result);

#endif
