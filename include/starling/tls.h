/* tls.h: TLS over a stream, on OpenSSL. In a library of its own,
 * libstarling-tls, so that only who wants it needs OpenSSL.
 *
 *     rc = sl_tls_new(&(sl_tls_options){ 0 }, &tls);     once
 *     rc = sl_tcp_connect("example.org", 443, &plain);
 *     rc = sl_tls_client(tls, plain, "example.org", &stream);
 *     rc = sl_stream_write(stream, ...);                  as any other
 */
#ifndef STARLING_TLS_H
#define STARLING_TLS_H

#include <stdbool.h>

#include <starling/api.h>
#include <starling/stream.h>

SL_BEGIN

/* Settings for any number of streams: making them reads files and costs more
 * than many handshakes. */
typedef struct sl_tls sl_tls;

typedef struct sl_tls_options {
    /* Whom to trust, in PEM; NULL: the system's authorities. */
    const char *ca_file;
    /* Who we are, in PEM: servers need both, clients where they are asked. The
     * first certificate is ours, those that sign it follow. */
    const char *certificate_file, *key_file;
    /* A server: refuse clients without a certificate that `ca_file` signed. */
    bool verify_client;
    /* A client: accept any server. Whoever is on the way can then read and
     * change everything. */
    bool trust_anyone;
} sl_tls_options;

/* Returns 0, -ENOENT or -EACCES for a file, -EINVAL if it is not what it should
 * be (sl_errmsg() says which), -ENOMEM, SL_ECANCELED. */
SL_API SL_WAITS int sl_tls_new(const sl_tls_options *options, sl_tls **out);

/* Streams that were made with it go on. NULL is fine. */
SL_API void sl_tls_free(sl_tls *tls);

/* Shake hands over `below`, as the client of `host` (a name or a numeric
 * address, which the server's certificate must be for) or as a server. Takes
 * `below` on success; closing *out closes it. After an error it is of no use,
 * but the caller's to close.
 *
 * Errors: -EKEYREJECTED (the other side's certificate is not trusted, or not
 * for `host`), -EPROTO (what it says is not TLS, or it refused us: sl_errmsg()
 * has the reason), SL_EINCOMPLETE (it hung up), SL_ECANCELED, and those of
 * `below`. The work of a handshake is done on a thread.
 *
 * Reading from *out, the end of a connection that was cut and not closed is
 * SL_EINCOMPLETE: part of what was sent may be missing. Closing *out says
 * goodbye if that is possible without waiting; sl_stream_shutdown_write() waits
 * for it. */
SL_API SL_WAITS int sl_tls_client(sl_tls *tls, sl_stream *below,
                                  const char *host, sl_stream **out);
SL_API SL_WAITS int sl_tls_server(sl_tls *tls, sl_stream *below,
                                  sl_stream **out);

SL_END

#endif
