/* http.h: an HTTP client. Part of libstarling-http. */
#ifndef STARLING_HTTP_H
#define STARLING_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <starling/api.h>
#include <starling/clock.h>
#include <starling/shm.h>

SL_BEGIN

/* A client keeps connections open for reuse. It belongs to a loop's thread. */
typedef struct sl_http_client sl_http_client;

/* Which addresses may be connected to. Loopback, private, link-local, carrier
 * NAT, multicast and reserved ones, and IPv6 forms that embed them, are refused
 * unless allowed here. */
typedef struct sl_http_client_options {
    const char *user_agent; /* copied; NULL: "starling/VERSION" */
    /* URL (http, https, socks5h, socks4a); NULL: none; "env": from the
     * environment. What a name leads to behind a proxy cannot be checked. */
    const char *proxy;
    const char *ca_file;     /* PEM, instead of the system's; NULL: those */
    const char *client_cert; /* PEM, shown to servers that ask; NULL: none */
    const char *client_key;  /* PEM; NULL: it is in the other file */
    bool insecure;           /* check no certificates: whoever is on the way
                                can read and change everything */
    bool http2;              /* over TLS, where the server has it */
    const char *netrc;       /* file with user names and passwords; NULL:
                                none. Each is for its own host only. */
    bool allow_private;      /* allow every address */
    const char *allow_addresses; /* CIDRs, comma-separated; may be NULL */
    int max_connections;         /* in all; 0: 256 */
    int max_per_host;            /* 0: 64 */
} sl_http_client_options;

/* Make a client for the loop that runs on this thread. SIGPIPE is ignored from
 * then on unless the program handles it. `options` may be NULL. Returns 0,
 * -ENOMEM, or -EINVAL (sl_errmsg() tells what is wrong). */
SL_API int sl_http_client_new(const sl_http_client_options *options,
                              sl_http_client **out);
/* No task may be inside a request of it. Never waits. */
SL_API void sl_http_client_free(sl_http_client *client);

typedef struct sl_http_options {
    uint64_t max_body;     /* bytes; 0: 256 MiB. One more fails: -EFBIG */
    sl_time connect_limit; /* 0: 15 s */
    sl_time first_limit;   /* from the question to its answer; 0: 30 s */
    sl_time stall_limit;   /* longest pause between two pieces; 0: 30 s */
    int max_redirects;     /* 0: 10; -1: none are followed */
    /* When the connection breaks inside of a body, ask for the rest of it, so
     * often; 0: never. Only of a body that is kept, and only where the server
     * vouches that the bytes are the same. */
    int max_resumes;
    /* Asked before a redirect is followed, with where it leads: in the task
     * that called, so it may wait. A negative result ends the request with it.
     * NULL: all are followed. */
    int (*on_redirect)(void *arg, const char *url);
    void *redirect_arg;
    /* "Name: value", NULL at the end. To another origin than the URL's only
     * Accept, Accept-Language, Range and If-... go along. */
    const char *const *headers;
    /* Take a body that the server compressed as it comes; `encoding` tells how.
     * It is not decompressed here: do that where a hostile one does no harm. */
    bool keep_encoded;
    /* Give the body piece by piece: called on the loop's stack, must not wait;
     * a negative result ends the request with it. NULL: kept in `body`. */
    int (*on_body)(void *arg, const void *data, size_t size);
    void *arg;
} sl_http_options;

typedef struct sl_http_response {
    int status; /* of the last answer: 200 ...; 0: there was none */
    /* To be read; data NULL when empty. Sealed and mapped, or, up to 120 KiB,
     * in ordinary memory and without a descriptor (shm.h). Of an answer that
     * is no 200 (or 206, where a Range was asked for) the first 64 KiB. */
    sl_shm body;
    uint64_t body_size; /* bytes received */
    bool proven; /* length known and kept, or the last chunk seen; false: the
                    body ended with the connection and may be cut */
    sl_time retry_after; /* as asked for by Retry-After; -1: not asked */
    int redirects;       /* followed */
    char *url;           /* where the answer came from, after redirects */
    char *content_type, *etag, *last_modified; /* NULL if absent */
    char *robots_tag;  /* X-Robots-Tag, a line each; NULL if absent */
    char *encoding;    /* Content-Encoding, a line each; NULL: none */
    const char *stage; /* where a failure happened: "dns", "connect", "tls",
                          "request", "body", "redirect", "address" */
} sl_http_response;

/* GET `url` (http and https only), following redirects after checking each.
 * A user name and password in `url` are sent to its own origin only; those in
 * redirects are dropped. Servers are told not to compress (Accept-Encoding),
 * unless a header of yours says otherwise. An answer that was compressed all
 * the same and shall not be kept so, or is a part (206) unasked, is -EPROTO. A
 * limit for the whole comes from a scope. Returns 0 with whatever status the
 * server gave, or an error, and sl_errmsg() says it in words: -EFBIG, -EPERM
 * (an address that is not allowed), -ELOOP, -EPROTO, SL_EINCOMPLETE (body cut),
 * -EBADMSG (the rest that was asked for is of something else; the whole may be
 * had anew), SL_ETIMEDOUT (connect or stall limit), -ECONNREFUSED,
 * -EHOSTUNREACH, -ECONNRESET (also in the TLS handshake), -ENOENT (no such
 * name), -EAGAIN (name server failure), -EINVAL (the URL), -EKEYREJECTED
 * (certificate), SL_ECANCELED, system errors. *response is filled as far as it
 * got in every case; release it with sl_http_response_fini(). `options` may be
 * NULL. */
SL_API SL_WAITS int sl_http_get(sl_http_client *client, const char *url,
                                const sl_http_options *options,
                                sl_http_response *response);
SL_API void sl_http_response_fini(sl_http_response *response);

/* Copy `url` in a form that may be shown: user name, password and parameters
 * that look like keys ("api_key=***") left out, other bytes than printable
 * ASCII as '?'. Cut to fit `size` (at least 1). Any thread. */
SL_API void sl_http_mask_url(const char *url, char *out, size_t size);

SL_END

#endif
