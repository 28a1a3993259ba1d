/* What an easy handle is told before a transfer.
 *
 * Everything that decides where a connection goes, what may come back and what
 * of the environment is looked at is set here, explicitly: no redirects, no
 * proxy of the environment's, no netrc, no cookies, no decompression,
 * certificates checked.
 */
#include "http/transfer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { PIECE_SIZE = 64 * 1024, RESOLVE_TEXT_MAX = 1536 };

static bool is_field(const char *line, const char *name)
{
    size_t size = strlen(name);

    return strncasecmp(line, name, size) == 0 && line[size] == ':';
}

/* Caller's headers that may go to a server the caller did not name. A list of
 * what is harmless, since keys travel in headers of any name. */
static bool may_travel(const char *line)
{
    static const char *const harmless[] = {
        "Accept",        "Accept-Language",
        "If-None-Match", "If-Modified-Since",
        "If-Range",      "Range"
    };

    for (size_t i = 0; i < sizeof harmless / sizeof harmless[0]; i++)
        if (is_field(line, harmless[i]))
            return true;
    return false;
}

static int append(struct curl_slist **list, const char *text)
{
    struct curl_slist *longer = curl_slist_append(*list, text);

    if (longer == NULL)
        return -ENOMEM;
    *list = longer;
    return 0;
}

static int ask_for_rest(sl__transfer *t)
{
    char line[RESOLVE_TEXT_MAX];

    snprintf(line, sizeof line, "Range: bytes=%" PRIu64 "-", t->had);
    if (append(&t->headers, line) < 0)
        return -ENOMEM;
    snprintf(line, sizeof line, "If-Range: %s",
             t->question->partial->validator);
    t->asks_for_part = true;
    return append(&t->headers, line);
}

static int set_headers(sl__transfer *t, CURL *easy)
{
    const char *const *lines = t->question->options->headers;
    bool says_encoding = false;

    for (; lines != NULL && *lines != NULL; lines++) {
        if (!t->question->is_own_origin && !may_travel(*lines))
            continue;
        if (append(&t->headers, *lines) < 0)
            return -ENOMEM;
        t->asks_for_part |= is_field(*lines, "Range");
        says_encoding |= is_field(*lines, "Accept-Encoding");
    }
    /* Without a word of ours a server may compress as it likes. */
    if (!says_encoding && append(&t->headers, "Accept-Encoding: identity") < 0)
        return -ENOMEM;
    if (t->question->partial != NULL && ask_for_rest(t) < 0)
        return -ENOMEM;
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, t->headers);
    return 0;
}

/* "+host:port:address,address": what libcurl would otherwise look up. The plus
 * lets it forget in time, so that a million hosts do not stay in memory. */
static int set_addresses(sl__transfer *t, CURL *easy)
{
    const sl__question *q = t->question;
    char line[RESOLVE_TEXT_MAX], text[SL__ADDRESS_TEXT_MAX];
    int size;

    if (q->connect_host == NULL)
        return 0;
    size = snprintf(line, sizeof line, "+%s:%d:", q->connect_host,
                    q->connect_port);
    for (int i = 0; i < q->addresses.count; i++) {
        bool is_v6 = q->addresses.list[i].sa.sa_family == AF_INET6;

        sl__address_text(&q->addresses.list[i].sa, text);
        size += snprintf(line + size, sizeof line - (size_t)size, "%s%s%s%s",
                         i > 0 ? "," : "", is_v6 ? "[" : "", text,
                         is_v6 ? "]" : "");
    }
    if (append(&t->resolve, line) < 0)
        return -ENOMEM;
    curl_easy_setopt(easy, CURLOPT_RESOLVE, t->resolve);
    curl_easy_setopt(easy, CURLOPT_RESOLVER_START_FUNCTION, sl__on_lookup);
    curl_easy_setopt(easy, CURLOPT_RESOLVER_START_DATA, t);
    return 0;
}

static void set_callbacks(sl__transfer *t, CURL *easy)
{
    curl_easy_setopt(easy, CURLOPT_PRIVATE, t);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, t->detail);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, sl__on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, sl__on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, sl__on_open);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, t);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, sl__on_close_socket);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, t->driver);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, sl__on_connected);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, t);
}

static void set_rules(CURL *easy)
{
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)PIECE_SIZE);
    /* Time limits are ours; libcurl's own one is out of the way at a day. */
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, 24 * 3600L);
}

static void set_trust(const sl__identity *identity, CURL *easy)
{
    /* HTTP/2 lets one connection buffer for many transfers at once: only for
     * those who ask for it. */
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
                     identity->http2 ? (long)CURL_HTTP_VERSION_2TLS
                                     : (long)CURL_HTTP_VERSION_1_1);
    /* One connection for all to a server, rather than one each at first. */
    curl_easy_setopt(easy, CURLOPT_PIPEWAIT, identity->http2 ? 1L : 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER,
                     identity->insecure ? 0L : 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST,
                     identity->insecure ? 0L : 2L);
    curl_easy_setopt(easy, CURLOPT_NETRC,
                     identity->netrc != NULL ? (long)CURL_NETRC_OPTIONAL
                                             : (long)CURL_NETRC_IGNORED);
}

static bool set_text(CURL *easy, CURLoption option, const char *text)
{
    return text == NULL || curl_easy_setopt(easy, option, text) == CURLE_OK;
}

int sl__transfer_set_up(sl__transfer *t, CURL *easy)
{
    const sl__question *q = t->question;
    const sl__identity *id = q->identity;

    set_rules(easy);
    set_trust(id, easy);
    set_callbacks(t, easy);
    if (!set_text(easy, CURLOPT_URL, q->url->text) ||
        !set_text(easy, CURLOPT_USERNAME, q->url->user) ||
        !set_text(easy, CURLOPT_PASSWORD, q->url->password) ||
        !set_text(easy, CURLOPT_USERAGENT, id->user_agent) ||
        !set_text(easy, CURLOPT_CAINFO, id->ca_file) ||
        !set_text(easy, CURLOPT_SSLCERT, id->client_cert) ||
        !set_text(easy, CURLOPT_SSLKEY, id->client_key) ||
        !set_text(easy, CURLOPT_NETRC_FILE, id->netrc) ||
        !set_text(easy, CURLOPT_PROXY, q->proxy != NULL ? q->proxy : "") ||
        !set_text(easy, CURLOPT_NOPROXY, ""))
        return -ENOMEM;
    if (set_headers(t, easy) < 0)
        return -ENOMEM;
    return set_addresses(t, easy);
}
