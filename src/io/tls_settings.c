/* TLS settings: files read and checked on a thread, errors told in words. */
#include <errno.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <starling/debug.h>
#include <starling/error.h>
#include <starling/thread.h>

#include "base/given.h"
#include "io/tls.h"

void sl__tls_note(char text[SL__TLS_TEXT])
{
    unsigned long error = ERR_peek_last_error();
    const char *reason = ERR_reason_error_string(error);

    snprintf(text, SL__TLS_TEXT, "%s", reason != NULL ? reason : "");
    ERR_clear_error();
}

struct settings {
    const sl_tls_options *options;
    SSL_CTX *context;
    char text[SL__TLS_TEXT];
};

/* OpenSSL does not say plainly that a file cannot be read. */
static int check_file(struct settings *s, const char *path)
{
    if (access(path, R_OK) == 0)
        return 0;
    snprintf(s->text, sizeof s->text, "%s: %s", path, strerror(errno));
    return -errno;
}

static int refuse(struct settings *s, const char *path, const char *what)
{
    char reason[SL__TLS_TEXT];

    sl__tls_note(reason);
    snprintf(s->text, sizeof s->text, "%.80s: no %s (%.40s)", path, what,
             reason);
    return -EINVAL;
}

static int set_trust(struct settings *s)
{
    const char *path = s->options->ca_file;
    int rc;

    if (path == NULL) {
        /* Without the system's files nobody is trusted, which will be told. */
        (void)SSL_CTX_set_default_verify_paths(s->context);
        return 0;
    }
    rc = check_file(s, path);
    if (rc == 0 && SSL_CTX_load_verify_locations(s->context, path, NULL) != 1)
        return refuse(s, path, "certificates");
    return rc;
}

static int set_identity(struct settings *s)
{
    const char *certificate = s->options->certificate_file;
    const char *key = s->options->key_file;
    int rc;

    if (certificate == NULL && key == NULL)
        return 0;
    if (certificate == NULL || key == NULL) {
        snprintf(s->text, sizeof s->text, "certificate and key go together");
        return -EINVAL;
    }
    rc = check_file(s, certificate);
    if (rc == 0)
        rc = check_file(s, key);
    if (rc < 0)
        return rc;
    if (SSL_CTX_use_certificate_chain_file(s->context, certificate) != 1)
        return refuse(s, certificate, "certificate");
    if (SSL_CTX_use_PrivateKey_file(s->context, key, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(s->context) != 1)
        return refuse(s, key, "key for the certificate");
    return 0;
}

static int do_make(void *arg)
{
    struct settings *s = arg;
    int rc;

    ERR_clear_error();
    s->context = SSL_CTX_new(TLS_method());
    if (s->context == NULL)
        return -ENOMEM;
    SSL_CTX_set_min_proto_version(s->context, TLS1_2_VERSION);
    /* Thousands of connections idle: their 34 KiB each are worth having. */
    SSL_CTX_set_mode(s->context, SSL_MODE_RELEASE_BUFFERS);
    rc = set_trust(s);
    if (rc == 0)
        rc = set_identity(s);
    if (rc < 0)
        SSL_CTX_free(s->context);
    return rc;
}

int sl_tls_new(const sl_tls_options *options, sl_tls **out)
{
    sl_given(options);
    sl_given(out);

    struct settings s = { .options = options };
    sl_tls *tls = malloc(sizeof *tls);
    int mode = SSL_VERIFY_NONE, rc;

    if (sl_loop_is_debugged(sl_loop_current()))
        sl__released_watch(); /* this library's own */
    rc = tls != NULL ? sl_to_thread(do_make, &s) : -ENOMEM;
    if (rc < 0) {
        free(tls);
        return s.text[0] != '\0' ? sl_fail(rc, "TLS: %s", s.text) : rc;
    }
    /* The same settings may serve as client and as server: sl_tls_client()
     * decides for its side. This is the server's. */
    if (options->verify_client)
        mode = SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    SSL_CTX_set_verify(s.context, mode, NULL);
    tls->context = s.context;
    tls->trust_anyone = options->trust_anyone;
    *out = tls;
    return 0;
}

void sl_tls_free(sl_tls *tls)
{
    if (tls == NULL)
        return;
    sl_given(tls);
    SSL_CTX_free(tls->context); /* each connection holds its own reference */
    sl__release(tls);
}
