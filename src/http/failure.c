/* What went wrong in a transfer: as a code, and in words for a person.
 *
 * A message names the server and the fact, in one line without anything that
 * came from the network unseen. The URL is not in it: who asked knows it, and
 * it may hold a key.
 */
#include "http/transfer.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <starling/error.h>

enum { SHOWN_MAX = 200 };

static int system_error(sl__transfer *t)
{
    long error = 0;

    if (t->os_error == 0 &&
        curl_easy_getinfo(t->easy, CURLINFO_OS_ERRNO, &error) == CURLE_OK)
        t->os_error = (int)error;
    return t->os_error;
}

static int connect_error(sl__transfer *t)
{
    int error = system_error(t);

    return error != 0 ? -error : -ECONNREFUSED;
}

/* Reading failed. Where the system knows of nothing and there is no TLS, it
 * was what had been read: chunks that are none. Of what HTTP/2 does not allow,
 * or libcurl does not take in, it names the function that said so. */
static int receive_error(sl__transfer *t)
{
    if (strstr(t->detail, "nghttp2_session_mem_recv") != NULL) {
        t->why = "an answer beyond the rules or limits of HTTP/2";
        return -EPROTO;
    }
    return system_error(t) != 0 || t->question->url->is_tls ? -ECONNRESET
                                                            : -EPROTO;
}

/* libcurl 7.88 says this of a header line over its limit, too; and while an
 * answer comes, that is by far the likelier of the two. */
static int out_of_memory(sl__transfer *t)
{
    if (t->stage != SL__STAGE_REQUEST || t->head.complete)
        return -ENOMEM;
    t->why = "a header line that is too long";
    return -EPROTO;
}

/* A proxy that answered, and not with a connection. Of CONNECT libcurl tells
 * only in words. */
static bool is_proxy_refusal(const sl__transfer *t)
{
    return t->question->proxy != NULL &&
           (t->code == CURLE_PROXY || (t->code == CURLE_RECV_ERROR &&
                                       strstr(t->detail, "CONNECT") != NULL));
}

/* Before there is a question it was the connection, or TLS on top of it.
 * libcurl tells only once both stand, so the socket is asked. */
static void find_stage(sl__transfer *t)
{
    sl__address peer;
    socklen_t size = sizeof peer;

    if (t->stage == SL__STAGE_CONNECT && t->question->url->is_tls &&
        t->socket >= 0 && getpeername(t->socket, &peer.sa, &size) == 0)
        t->stage = SL__STAGE_TLS;
}

int sl__transfer_error(sl__transfer *t, CURLcode code)
{
    t->code = code;
    find_stage(t);
    switch (code) {
    case CURLE_OUT_OF_MEMORY:
        return out_of_memory(t);
    case CURLE_COULDNT_CONNECT:
        return connect_error(t);
    case CURLE_PROXY: /* it answered, and not with a connection */
        return -ECONNREFUSED;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
        t->stage = SL__STAGE_TLS;
        return -EKEYREJECTED;
    case CURLE_SSL_CONNECT_ERROR: /* a reset in the handshake is one, too */
        t->stage = SL__STAGE_TLS;
        return -ECONNRESET;
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM: /* of ours */
        t->stage = SL__STAGE_TLS;
        return -EINVAL;
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_HTTP2_STREAM: /* it was ended before its end */
        return SL_EINCOMPLETE;
    case CURLE_SEND_ERROR: /* also a reset before an answer, time and again */
        return t->head.status == 0 && system_error(t) == 0 ? SL_EINCOMPLETE
                                                           : -ECONNRESET;
    case CURLE_RECV_ERROR:
        return is_proxy_refusal(t) ? -ECONNREFUSED : receive_error(t);
    case CURLE_OPERATION_TIMEDOUT:
        return SL_ETIMEDOUT;
    default:
        return -EPROTO;
    }
}

static void name_peer(const sl__transfer *t, char *out, size_t size)
{
    const sl__question *q = t->question;
    char address[SL__ADDRESS_TEXT_MAX];
    const char *host = q->connect_host != NULL ? q->connect_host : q->url->host;

    /* The name in the URL is not that of a proxy. */
    if (q->proxy != NULL && q->connect_host == NULL)
        host = sl__address_text(&t->peer.sa, address);
    if (t->peer.sa.sa_family == AF_UNSPEC)
        snprintf(out, size, "%s port %d", host, q->connect_port);
    else if (strcmp(sl__address_text(&t->peer.sa, address), host) == 0)
        snprintf(out, size, "%s port %d", address, q->connect_port);
    else
        snprintf(out, size, "%s (%s) port %d", host, address, q->connect_port);
}

static int fail_at_proxy(const sl__transfer *t, int rc, const char *peer)
{
    char detail[SHOWN_MAX];

    sl__text_clean(t->detail[0] != '\0' ? t->detail
                                        : curl_easy_strerror(t->code),
                   detail, sizeof detail);
    return sl_fail(rc, "the proxy %s gives no connection to %s: %s", peer,
                   t->question->url->host, detail);
}

static int fail_to_connect(const sl__transfer *t, int rc)
{
    const char *which = t->question->proxy != NULL ? "the proxy " : "";
    char peer[SHOWN_MAX], words[64];

    name_peer(t, peer, sizeof peer);
    if (is_proxy_refusal(t))
        return fail_at_proxy(t, rc, peer);
    if (rc == SL_ETIMEDOUT && t->os_error == 0)
        return sl_fail(rc, "no connection to %s%s within %g s", which, peer,
                       (double)t->question->options->connect_limit / 1e9);
    snprintf(words, sizeof words, "%s", sl_strerror(rc));
    words[0] = (char)tolower((unsigned char)words[0]);
    return sl_fail(rc, "could not connect to %s%s: %s", which, peer, words);
}

