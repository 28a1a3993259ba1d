/* TLS as a stream of its own kind, on any other stream.
 *
 * After the handshake a record costs microseconds, less than the way to a
 * thread and back. So records are sealed and opened on the loop's stack, which
 * is as deep as OpenSSL may want, while the task waits.
 *
 * Reader and writer both may have something to send, since a reader answers
 * key updates: `sending` keeps records in the order in which they were sealed.
 * What was sealed and could not be written yet stays in the outbox, whatever
 * becomes of the task; a gap in the records would end the connection.
 */
#include <errno.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include <starling/error.h>
#include <starling/loop.h>

#include "io/tls.h"

typedef struct errand {
    sl_event done;
    void (*step)(void *arg);
    void *arg;
} errand;

static void run_errand(void *arg)
{
    errand *errand = arg;

    errand->step(errand->arg);
    sl_event_set(&errand->done);
}

int sl__tls_run(void (*step)(void *arg), void *arg)
{
    errand errand = { .step = step, .arg = arg };
    sl_timer *timer = sl_call_soon(sl_loop_current(), run_errand, &errand);
    int rc;

    if (timer == NULL)
        return -ENOMEM;
    rc = sl_event_wait(&errand.done);
    if (rc == 0 || sl_event_is_set(&errand.done))
        return 0; /* what has happened is not reported as cancelled */
    sl_timer_cancel(timer);
    return rc;
}

void sl__tls_feed(sl__tls_stream *tls)
{
    if (tls->wire_size == 0)
        return;
    /* A memory BIO takes all, or there is no memory: then the records have a
     * gap, and the next read says that they are broken. */
    (void)BIO_write(tls->in, tls->wire, (int)tls->wire_size);
    tls->wire_size = 0;
}

int sl__tls_take_output(sl__tls_stream *tls)
{
    char *data;
    long size = BIO_get_mem_data(tls->out, &data);

    tls->has_output = false;
    if (size <= 0)
        return 0;
    tls->outbox = malloc((size_t)size);
    if (tls->outbox == NULL) {
        tls->has_output = true;
        return -ENOMEM;
    }
    memcpy(tls->outbox, data, (size_t)size);
    tls->outbox_size = (size_t)size;
    (void)BIO_reset(tls->out);
    return 0;
}

int sl__tls_send_outbox(sl__tls_stream *tls)
{
    int rc;

    if (tls->outbox_size == 0)
        return 0;
    if (tls->closed)
        return SL_ECLOSED;
    rc = sl_stream_write(tls->below, tls->outbox, tls->outbox_size);
    if (rc < 0)
        return rc;
    free(tls->outbox);
    tls->outbox = NULL;
    tls->outbox_size = 0;
    return 0;
}

int sl__tls_receive(sl__tls_stream *tls)
{
    ssize_t n;

    if (tls->closed)
        return SL_ECLOSED;
    n = sl_stream_read(tls->below, tls->wire, sizeof tls->wire);
    if (n == 0)
        return SL_EINCOMPLETE;
    if (n > 0)
        tls->wire_size = (size_t)n;
    return n < 0 ? (int)n : 0;
}

typedef struct exchange {
    sl__tls_stream *tls;
    char *data;
    size_t size;
    int rc;
} exchange;

static void take_output_step(void *arg)
{
    exchange *e = arg;

    e->rc = sl__tls_take_output(e->tls);
}

/* With `sending` held: send whatever there is. */
static int flush(sl__tls_stream *tls)
{
    exchange e = { .tls = tls };
    int rc = sl__tls_send_outbox(tls);

    if (rc == 0 && tls->has_output)
        rc = sl__tls_run(take_output_step, &e);
    if (rc == 0)
        rc = e.rc;
    return rc == 0 ? sl__tls_send_outbox(tls) : rc;
}

static int begin_sending(sl__tls_stream *tls)
{
    int rc = sl_lock_acquire(&tls->sending);

    if (rc < 0)
        return rc;
    rc = flush(tls);
    if (rc < 0)
        sl_lock_release(&tls->sending);
    return rc;
}

/* Number of bytes, 0 at the end that was told, -EAGAIN for "more must come". */
static void read_step(void *arg)
{
    exchange *e = arg;
    sl__tls_stream *tls = e->tls;

    if (tls->broken) {
        e->rc = -EPROTO;
        return;
    }
    ERR_clear_error();
    sl__tls_feed(tls);
    e->rc = SSL_read(tls->ssl, e->data, (int)e->size);
    if (e->rc <= 0) {
        switch (SSL_get_error(tls->ssl, e->rc)) {
        case SSL_ERROR_WANT_READ:
            e->rc = -EAGAIN;
            break;
        case SSL_ERROR_ZERO_RETURN:
            e->rc = 0;
            break;
        default:
            e->rc = -EPROTO;
            tls->broken = true;
            sl__tls_note(tls->text);
        }
    }
    tls->has_output = BIO_ctrl_pending(tls->out) > 0;
}

