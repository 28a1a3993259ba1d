/* A handshake with a key that is not the certificate's fails, and so does each
 * item of each server, although the mistake was in the command.
 */
#include "fetch/credentials.h"

#include <errno.h>

#include <openssl/pem.h>
#include <openssl/x509.h>

#include <starling/error.h>

/* OpenSSL would ask for it at the terminal. */
static int have_no_passphrase(char *text, int size, int writing, void *arg)
{
    (void)text;
    (void)size;
    (void)writing;
    (void)arg;
    return -1;
}

static X509 *read_certificate(const char *path)
{
    BIO *file = BIO_new_file(path, "r");
    X509 *read = NULL;

    if (file != NULL)
        read = PEM_read_bio_X509(file, NULL, have_no_passphrase, NULL);
    BIO_free(file);
    return read;
}

static EVP_PKEY *read_key(const char *path)
{
    BIO *file = BIO_new_file(path, "r");
    EVP_PKEY *read = NULL;

    if (file != NULL)
        read = PEM_read_bio_PrivateKey(file, NULL, have_no_passphrase, NULL);
    BIO_free(file);
    return read;
}

static int judge(const char *cert_path, const X509 *cert, const char *key_path,
                 const EVP_PKEY *key)
{
    if (cert == NULL)
        return sl_fail(-EINVAL,
                       "the client's certificate %s is broken: OpenSSL finds "
                       "none that it can read",
                       cert_path);
    if (key == NULL)
        return sl_fail(-EINVAL,
                       "the client's key %s is broken: OpenSSL finds none that "
                       "it can read",
                       key_path);
    if (X509_check_private_key(cert, key) != 1)
        return sl_fail(-EINVAL,
                       "the client's key %s belongs to another certificate "
                       "than %s",
                       key_path, cert_path);
    return 0;
}

int credentials_check(const sl_http_client_options *options)
{
    const char *cert_path = options->client_cert;
    const char *key_path =
        options->client_key != NULL ? options->client_key : cert_path;
    X509 *cert;
    EVP_PKEY *key;
    int rc;

    if (cert_path == NULL)
        return 0;
    cert = read_certificate(cert_path);
    key = read_key(key_path);
    rc = judge(cert_path, cert, key_path, key);
    X509_free(cert);
    EVP_PKEY_free(key);
    return rc;
}
