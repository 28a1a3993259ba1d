/* tls.h: a TLS connection from the inside.
 *
 * OpenSSL sees two buffers and no socket: what came from below goes into `in`,
 * what is to be sent comes from `out`. Steps of it run on the loop's stack or a
 * thread's, one at a time, never on a task's.
 */
#ifndef SL_IO_TLS_H
#define SL_IO_TLS_H

#include <openssl/ssl.h>

#include <starling/event.h>
#include <starling/lock.h>
#include <starling/tls.h>

enum { SL__TLS_WIRE = 17 * 1024, SL__TLS_TEXT = 160 };

struct sl_tls {
    SSL_CTX *context;
    bool trust_anyone;
};

typedef struct sl__tls_stream {
    SSL *ssl;
    BIO *in, *out; /* belong to `ssl` */
    sl_stream *below;
    bool closed;
    bool broken;     /* by a fatal error: OpenSSL must not be called again */
    bool has_output; /* `out` is not empty */
    sl_lock sending; /* held by who writes to `below` */
    char *outbox;    /* taken from `out` and not yet written */
    size_t outbox_size;
    size_t wire_size; /* bytes from below that `in` has not got */
    char wire[SL__TLS_WIRE];
    char text[SL__TLS_TEXT]; /* what was wrong, for sl_fail() */
} sl__tls_stream;

/* Note OpenSSL's reason for the last error on this thread. */
void sl__tls_note(char text[SL__TLS_TEXT]);

/* What a stream does whose state is one of these. */
extern const sl_stream_ops sl__tls_ops;
void sl__tls_free(sl__tls_stream *tls);

/* Run step(tls) on the loop's stack. Waits. Returns 0 once it has run, or an
 * error if it has not. */
int sl__tls_run(void (*step)(void *arg), void *arg);

/* In a step: hand OpenSSL what came from below. */
void sl__tls_feed(sl__tls_stream *tls);

/* In a step, with `sending` held and an empty outbox: take what is to be sent.
 * Returns 0 or -ENOMEM. */
int sl__tls_take_output(sl__tls_stream *tls);

/* With `sending` held: write the outbox. Waits. */
int sl__tls_send_outbox(sl__tls_stream *tls);

/* Receive from below into `wire`. Waits. Returns 0, SL_EINCOMPLETE at the end,
 * or an error. */
int sl__tls_receive(sl__tls_stream *tls);

#endif