/* Answers that OpenSSL gave by itself. Whatever keeps them from being sent now,
 * they stay where they are, and the bytes that were read count more. */
static void send_answers(sl__tls_stream *tls)
{
    if (!tls->has_output || begin_sending(tls) < 0)
        return;
    sl_lock_release(&tls->sending);
}

static ssize_t tls_read(void *state, void *data, size_t size)
{
    sl__tls_stream *tls = state;
    exchange e = { .tls = tls, .data = data, .size = size };

    for (;;) {
        int rc = sl__tls_run(read_step, &e);

        if (rc < 0)
            return rc;
        send_answers(tls);
        if (e.rc == -EPROTO && tls->text[0] != '\0')
            return sl_fail(e.rc, "TLS: %s", tls->text);
        if (e.rc != -EAGAIN)
            return e.rc;
        rc = sl__tls_receive(tls);
        if (rc < 0)
            return rc;
    }
}

/* Seal some of the data: number of bytes. The rest comes in another step, so
 * that a big write does not keep the loop. */
static void write_step(void *arg)
{
    exchange *e = arg;
    sl__tls_stream *tls = e->tls;
    int taken;

    if (tls->broken) {
        e->rc = -EPIPE;
        return;
    }
    ERR_clear_error();
    e->rc = SSL_write(tls->ssl, e->data, (int)e->size);
    if (e->rc <= 0) {
        e->rc = -EPROTO;
        tls->broken = true;
        sl__tls_note(tls->text);
    }
    taken = sl__tls_take_output(tls);
    if (taken < 0)
        e->rc = taken;
}

enum { PIECE = 64 * 1024 };

static int tls_write(void *state, const void *data, size_t size, size_t *sent)
{
    sl__tls_stream *tls = state;
    int rc = begin_sending(tls);

    if (rc < 0)
        return rc;
    while (rc == 0 && *sent < size) {
        exchange e = { .tls = tls,
                       .data = (char *)(uintptr_t)data + *sent,
                       .size = size - *sent < PIECE ? size - *sent : PIECE };

        rc = sl__tls_run(write_step, &e);
        if (rc == 0 && e.rc < 0)
            rc = e.rc;
        if (rc == 0) {
            *sent += (size_t)e.rc; /* sealed: it cannot be taken back */
            rc = sl__tls_send_outbox(tls);
        }
    }
    sl_lock_release(&tls->sending);
    return rc;
}

static void goodbye_step(void *arg)
{
    exchange *e = arg;

    if (!e->tls->broken) {
        ERR_clear_error();
        (void)SSL_shutdown(e->tls->ssl); /* seals the goodbye; that is all */
    }
    e->rc = sl__tls_take_output(e->tls);
}

static int tls_shutdown_write(void *state)
{
    sl__tls_stream *tls = state;
    exchange e = { .tls = tls };
    int rc = begin_sending(tls);

    if (rc < 0)
        return rc;
    rc = sl__tls_run(goodbye_step, &e);
    if (rc == 0)
        rc = e.rc;
    if (rc == 0)
        rc = sl__tls_send_outbox(tls);
    sl_lock_release(&tls->sending);
    return rc;
}

/* The one step that runs on whatever stack the close runs on, because a close
 * does not wait. Sealing these two bytes takes less than 8 KiB, measured. */
static void say_goodbye(sl__tls_stream *tls)
{
    exchange e = { .tls = tls };

    if (tls->broken || sl_lock_is_held(&tls->sending) || tls->outbox_size > 0 ||
        (SSL_get_shutdown(tls->ssl) & SSL_SENT_SHUTDOWN))
        return;
    goodbye_step(&e);
    if (tls->outbox_size > 0)
        (void)!sl_stream_try_write(tls->below, tls->outbox, tls->outbox_size);
}

static void tls_close(void *state, bool abort)
{
    sl__tls_stream *tls = state;

    if (abort) {
        sl_stream_abort(tls->below);
    } else {
        say_goodbye(tls);
        sl_stream_close(tls->below);
    }
    tls->closed = true;
}

void sl__tls_free(sl__tls_stream *tls)
{
    SSL_free(tls->ssl);
    free(tls->outbox);
    free(tls);
}

static void tls_free(void *state)
{
    sl__tls_free(state);
}

const sl_stream_ops sl__tls_ops = {
    .read = tls_read,
    .write = tls_write,
    .shutdown_write = tls_shutdown_write,
    .close = tls_close,
    .free = tls_free,
};
