/* What a failed attempt means: its class, its words, and whether to ask again.
 *
 * Asked again is what may be different next time: a connection that broke, a
 * server that was busy. Not asked again is what the server or we have decided:
 * it is not there, it is not allowed, it is too large, its certificate is not
 * good. Asking for those once more is only rude.
 */
#include "fetch/verdict.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <starling/error.h>

static const struct {
    int status;
    bool may_retry;
    const char *words;
} statuses[] = {
    { 400, false, "bad request" },
    { 401, false, "not authorized" },
    { 403, false, "forbidden" },
    { 404, false, "not found" },
    { 407, false, "the proxy wants a name and password" },
    { 408, true, "request timed out" },
    { 410, false, "gone" },
    { 425, true, "too early" },
    { 429, true, "too many requests" },
    { 451, false, "unavailable for legal reasons" },
    { 500, true, "internal server error" },
    { 502, true, "bad gateway" },
    { 503, true, "service unavailable" },
    { 504, true, "gateway timed out" },
};

enum { STATUSES = sizeof statuses / sizeof statuses[0] };

bool verdict_is_good(int rc, const sl_http_response *response)
{
    return rc == 0 && response->status == 200;
}

static bool status_may_retry(int status)
{
    for (int i = 0; i < STATUSES; i++)
        if (statuses[i].status == status)
            return statuses[i].may_retry;
    return false;
}

bool verdict_may_retry(int rc, const sl_http_response *response)
{
    switch (rc) {
    case 0:
        return status_may_retry(response->status);
    case -EPERM:        /* an address that is refused */
    case -EACCES:       /* robots.txt, X-Robots-Tag */
    case -EREMOTEIO:    /* robots.txt, asked for often enough */
    case -EKEYREJECTED: /* a certificate that is not good */
    case -EPROTO:       /* an answer that is not one */
    case -EFBIG:
    case -ELOOP:
    case -ENOENT: /* no such host */
    case -EINVAL:
    case -ENOMEM:
    case SL_ECANCELED:
        return false;
    default: /* the connection, its end, or silence */
        return true;
    }
}

bool verdict_asks_for_time(int rc, const sl_http_response *response)
{
    return rc == 0 && response->retry_after >= 0 &&
           (response->status == 429 || response->status == 503);
}

bool verdict_is_overload(const sl_http_response *response)
{
    return response->status == 429 || response->status == 503;
}

static int write_status(int status, fetch_result *result)
{
    const char *words = "";

    for (int i = 0; i < STATUSES; i++)
        if (statuses[i].status == status)
            words = statuses[i].words;
    if (status == 429)
        strcpy(result->class_name, "rate-limited");
    else
        snprintf(result->class_name, sizeof result->class_name, "http-%d",
                 status);
    snprintf(result->reason, sizeof result->reason,
             *words ? "the server answered %d (%s)" : "the server answered %d",
             status, words);
    return -EREMOTEIO;
}

static const char *class_of(int rc, const char *stage)
{
    if (rc == SL_ETIMEDOUT)
        return strcmp(stage, "dns") == 0 ? "dns" : "timeout";
    if (rc == SL_EINCOMPLETE)
        return strcmp(stage, "body") == 0 ? "truncated" : "network";
    if (rc == -EPERM && strcmp(stage, "address") == 0)
        return "refused-address";
    if (rc == -EREMOTEIO || (rc == -EACCES && strcmp(stage, "connect") != 0))
        return "robots";
    if (rc == -EFBIG)
        return "too-large";
    if (rc == -EINVAL && strcmp(stage, "tls") != 0)
        return "bad-url";
    if (strcmp(stage, "dns") == 0 || strcmp(stage, "tls") == 0 ||
        strcmp(stage, "connect") == 0 || strcmp(stage, "redirect") == 0)
        return stage;
    return "network";
}

int verdict_write(int rc, const sl_http_response *response,
                  fetch_result *result)
{
    if (rc == 0)
        return write_status(response->status, result);
    snprintf(result->class_name, sizeof result->class_name, "%s",
             class_of(rc, response->stage ? response->stage : ""));
    snprintf(result->reason, sizeof result->reason, "%s",
             *sl_errmsg() ? sl_errmsg() : sl_strerror(rc));
    return rc;
}
