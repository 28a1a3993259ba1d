/* How a connection begins. The handshake is public keys, that is, milliseconds
 * of work. It is done on a thread in steps, as long as OpenSSL can go on with
 * what has come; between the steps the task moves the bytes.
 */
#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <starling/address.h>
#include <starling/error.h>
#include <starling/thread.h>

#include "base/given.h"
#include "io/tls.h"

static int note_failure(sl__tls_stream *tls)
{
    long verdict = SSL_get_verify_result(tls->ssl);

    tls->broken = true;
    if (verdict == X509_V_OK) {
        sl__tls_note(tls->text);
        return -EPROTO;
    }
    ERR_clear_error();
    snprintf(tls->text, sizeof tls->text, "%s",
             X509_verify_cert_error_string(verdict));
    return -EKEYREJECTED;
}

/* On a thread. 1: done, 0: more must come from the other side. */
static int step(void *arg)
{
    sl__tls_stream *tls = arg;
    int rc, taken;

    ERR_clear_error();
    sl__tls_feed(tls);
    rc = SSL_do_handshake(tls->ssl);
    if (rc != 1 && SSL_get_error(tls->ssl, rc) == SSL_ERROR_WANT_READ)
        rc = 0;
    else if (rc != 1)
        rc = note_failure(tls);
    taken = sl__tls_take_output(tls);
    return rc >= 0 && taken < 0 ? taken : rc;
}

static int shake_hands(sl__tls_stream *tls)
{
    for (;;) {
        int rc = sl_to_thread(step, tls);
        /* Also after a failure: the other side is told the reason. */
        int sent = tls->outbox_size > 0 ? sl__tls_send_outbox(tls) : 0;

        if (rc < 0 && tls->text[0] != '\0')
            return sl_fail(rc, "TLS: %s", tls->text);
        if (rc < 0)
            return rc;
        if (sent < 0)
            return sent;
        if (rc == 1)
            return 0;
        rc = sl__tls_receive(tls);
        if (rc < 0)
            return rc;
    }
}

typedef struct making {
    const sl_tls *settings;
    const char *host; /* NULL: a server */
    sl__tls_stream *tls;
    int rc;
} making;

/* Whom the certificate must be for. Names are also told to the server, which
 * may have several. */
static int expect_host(SSL *ssl, const char *host, bool trust_anyone)
{
    sl_address numeric;
    bool is_number = sl_address_parse(host, 0, &numeric) == 0;
    X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
    int ok;

    if (host[0] == '\0')
        return -EINVAL;
    if (!is_number && SSL_set_tlsext_host_name(ssl, host) != 1)
        return -ENOMEM;
    if (trust_anyone) {
        SSL_set_verify(ssl, SSL_VERIFY_NONE, NULL);
        return 0;
    }
    SSL_set_verify(ssl, SSL_VERIFY_PEER, NULL);
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    ok = is_number ? X509_VERIFY_PARAM_set1_ip_asc(param, host)
                   : SSL_set1_host(ssl, host);
    return ok == 1 ? 0 : -ENOMEM;
}

static int set_up(sl__tls_stream *tls, const making *making)
{
    BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());

    tls->ssl = SSL_new(making->settings->context);
    if (tls->ssl == NULL || in == NULL || out == NULL) {
        BIO_free(in);
        BIO_free(out);
        return -ENOMEM;
    }
    tls->in = in;
    tls->out = out;
    SSL_set_bio(tls->ssl, in, out); /* takes both */
    if (making->host == NULL) {
        SSL_set_accept_state(tls->ssl);
        return 0;
    }
    SSL_set_connect_state(tls->ssl);
    return expect_host(tls->ssl, making->host, making->settings->trust_anyone);
}

static void make_step(void *arg)
{
    making *making = arg;

    making->rc = set_up(making->tls, making);
}

static int make(making *making, sl_stream *below, sl_stream **out)
{
    sl__tls_stream *tls = calloc(1, sizeof *tls);
    int rc;

    if (tls == NULL)
        return -ENOMEM;
    making->tls = tls;
    tls->below = below;
    rc = sl__tls_run(make_step, making);
    if (rc == 0)
        rc = making->rc;
    if (rc == 0)
        rc = shake_hands(tls);
    if (rc == 0)
        rc = sl_stream_new(&sl__tls_ops, tls, below, out);
    if (rc < 0)
        sl__tls_free(tls);
    return rc;
}

int sl_tls_client(sl_tls *tls, sl_stream *below, const char *host,
                  sl_stream **out)
{
    sl_given(tls);
    sl_given(below);
    sl_given(host);
    sl_given(out);

    making making = { .settings = tls, .host = host };

    return make(&making, below, out);
}

int sl_tls_server(sl_tls *tls, sl_stream *below, sl_stream **out)
{
    sl_given(tls);
    sl_given(below);
    sl_given(out);

    making making = { .settings = tls };

    return make(&making, below, out);
}
