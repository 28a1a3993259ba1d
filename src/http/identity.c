/* Certificates and keys of the user's.
 *
 * libcurl opens them with every connection, and calls it an error of that one
 * if there is nothing in them. Of a key with a passphrase OpenSSL would ask at
 * the terminal, in the middle of the loop. So a file is looked into before.
 */
#include "http/identity.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <starling/error.h>

enum { PEM_MAX = 4 << 20 }; /* bytes; all certificates of a system are 0.3 */

static int copy_text(const char *text, char **out)
{
    *out = text != NULL ? strdup(text) : NULL;
    return text == NULL || *out != NULL ? 0 : -ENOMEM;
}

static int fail_unreadable(const char *what, const char *path, int error)
{
    return sl_fail(-EINVAL, "%s %s cannot be read: %s", what, path,
                   sl_strerror(-error));
}

static int read_from(FILE *file, const char *what, const char *path, char *text)
{
    size_t size = fread(text, 1, PEM_MAX, file);

    text[size] = '\0';
    return ferror(file) ? fail_unreadable(what, path, errno) : 0;
}

/* The file as a text, for the caller to free. */
static int read_text(const char *what, const char *path, char **out)
{
    FILE *file = fopen(path, "re");
    int rc;

    if (file == NULL)
        return fail_unreadable(what, path, errno);
    *out = malloc(PEM_MAX + 1);
    rc = *out != NULL ? read_from(file, what, path, *out) : -ENOMEM;
    fclose(file);
    if (rc < 0) {
        free(*out);
        *out = NULL;
    }
    return rc;
}

/* Whether a file holds the thing that ends its first line so. */
static int check_holds(const char *what, const char *path, const char *ending,
                       const char *thing)
{
    char *text = NULL;
    int rc = path != NULL ? read_text(what, path, &text) : 0;

    if (text != NULL && strstr(text, ending) == NULL)
        rc = sl_fail(-EINVAL, "%s %s has no %s in it (PEM)", what, path, thing);
    else if (text != NULL && strcmp(thing, "key") == 0 &&
             strstr(text, "ENCRYPTED") != NULL)
        rc = sl_fail(-EINVAL,
                     "%s %s wants a passphrase: \"openssl pkey\" makes one "
                     "without",
                     what, path);
    free(text);
    return rc;
}

static int check_client(const sl_http_client_options *from)
{
    bool has_own_file = from->client_key != NULL;
    int rc = check_holds("the client's certificate", from->client_cert,
                         "CERTIFICATE-----", "certificate");

    if (rc == 0)
        rc = check_holds(has_own_file ? "the client's key"
                                      : "the client's certificate",
                         has_own_file ? from->client_key : from->client_cert,
                         "PRIVATE KEY-----", "key");
    if (rc == 0 && has_own_file && from->client_cert == NULL)
        rc = sl_fail(-EINVAL,
                     "the client's key %s is of no use without a "
                     "certificate",
                     from->client_key);
    return rc;
}

static int check_files(const sl_http_client_options *from)
{
    int rc = check_holds("the CA file", from->ca_file, "CERTIFICATE-----",
                         "certificate");

    if (rc == 0)
        rc = check_client(from);
    if (rc == 0)
        rc = check_holds("the netrc file", from->netrc, "", "entry");
    return rc;
}

int sl__identity_init(sl__identity *to, const sl_http_client_options *from)
{
    const char *agent = from->user_agent;
    int rc = check_files(from);

    *to = (sl__identity){ .insecure = from->insecure, .http2 = from->http2 };
    if (rc < 0)
        return rc;
    if (copy_text(agent ? agent : "starling/" SL_VERSION, &to->user_agent) <
            0 ||
        copy_text(from->ca_file, &to->ca_file) < 0 ||
        copy_text(from->client_cert, &to->client_cert) < 0 ||
        copy_text(from->client_key, &to->client_key) < 0 ||
        copy_text(from->netrc, &to->netrc) < 0)
        return -ENOMEM;
    return 0;
}

void sl__identity_fini(sl__identity *identity)
{
    free(identity->user_agent);
    free(identity->ca_file);
    free(identity->client_cert);
    free(identity->client_key);
    free(identity->netrc);
}