static int fail_in_tls(const sl__transfer *t, int rc)
{
    char detail[SHOWN_MAX];
    const char *host = t->question->url->host;

    sl__text_clean(t->detail[0] != '\0' ? t->detail
                                        : curl_easy_strerror(t->code),
                   detail, sizeof detail);
    if (rc == -EKEYREJECTED)
        return sl_fail(rc, "the certificate of %s is not accepted: %s", host,
                       detail);
    return sl_fail(rc, "TLS with %s failed: %s", host, detail);
}

static int fail_for_size(const sl__transfer *t, int rc)
{
    uint64_t most = t->question->options->max_body;

    if (t->head.has_length && !t->head.is_chunked)
        return sl_fail(rc,
                       "the body has %" PRIu64 " bytes, the limit is %" PRIu64,
                       t->head.length, most);
    return sl_fail(rc, "the body is larger than the limit of %" PRIu64 " bytes",
                   most);
}

/* A stream of HTTP/2 that was ended by either side, and its connection not. */
static int fail_stream(const sl__transfer *t, int rc, const char *error)
{
    char text[SHOWN_MAX];

    sl__text_clean(error, text, sizeof text);
    return sl_fail(rc,
                   "the answer of %s ended after %" PRIu64
                   " bytes and was not whole: HTTP/2 %s",
                   t->question->url->host, t->received, text);
}

static int fail_cut(const sl__transfer *t, int rc)
{
    static const char before_error[] = "closed cleanly: ";
    const char *host = t->question->url->host;
    const char *stream = strstr(t->detail, before_error);

    if (t->code == CURLE_HTTP2_STREAM && stream != NULL)
        return fail_stream(t, rc, stream + strlen(before_error));
    if (!t->head.complete)
        return sl_fail(rc, "%s closed the connection without an answer", host);
    if (t->head.has_length && !t->head.is_chunked)
        return sl_fail(rc,
                       "%s closed the connection after %" PRIu64 " of %" PRIu64
                       " bytes",
                       host, t->received, t->head.length);
    return sl_fail(
        rc, "%s closed the connection after %" PRIu64 " bytes, before %s", host,
        t->received, t->head.is_chunked ? "the last chunk" : "the body's end");
}

/* What libcurl says of it depends on which of its calls noticed. */
static int fail_reset(const sl__transfer *t, int rc)
{
    const char *host = t->question->url->host, *alert;
    char detail[SHOWN_MAX];

    sl__text_clean(t->detail, detail, sizeof detail);
    alert = strstr(detail, "alert "); /* what TLS said, for once in words */
    if (alert != NULL)
        return sl_fail(rc, "%s broke off the connection: TLS %s", host, alert);
    if (!t->head.complete)
        return sl_fail(rc, "%s broke off the connection without an answer",
                       host);
    return sl_fail(rc, "%s broke off the connection after %" PRIu64 " bytes",
                   host, t->received);
}

static int fail_address(const sl__transfer *t, int rc)
{
    char text[SL__ADDRESS_TEXT_MAX];
    const char *kind = sl__policy_refusal(t->question->policy, &t->peer.sa);

    return sl_fail(rc, "%s leads to %s, %s %s address: not allowed",
                   t->question->url->host, sl__address_text(&t->peer.sa, text),
                   sl__address_article(kind), kind);
}

int sl__transfer_fail(const sl__transfer *t, int rc)
{
    const sl_http_options *o = t->question->options;
    const char *host = t->question->url->host;
    char detail[SHOWN_MAX];

    if (rc == SL_ECANCELED)
        return rc;
    if (rc == -ENOMEM)
        return sl_fail(rc, "out of memory");
    if (t->stage == SL__STAGE_ADDRESS)
        return fail_address(t, rc);
    if (t->stage == SL__STAGE_CONNECT)
        return fail_to_connect(t, rc);
    if (rc == SL_ETIMEDOUT && t->stage == SL__STAGE_TLS)
        return fail_to_connect(t, rc);
    if (t->stage == SL__STAGE_TLS)
        return fail_in_tls(t, rc);
    if (rc == SL_ETIMEDOUT)
        return sl_fail(
            rc, "%s sent nothing for %g s", host,
            (double)(t->head.status == 0 ? o->first_limit : o->stall_limit) /
                1e9);
    if (rc == -EFBIG)
        return fail_for_size(t, rc);
    if (rc == SL_EINCOMPLETE)
        return fail_cut(t, rc);
    if (rc == -ECONNRESET)
        return fail_reset(t, rc);
    if (t->code == CURLE_UNSUPPORTED_PROTOCOL)
        return sl_fail(rc, "%s does not answer in HTTP", host);
    if (t->why != NULL && (rc == -EPROTO || rc == -EBADMSG))
        return sl_fail(rc, "%s sent %s", host, t->why);
    if (t->why != NULL)
        return sl_fail(rc, "%s: %s", t->why, sl_strerror(rc));
    sl__text_clean(t->detail[0] != '\0' ? t->detail
                                        : curl_easy_strerror(t->code),
                   detail, sizeof detail);
    return sl_fail(rc, "%s: %s", host, detail);
}
