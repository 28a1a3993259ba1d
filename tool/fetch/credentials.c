/* A handshake with a key that is not the certificate's fails, and so does each
 * item of each server, although the mistake was in the command.
 */
#include "fetch/credentials.h"

#include <errno.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <starling/error.h>

/* The key comes first: a certificate that it does not fit is taken all the same
 * then, and what is wrong can be told apart. */
static int judge(SSL_CTX *context, const char *cert, const char *key)
{
    if (SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1)
        return sl_fail(-EINVAL,
                       "the client's key %s is broken: OpenSSL finds none that "
                       "it can read",
                       key);
    if (SSL_CTX_use_certificate_chain_file(context, cert) != 1)
        return sl_fail(-EINVAL,
                       "the client's certificate %s is broken: OpenSSL finds "
                       "none that it can read",
                       cert);
    if (SSL_CTX_check_private_key(context) != 1)
        return sl_fail(-EINVAL,
                       "the client's key %s belongs to another certificate "
                       "than %s",
                       key, cert);
    return 0;
}

int credentials_check(const sl_http_client_options *options)
{
    const char *cert = options->client_cert;
    SSL_CTX *context;
    int rc;

    if (cert == NULL)
        return 0;
    context = SSL_CTX_new(TLS_client_method());
    if (context == NULL)
        return -ENOMEM;
    rc = judge(context, cert,
               options->client_key != NULL ? options->client_key : cert);
    SSL_CTX_free(context);
    ERR_clear_error(); /* or the next handshake would be blamed */
    return rc;
}
