/* The handshake: public keys, that is, milliseconds of work. It is done on a
 * thread in steps, as long as OpenSSL can go on with what has come; between the
 * steps the task moves the bytes.
 */
#include <errno.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <starling/address.h>
#include <starling/error.h>
#include <starling/thread.h>

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

int sl__tls_shake_hands(sl__tls_stream *tls)
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
